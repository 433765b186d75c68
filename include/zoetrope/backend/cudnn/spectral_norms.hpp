/// @file
/// The bound on spectral norms of members' matrices on a device.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/columns.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/spectral_kernels.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::cudnn {

template <ComputeDevice Device>
class SpectralNorms {
public:
  /// As eigen::bound_spectral_norms().
  void bound(Device& device, Columns<Device>& sums, int members, const ParameterBlock& block, double bound,
             float* weights, float* vectors) {
    const std::ptrdiff_t rows = block.taps * block.rows, columns = block.columns;
    float* squares = products_.template get<float>(members * (1 + rows + columns));
    float *outputs = squares + members, *inputs = outputs + members * rows;
    const auto sum = [&](std::ptrdiff_t terms, std::ptrdiff_t count, const auto& term, float* to) {
      sums.sum(device, terms, count, term, 1.0F, WriteMode::replace, to);
    };
    const kernel::WeightsTimesVector forward{rows, columns, weights, vectors};
    sum(columns, members * rows, forward, outputs);
    sum(rows, members * columns, kernel::VectorTimesWeights{rows, columns, weights, outputs}, inputs);
    sum(columns, members, kernel::SquareOfVector{columns, inputs}, squares);
    device.run(members * columns, kernel::TakeDirection{columns, inputs, squares, vectors});
    sum(columns, members * rows, forward, outputs);
    sum(rows, members, kernel::SquareOfVector{rows, outputs}, squares);
    device.run(members * block.size(), kernel::ScaleToBound{block.size(), static_cast<float>(bound), squares, weights});
  }

private:
  Scratch<typename Device::Memory> products_;
};

} // namespace zoetrope::cudnn
