/// @file
/// A convolution of members on a device: cuDNN's grouped one, or a matrix product of gathered patches.
#pragma once

#include "zoetrope/backend/cudnn/bf16_kernels.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/memory.hpp"
#include "zoetrope/backend/cudnn/narrow_filters.hpp"
#include "zoetrope/backend/cudnn/patch_kernels.hpp"
#include "zoetrope/backend/cudnn/precision.hpp"

#include <cstdint>
#include <utility>
#include <vector>

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
    if (grouped(plan, weights)) {
      convolve(device, plan, members, batch, Direction::forward, const_cast<float*>(input), const_cast<float*>(weights),
               output);
    } else if (covers_input(plan)) {
      const std::ptrdiff_t taps = g.taps(), channels = g.input_channels, outputs = g.output_channels;
      bool first = true;
      for_meeting_taps(g, [&](std::ptrdiff_t position, std::ptrdiff_t tap) {
        multiply(device, g,
                 {.rows = batch,
                  .columns = outputs,
                  .depth = channels,
                  .members = members,
                  .left = {input + position * members * channels, g.input_positions() * members * channels, channels},
                  .right = {weights + tap * channels, taps * channels, outputs * taps * channels, true},
                  .result = {output, columns, outputs},
                  .accumulate = !std::exchange(first, false)});
      });
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
    if (grouped(plan, weights)) {
      convolve(device, plan, members, batch, Direction::data_gradient, input_gradient, const_cast<float*>(weights),
               const_cast<float*>(output_gradient));
    } else if (covers_input(plan)) {
      const std::ptrdiff_t taps = g.taps(), channels = g.input_channels, outputs = g.output_channels;
      if (taps_met(g) < g.input_positions()) // the others have no gradient
        device.clear(input_gradient, static_cast<std::size_t>(rows * columns) * sizeof(float));
      for_meeting_taps(g, [&](std::ptrdiff_t position, std::ptrdiff_t tap) {
        multiply(device, g,
                 {.rows = batch,
                  .columns = channels,
                  .depth = outputs,
                  .members = members,
                  .left = {output_gradient, members * outputs, outputs},
                  .right = {weights + tap * channels, taps * channels, outputs * taps * channels},
                  .result = {input_gradient + position * columns, g.input_positions() * columns, channels},
                  .accumulate = false});
      });
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
    if (grouped(plan, filter_gradient)) {
      convolve(device, plan, members, batch, Direction::filter_gradient, const_cast<float*>(input), filter_gradient,
               const_cast<float*>(output_gradient));
      return;
    }
    if (covers_input(plan)) {
      const std::ptrdiff_t taps = g.taps(), channels = g.input_channels, outputs = g.output_channels;
      for_meeting_taps(g, [&](std::ptrdiff_t position, std::ptrdiff_t tap) {
        multiply(device, g,
                 {.rows = outputs,
                  .columns = channels,
                  .depth = batch,
                  .members = members,
                  .left = {output_gradient, members * outputs, outputs, true},
                  .right = {input + position * members * channels, g.input_positions() * members * channels, channels},
                  .result = {filter_gradient + tap * channels, taps * channels, outputs * taps * channels},
                  .accumulate = true});
      });
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

  /// Says that parameters have changed, in case a filter is among them; forget() that any may have.
  void parameters_changed(const float* first, std::size_t size) { filters_.changed(first, size); }
  void forget_parameters() { filters_.forget(); }

  /// Scratch memory of @p count values, until the next convolution.
  [[nodiscard]] float* scratch(std::ptrdiff_t count) { return patches_.template get<float>(count); }

  /// The convolutions that cuDNN is asked for in place of a grouped one.
  static std::vector<ConvolutionGeometry> parts(const ConvolutionGeometry& g) {
    const int count = P::operands == CUDNN_DATA_FLOAT ? 1 : narrow_parts(g);
    return std::vector(static_cast<std::size_t>(count), count == 1 ? g : part_of(g, g.kernel[0] / count));
  }

private:
  static std::ptrdiff_t depth_of(const ConvolutionGeometry& g) { return g.taps() * g.input_channels; }

  /// cuDNN's plans are made for tensors that begin at multiples of 16 bytes; a filter lies behind whatever parameters
  /// come before it. In bfloat16 it is copied anyway.
  static bool grouped(const PatchesOrGroups& plan, const float* filter) {
    return plan.grouped() && (P::operands != CUDNN_DATA_FLOAT || reinterpret_cast<std::uintptr_t>(filter) % 16 == 0);
  }

  /// Products that touch a single channel are float's in every precision: the frames and films, their gradients, and
  /// the last layer, which makes the logits.
  static void multiply(Device& device, const ConvolutionGeometry& g, const MatrixProduct& product) {
    if (g.input_channels == 1 || g.output_channels == 1)
      device.template multiply<Fp32>(product);
    else
      device.template multiply<P>(product);
  }

  /// With a single output position, every input position meets at most one tap: a product for each of them reads the
  /// input in place and leaves the padding out.
  static bool covers_input(const PatchesOrGroups& plan) {
    const auto& g = plan.geometry;
    return g.output_positions() == 1 && g.input_positions() > 1 && taps_met(g) > 0;
  }

  /// Calls @p use(input position, tap) for those that meet under the only output position.
  template <class Use>
  static void for_meeting_taps(const ConvolutionGeometry& g, const Use& use) {
    for (int i = 0; i < g.input[0]; ++i)
      for (int j = 0; j < g.input[1]; ++j)
        for (int k = 0; k < g.input[2]; ++k) {
          const int tap[] = {i + g.padding[0], j + g.padding[1], k + g.padding[2]};
          if (tap[0] < g.kernel[0] && tap[1] < g.kernel[1] && tap[2] < g.kernel[2])
            use((std::ptrdiff_t{i} * g.input[1] + j) * g.input[2] + k,
                (std::ptrdiff_t{tap[0]} * g.kernel[1] + tap[1]) * g.kernel[2] + tap[2]);
        }
  }
  static std::ptrdiff_t taps_met(const ConvolutionGeometry& g) {
    std::ptrdiff_t count = 0;
    for_meeting_taps(g, [&](std::ptrdiff_t, std::ptrdiff_t) { ++count; });
    return count;
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
    const ConvolutionProblem problem{
        .geometry = plan.geometry, .members = members, .batch = batch, .direction = direction, .operands = P::operands};
    if constexpr (P::operands == CUDNN_DATA_FLOAT) {
      device.convolve(problem, P::tensor_cores, input, filter, output);
    } else {
      const int parts = narrow_parts(plan.geometry);
      for (int part = 0; part < parts; ++part)
        convolve_part(device, problem, part, plan.geometry.kernel[0] / parts, input, filter, output);
    }
  }

  /// cuDNN has good engines in bfloat16 for up to 32 taps and none for 4x4x4, so a large filter is cut in depth.
  static int narrow_parts(const ConvolutionGeometry& g) { return g.taps() > 32 && g.kernel[0] % 2 == 0 ? 2 : 1; }

  static ConvolutionGeometry part_of(ConvolutionGeometry g, int depth) {
    g.kernel[0] = depth;
    g.padding[0] = 0; // the slice has it
    g.input[0] = (g.output[0] - 1) * g.stride[0] + depth;
    return g;
  }

  /// The part of a convolution that taps [part * depth, (part + 1) * depth) of the first dimension do, in bfloat16.
  void convolve_part(Device& device, ConvolutionProblem problem, int part, int depth, float* input, float* filter,
                     float* output) {
    const auto whole = problem.geometry;
    auto& g = problem.geometry;
    if (depth < whole.kernel[0]) g = part_of(whole, depth);
    const auto sizes = problem.sizes();
    const auto input_size = static_cast<std::ptrdiff_t>(sizes[0]), filter_size = static_cast<std::ptrdiff_t>(sizes[1]),
               output_size = static_cast<std::ptrdiff_t>(sizes[2]);
    const kernel::Slice input_slice{whole.input[0], g.input[0],
                                    depth < whole.kernel[0] ? part * depth - whole.padding[0] : 0,
                                    whole.input_positions() / whole.input[0] * problem.members * whole.input_channels},
        filter_slice{whole.kernel[0], depth, part * depth, whole.taps() / whole.kernel[0] * whole.input_channels};
    // Tensors begin at multiples of eight values, as cuDNN was promised.
    const auto padded = [](std::ptrdiff_t size) { return (size + 7) / 8 * 8; };
    const auto whole_size = static_cast<std::size_t>(problem.members * whole.output_channels * depth_of(whole));
    const bool for_filter = problem.direction == Direction::filter_gradient;
    auto* narrow_input =
        narrow_.template get<__nv_bfloat16>(padded(input_size) + padded(output_size) + (for_filter ? filter_size : 0));
    auto* narrow_output = narrow_input + padded(input_size);
    auto* narrow_filter = narrow_output + padded(output_size);
    const bool cut = depth < whole.kernel[0];
    const auto to_bf16 = [&](const kernel::Slice& slice, std::ptrdiff_t size, const float* from, __nv_bfloat16* to) {
      if (cut)
        device.run(size, kernel::SliceToBf16{slice, from, to});
      else
        device.run(size, kernel::ToBf16{from, to});
    };
    const auto from_bf16 = [&](const kernel::Slice& slice, std::ptrdiff_t size, const __nv_bfloat16* from, float* to,
                               bool add) {
      if (cut)
        device.run(size / slice.slice_depth * slice.depth, kernel::SliceFromBf16{slice, from, to, add});
      else
        device.run(size, kernel::FromBf16{from, to, add});
    };
    if (problem.direction != Direction::data_gradient) to_bf16(input_slice, input_size, input, narrow_input);
    if (!for_filter)
      narrow_filter =
          const_cast<__nv_bfloat16*>(filters_.get(filter, whole_size, part, sizes[1], [&](__nv_bfloat16* to) {
            to_bf16(filter_slice, filter_size, filter, to);
          }));
    if (problem.direction != Direction::forward) device.run(output_size, kernel::ToBf16{output, narrow_output});
    device.convolve(problem, P::tensor_cores, narrow_input, narrow_filter, narrow_output);
    if (problem.direction == Direction::data_gradient)
      from_bf16(input_slice, input_size, narrow_input, input, part > 0);
    else if (for_filter)
      from_bf16(filter_slice, filter_size, narrow_filter, filter, true);
    else
      device.run(output_size, kernel::FromBf16{narrow_output, output, part > 0});
  }

  Scratch<typename Device::Memory> patches_, narrow_;
  NarrowFilters<typename Device::Memory> filters_;
};

} // namespace zoetrope::cudnn
