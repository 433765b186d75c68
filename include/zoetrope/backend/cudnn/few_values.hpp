/// @file
/// Starts the kernels of few_value_kernels.hpp: chooses, by sizes and by where memory begins, how many values a thread
/// takes at once.
#pragma once

#include "zoetrope/backend/cudnn/columns.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/few_value_kernels.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::cudnn::few_values {

inline constexpr int most = 64; ///< values of a patch

/// Calls @p use with the most values of a patch that a kernel is compiled for, and the outputs of a thread: four where
/// their filters fit its registers and outputs come by fours, @p in_fours.
template <class Use>
void with_sizes(const kernel::FewValues& values, bool in_fours, const Use& use) {
  if (values.depth > 16)
    use.template operator()<most, 1>();
  else if (values.outputs % 4 == 0 && in_fours)
    use.template operator()<16, 4>();
  else
    use.template operator()<16, 1>();
}

/// output [row][member][output] = patches * filter, with what kernel::Epilogue does to it.
template <ComputeDevice Device, class To>
void multiply(Device& device, const kernel::FewValues& values, std::ptrdiff_t rows, const float* filter,
              const float* bias, float slope, To* to) {
  constexpr std::ptrdiff_t rows_of_one_filter = 64; // that a thread makes at most
  const std::ptrdiff_t columns = values.members * values.outputs;
  const auto rows_per_part = std::clamp<std::ptrdiff_t>(rows * columns / enough_indices, 4, rows_of_one_filter);
  const std::ptrdiff_t parts = (rows + rows_per_part - 1) / rows_per_part;
  with_sizes(values, kernel::begin_packs<4>(to), [&]<int MaxDepth, int Outputs>() {
    device.run(parts * columns / Outputs,
               kernel::MultiplyPatches<MaxDepth, Outputs, To>{values, rows, rows_per_part, filter, bias, slope, to});
  });
}

/// patches' gradients = output gradient * filter. The gradient passes through a leaky ReLU of @p output first, of the
/// gradient's type, unless that is null.
template <ComputeDevice Device, class From>
void multiply_gradients(Device& device, const kernel::FewValues& values, std::ptrdiff_t rows, const float* filter,
                        const From* output_gradient, const float* output, float slope, float* patches) {
  const auto* leaky_relu_output = reinterpret_cast<const From*>(output);
  const bool eights = values.outputs % 8 == 0 && kernel::begin_packs<8>(output_gradient, leaky_relu_output);
  const auto run = [&]<int Depths>() {
    using Multiply = kernel::MultiplyGradients<Depths, From>;
    const std::ptrdiff_t parts = (rows + Multiply::rows_at_once - 1) / Multiply::rows_at_once;
    device.run(parts * values.members * (values.depth / Depths),
               Multiply{values, rows, filter, output_gradient, leaky_relu_output, eights, slope, patches});
  };
  if (values.depth % 4 == 0 && kernel::begin_packs<4>(filter, patches))
    run.template operator()<4>();
  else
    run.template operator()<1>();
}

/// filter gradient [member][output][depth] = or += output gradient * patches
template <ComputeDevice Device, class From>
void sum_patch_products(Device& device, Columns<Device>& sums, const kernel::FewValues& values, std::ptrdiff_t rows,
                        const From* output_gradient, WriteMode write, float* filter_gradient) {
  const std::ptrdiff_t columns = values.members * values.outputs;
  const auto split = Columns<Device>::parts_of(rows, columns);
  float* partial = sums.get_partial(split.parts * columns * values.depth);
  with_sizes(values, kernel::begin_packs<4>(output_gradient), [&]<int MaxDepth, int Outputs>() {
    device.run(split.parts * columns / Outputs, kernel::SumPatchProducts<MaxDepth, Outputs, From>{
                                                    values, rows, split.rows_per_part, output_gradient, partial});
  });
  sums.add_parts(device, split.parts, columns * values.depth, 1.0F, write, partial, filter_gradient);
}

/// The data gradient of a layer of one output position, @p count values.
template <ComputeDevice Device, class To>
void spread_gradients(Device& device, const kernel::PatchGeometry& geometry, std::ptrdiff_t count,
                      std::ptrdiff_t outputs, const float* filter, const float* output_gradient, To* to) {
  const auto spread = [&]<int Channels>() {
    device.run(count / Channels, kernel::SpreadGradients<Channels, To>{geometry, outputs, filter, output_gradient, to});
  };
  if (geometry.channels % 8 == 0 && kernel::begin_packs<8>(filter, to))
    spread.template operator()<8>();
  else
    spread.template operator()<1>();
}

} // namespace zoetrope::cudnn::few_values
