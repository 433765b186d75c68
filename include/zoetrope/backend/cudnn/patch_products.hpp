/// @file
/// A convolution's three directions as batched matrix products of gathered patches, one matrix a member: what these
/// products are, in float or bfloat16, and the whole convolution in bfloat16. cuDNN's grouped convolutions reach a
/// quarter of the rate that cuBLAS' products do (docs/gpu.md), more than the patches cost.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/layer_convolution.hpp"
#include "zoetrope/backend/cudnn/narrow_patch_kernels.hpp"

namespace zoetrope::cudnn {

// Patches are [batch][output position][member][depth_of()], activations [batch][position][member][channel], filters
// [member][output channel][depth_of()].

/// output = patches * filter
template <class Value>
MatrixProductOf<Value> output_product(const ConvolutionGeometry& g, int members, int batch, const Value* patches,
                                      const Value* filter, Value* output) {
  const std::ptrdiff_t depth = depth_of(g), outputs = g.output_channels;
  return {.rows = batch * g.output_positions(),
          .columns = outputs,
          .depth = depth,
          .members = members,
          .left = {patches, members * depth, depth},
          .right = {filter, depth, outputs * depth, true},
          .result = {output, members * outputs, outputs},
          .accumulate = false};
}

/// patches' gradients = output gradient * filter
template <class Value>
MatrixProductOf<Value> patch_gradient_product(const ConvolutionGeometry& g, int members, int batch,
                                              const Value* output_gradient, const Value* filter, Value* patches) {
  const std::ptrdiff_t depth = depth_of(g), outputs = g.output_channels;
  return {.rows = batch * g.output_positions(),
          .columns = depth,
          .depth = outputs,
          .members = members,
          .left = {output_gradient, members * outputs, outputs},
          .right = {filter, depth, outputs * depth},
          .result = {patches, members * depth, depth},
          .accumulate = false};
}

/// filter gradient = or += output gradient * patches
template <class Value>
MatrixProductOf<Value> filter_gradient_product(const ConvolutionGeometry& g, int members, int batch,
                                               const Value* output_gradient, const Value* patches, WriteMode write,
                                               Value* filter_gradient) {
  const std::ptrdiff_t depth = depth_of(g), outputs = g.output_channels;
  return {.rows = outputs,
          .columns = depth,
          .depth = batch * g.output_positions(),
          .members = members,
          .left = {output_gradient, members * outputs, outputs, true},
          .right = {patches, members * depth, depth},
          .result = {filter_gradient, depth, outputs * depth},
          .accumulate = write == WriteMode::add};
}

/// The convolution in bfloat16. Channels come by eights and everything begins at multiples of 16 bytes.
template <ComputeDevice Device>
class PatchProducts {
public:
  using Room = Scratch<typename Device::Memory>;

  /// Leaves the patches in @p room.
  void forward(Device& device, const ConvolutionGeometry& g, int members, int batch, const __nv_bfloat16* input,
               const __nv_bfloat16* filter, Room& room, __nv_bfloat16* output) {
    const auto* patches = gather(device, g, members, batch, input, room);
    device.multiply(output_product(g, members, batch, patches, filter, output));
  }

  /// Each patch's gradient is rounded to bfloat16 before the sum of those that saw a position, which is float's.
  template <class To>
  void data_gradient(Device& device, const ConvolutionGeometry& g, int members, int batch,
                     const __nv_bfloat16* output_gradient, const __nv_bfloat16* filter, To* input_gradient) {
    __nv_bfloat16* patches = reserve(g, members, batch, patches_);
    device.multiply(patch_gradient_product(g, members, batch, output_gradient, filter, patches));
    device.run(batch * g.input_positions() * members * (g.input_channels / 8),
               kernel::SumEights<To>{kernel::PatchGeometry(g, members), patches, input_gradient});
  }

  /// From patches that forward() has left in @p room.
  void filter_gradient(Device& device, const ConvolutionGeometry& g, int members, int batch, Room& room,
                       const __nv_bfloat16* output_gradient, __nv_bfloat16* filter_gradient) {
    const __nv_bfloat16* patches = reserve(g, members, batch, room);
    device.multiply(
        filter_gradient_product(g, members, batch, output_gradient, patches, WriteMode::replace, filter_gradient));
  }

  const __nv_bfloat16* gather(Device& device, const ConvolutionGeometry& g, int members, int batch,
                              const __nv_bfloat16* input, Room& room) {
    __nv_bfloat16* patches = reserve(g, members, batch, room);
    const std::ptrdiff_t lines = std::ptrdiff_t{g.kernel[0]} * g.kernel[1];
    device.run(batch * g.output_positions() * members * lines * (g.input_channels / 8),
               kernel::GatherEights{kernel::PatchGeometry(g, members), input, patches});
    return patches;
  }

private:
  static __nv_bfloat16* reserve(const ConvolutionGeometry& g, int members, int batch, Room& room) {
    return room.template get<__nv_bfloat16>(batch * g.output_positions() * members * depth_of(g));
  }

  Room patches_;
};

} // namespace zoetrope::cudnn
