/// @file
/// A convolution of many members in bfloat16 as one batched matrix product of gathered patches. cuDNN's grouped
/// convolutions reach a quarter of the rate that cuBLAS' products do (docs/gpu.md), more than the patches cost.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/patch_kernels.hpp"

namespace zoetrope::cudnn {

/// Activations are [batch][position][member][channel], filters [member][output channel][tap][input channel]. Channels
/// come by eights and everything begins at multiples of 16 bytes.
template <ComputeDevice Device>
class PatchProducts {
public:
  void forward(Device& device, const ConvolutionGeometry& g, int members, int batch, const __nv_bfloat16* input,
               const __nv_bfloat16* filter, __nv_bfloat16* output) {
    const std::ptrdiff_t depth = g.taps() * g.input_channels, outputs = g.output_channels;
    const __nv_bfloat16* patches = gather(device, g, members, batch, input);
    device.multiply(NarrowProduct{.rows = batch * g.output_positions(),
                                  .columns = outputs,
                                  .depth = depth,
                                  .members = members,
                                  .left = {patches, members * depth, depth},
                                  .right = {filter, depth, outputs * depth, true},
                                  .result = {output, members * outputs, outputs},
                                  .accumulate = false});
  }

  /// Each patch's gradient is rounded to bfloat16 before the sum of those that saw a position, which is float's.
  template <class To>
  void data_gradient(Device& device, const ConvolutionGeometry& g, int members, int batch,
                     const __nv_bfloat16* output_gradient, const __nv_bfloat16* filter, To* input_gradient) {
    const std::ptrdiff_t depth = g.taps() * g.input_channels, outputs = g.output_channels;
    __nv_bfloat16* patches = reserve(g, members, batch);
    device.multiply(NarrowProduct{.rows = batch * g.output_positions(),
                                  .columns = depth,
                                  .depth = outputs,
                                  .members = members,
                                  .left = {output_gradient, members * outputs, outputs},
                                  .right = {filter, depth, outputs * depth},
                                  .result = {patches, members * depth, depth},
                                  .accumulate = false});
    device.run(batch * g.input_positions() * members * (g.input_channels / 8),
               kernel::SumEights<To>{kernel::PatchGeometry(g, members), patches, input_gradient});
  }

  void filter_gradient(Device& device, const ConvolutionGeometry& g, int members, int batch, const __nv_bfloat16* input,
                       const __nv_bfloat16* output_gradient, __nv_bfloat16* filter_gradient) {
    const std::ptrdiff_t depth = g.taps() * g.input_channels, outputs = g.output_channels;
    const __nv_bfloat16* patches = gather(device, g, members, batch, input);
    device.multiply(NarrowProduct{.rows = outputs,
                                  .columns = depth,
                                  .depth = batch * g.output_positions(),
                                  .members = members,
                                  .left = {output_gradient, members * outputs, outputs, true},
                                  .right = {patches, members * depth, depth},
                                  .result = {filter_gradient, depth, outputs * depth},
                                  .accumulate = false});
  }

private:
  /// Room for patches [batch][output position][member][tap][channel].
  __nv_bfloat16* reserve(const ConvolutionGeometry& g, int members, int batch) {
    return patches_.template get<__nv_bfloat16>(batch * g.output_positions() * members * g.taps() * g.input_channels);
  }
  const __nv_bfloat16* gather(Device& device, const ConvolutionGeometry& g, int members, int batch,
                              const __nv_bfloat16* input) {
    __nv_bfloat16* patches = reserve(g, members, batch);
    const std::ptrdiff_t lines = std::ptrdiff_t{g.kernel[0]} * g.kernel[1];
    device.run(batch * g.output_positions() * members * lines * (g.input_channels / 8),
               kernel::GatherEights{kernel::PatchGeometry(g, members), input, patches});
    return patches;
  }

  Scratch<typename Device::Memory> patches_;
};

} // namespace zoetrope::cudnn
