/// @file
/// Sums over rows on a device, and batch norm on top of them. Columns are members' channels.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/column_kernels.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"

#include <algorithm>

namespace zoetrope::cudnn {

template <ComputeDevice Device>
class Columns {
public:
  /// sums[column] = factor * the sum of term(row, column) over rows, added where @p add.
  template <class Term>
  void sum(Device& device, std::ptrdiff_t rows, std::ptrdiff_t columns, const Term& term, float factor, bool add,
           float* sums) {
    // Enough parts to fill a GPU, from the sizes alone: the order of a sum never depends on the machine.
    constexpr std::ptrdiff_t wanted = 1 << 18, fewest_rows = 16;
    const std::ptrdiff_t parts =
        std::clamp<std::ptrdiff_t>(wanted / columns, 1, (rows + fewest_rows - 1) / fewest_rows);
    const std::ptrdiff_t rows_a_part = (rows + parts - 1) / parts;
    float* partial = partial_.template get<float>(parts * columns);
    device.run(parts * columns, kernel::SumPart<Term>{rows, columns, rows_a_part, term, partial});
    device.run(columns, kernel::SumParts{parts, columns, factor, add, partial, sums});
  }

  void batch_norm_statistics(Device& device, const BatchNormArguments<float>& a, const float* input, double epsilon,
                             double momentum, float* running_mean, float* running_variance) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    const float share = 1.0F / static_cast<float>(a.rows);
    sum(device, a.rows, columns, kernel::Value{columns, input}, share, false, a.mean);
    sum(device, a.rows, columns, kernel::SquaredDeviation{columns, input, a.mean}, share, false, a.inverse_deviation);
    device.run(columns, kernel::BatchNormFinish{static_cast<float>(a.rows), static_cast<float>(epsilon),
                                                static_cast<float>(momentum), a.mean, a.inverse_deviation, running_mean,
                                                running_variance});
  }
  void batch_norm_use(Device& device, const BatchNormArguments<float>& a, double epsilon, const float* running_mean,
                      const float* running_variance) {
    device.run(
        std::ptrdiff_t{a.members} * a.channels,
        kernel::BatchNormUse{static_cast<float>(epsilon), running_mean, running_variance, a.mean, a.inverse_deviation});
  }
  void batch_norm_apply(Device& device, const BatchNormArguments<float>& a, const float* input, float* output) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    device.run(a.rows * columns,
               kernel::BatchNormApply{columns, input, a.mean, a.inverse_deviation, a.weight, a.bias, output});
  }
  void batch_norm_gradient(Device& device, const BatchNormArguments<float>& a, const float* input, bool training,
                           float* gradient, float* weight_gradient, float* bias_gradient) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    float *sums = nullptr, *products = nullptr;
    if (training || weight_gradient != nullptr) {
      sums = sums_.template get<float>(2 * columns);
      products = sums + columns;
      sum(device, a.rows, columns, kernel::Value{columns, gradient}, 1.0F, false, sums);
      sum(device, a.rows, columns, kernel::GradientTimesNormal{columns, gradient, input, a.mean, a.inverse_deviation},
          1.0F, false, products);
    }
    if (weight_gradient != nullptr) {
      device.run(columns, kernel::AddTo{products, weight_gradient});
      device.run(columns, kernel::AddTo{sums, bias_gradient});
    }
    device.run(a.rows * columns,
               kernel::BatchNormGradient{columns, static_cast<float>(a.rows), input, a.mean, a.inverse_deviation,
                                         a.weight, training ? sums : nullptr, training ? products : nullptr, gradient});
  }

private:
  Scratch<typename Device::Memory> partial_, sums_;
};

} // namespace zoetrope::cudnn
