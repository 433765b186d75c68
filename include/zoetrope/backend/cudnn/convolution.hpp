/// @file
/// A convolution of members on a device: cuDNN's grouped one, or a matrix product of gathered patches.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/memory.hpp"
#include "zoetrope/backend/cudnn/patch_kernels.hpp"
#include "zoetrope/backend/cudnn/precision.hpp"

namespace zoetrope::cudnn {

/// A convolution, and whether cuDNN's grouped one does it: its tensor cores want channels by eights. Others are
/// matrix products of gathered patches.
struct PatchesOrGroups {
  ConvolutionGeometry geometry;
  explicit PatchesOrGroups(const ConvolutionGeometry& described) : geometry(described) {}
  [[nodiscard]] bool grouped() const {
    return geometry.input_channels % 8 == 0 && geometry.output_channels % 8 == 0 && !pointwise();
  }
  /// A patch is what lies there already.
  [[nodiscard]] bool pointwise() const { return geometry.taps() == 1 && geometry.input == geometry.output; }
};

/// The three directions, and the memory that they take. Activations are [batch][position][member][channel], filters
/// [member][output channel][tap][input channel].
template <Precision P, ComputeDevice Device>
class Convolutions {
public:
  void forward(Device& device, const PatchesOrGroups& plan, int members, int batch, const float* input,
               const float* weights, const float* bias, float* output) {
    const auto& g = plan.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.output_channels, rows = batch * g.output_positions();
    if (plan.grouped()) {
      convolve(device, plan, members, batch, Direction::forward, const_cast<float*>(input), const_cast<float*>(weights),
               output);
    } else {
      const auto depth = depth_of(g);
      const float* patches = gather(device, plan, members, batch, input);
      multiply(device, g,
               {.rows = rows,
                .columns = g.output_channels,
                .depth = depth,
                .members = members,
                .left = {patches, members * depth, depth},
                .right = {weights, depth, g.output_channels * depth, true},
                .result = {output, columns, g.output_channels},
                .accumulate = false});
    }
    if (bias != nullptr) device.run(rows * columns, kernel::AddBias{columns, bias, output});
  }

  void data_gradient(Device& device, const PatchesOrGroups& plan, int members, int batch, const float* output_gradient,
                     const float* weights, const float* bias, float* input_gradient) {
    const auto& g = plan.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.input_channels, rows = batch * g.input_positions();
    if (plan.grouped()) {
      convolve(device, plan, members, batch, Direction::data_gradient, input_gradient, const_cast<float*>(weights),
               const_cast<float*>(output_gradient));
    } else {
      const auto depth = depth_of(g);
      const std::ptrdiff_t patch_count = batch * g.output_positions() * members * depth;
      float* patches = plan.pointwise() ? input_gradient : patches_.template get<float>(patch_count);
      multiply(device, g,
               {.rows = batch * g.output_positions(),
                .columns = depth,
                .depth = g.output_channels,
                .members = members,
                .left = {output_gradient, std::ptrdiff_t{members} * g.output_channels, g.output_channels},
                .right = {weights, depth, g.output_channels * depth},
                .result = {patches, members * depth, depth},
                .accumulate = false});
      if (!plan.pointwise()) {
        device.run(rows * columns,
                   kernel::SumPatches{kernel::PatchGeometry(g, members), patches, bias, input_gradient});
        return;
      }
    }
    if (bias != nullptr) device.run(rows * columns, kernel::AddBias{columns, bias, input_gradient});
  }

  void filter_gradient(Device& device, const PatchesOrGroups& plan, int members, int batch, const float* input,
                       const float* output_gradient, float* filter_gradient) {
    const auto& g = plan.geometry;
    if (plan.grouped()) {
      convolve(device, plan, members, batch, Direction::filter_gradient, const_cast<float*>(input), filter_gradient,
               const_cast<float*>(output_gradient));
      return;
    }
    const auto depth = depth_of(g);
    const float* patches = gather(device, plan, members, batch, input);
    multiply(device, g,
             {.rows = g.output_channels,
              .columns = depth,
              .depth = batch * g.output_positions(),
              .members = members,
              .left = {output_gradient, std::ptrdiff_t{members} * g.output_channels, g.output_channels, true},
              .right = {patches, members * depth, depth},
              .result = {filter_gradient, depth, g.output_channels * depth},
              .accumulate = true});
  }

  /// Scratch memory of @p count values, until the next convolution.
  [[nodiscard]] float* scratch(std::ptrdiff_t count) { return patches_.template get<float>(count); }

private:
  static std::ptrdiff_t depth_of(const ConvolutionGeometry& g) { return g.taps() * g.input_channels; }

  /// Products that touch a single channel are float's in every precision: the frames and films, their gradients, and
  /// the last layer, which makes the logits.
  static void multiply(Device& device, const ConvolutionGeometry& g, const MatrixProduct& product) {
    if (g.input_channels == 1 || g.output_channels == 1)
      device.template multiply<Fp32>(product);
    else
      device.template multiply<P>(product);
  }

  /// Patches [batch][output position][member][tap][channel].
  const float* gather(Device& device, const PatchesOrGroups& plan, int members, int batch, const float* input) {
    if (plan.pointwise()) return input;
    const auto& g = plan.geometry;
    const std::ptrdiff_t count = batch * g.output_positions() * members * depth_of(g);
    float* patches = patches_.template get<float>(count);
    device.run(count, kernel::GatherPatches{kernel::PatchGeometry(g, members), input, patches});
    return patches;
  }

  /// cuDNN's grouped convolution. A filter gradient is added to what is there.
  void convolve(Device& device, const PatchesOrGroups& plan, int members, int batch, Direction direction, float* input,
                float* filter, float* output) {
    const auto& g = plan.geometry;
    const ConvolutionProblem problem{
        .geometry = g, .members = members, .batch = batch, .direction = direction, .operands = P::operands};
    if constexpr (P::operands == CUDNN_DATA_FLOAT) {
      device.convolve(problem, P::tensor_cores, input, filter, output);
    } else {
      const auto sizes = problem.sizes();
      const auto input_size = static_cast<std::ptrdiff_t>(sizes[0]),
                 filter_size = static_cast<std::ptrdiff_t>(sizes[1]),
                 output_size = static_cast<std::ptrdiff_t>(sizes[2]);
      // Tensors begin at multiples of eight values, as cuDNN was promised.
      const auto padded = [](std::ptrdiff_t size) { return (size + 7) / 8 * 8; };
      auto* narrow_input =
          narrow_.template get<__nv_bfloat16>(padded(input_size) + padded(filter_size) + padded(output_size));
      auto* narrow_filter = narrow_input + padded(input_size);
      auto* narrow_output = narrow_filter + padded(filter_size);
      if (direction != Direction::data_gradient) device.run(input_size, kernel::ToBf16{input, narrow_input});
      if (direction != Direction::filter_gradient) device.run(filter_size, kernel::ToBf16{filter, narrow_filter});
      if (direction != Direction::forward) device.run(output_size, kernel::ToBf16{output, narrow_output});
      device.convolve(problem, P::tensor_cores, narrow_input, narrow_filter, narrow_output);
      if (direction == Direction::data_gradient)
        device.run(input_size, kernel::FromBf16{narrow_input, input, false});
      else if (direction == Direction::filter_gradient)
        device.run(filter_size, kernel::FromBf16{narrow_filter, filter, true});
      else
        device.run(output_size, kernel::FromBf16{narrow_output, output, false});
    }
  }

  Scratch<typename Device::Memory> patches_, narrow_;
};

} // namespace zoetrope::cudnn
