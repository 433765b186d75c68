/// @file
/// A convolution of members on a device, in float or by matrix products of gathered patches. What is grouped and narrow
/// is narrow_convolution.hpp's.
#pragma once

#include "zoetrope/backend/cudnn/columns.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/few_values.hpp"
#include "zoetrope/backend/cudnn/layer_convolution.hpp"
#include "zoetrope/backend/cudnn/narrow_convolution.hpp"
#include "zoetrope/backend/cudnn/patch_products.hpp"
#include "zoetrope/backend/cudnn/precision.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace zoetrope::cudnn {

/// The three directions, and the memory that they take. Activations are [batch][position][member][channel], float or,
/// in bfloat16 where a layer's surroundings say so, narrow: then they lie in the first half of their memory. Filters
/// are [member][output channel][tap][input channel].
template <Precision P, ComputeDevice Device>
class Convolutions {
public:
  using Memory = typename Device::Memory;
  using Layer = LayerConvolution<Memory>;

  void forward(Device& device, const Layer& layer, int members, int batch, const float* input, const float* weights,
               const float* bias, float* output) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.output_channels, rows = batch * g.output_positions();
    if (narrows<P> && layer.grouped()) {
      narrow_.forward(device, layer, members, batch, input, weights, bias, output);
      return;
    }
    const bool narrow = layer.surroundings.narrow_output;
    const float slope = slope_after(layer);
    if (!grouped(layer, weights) && multiplies_few(layer)) {
      const kernel::FewValues values{members, g.output_channels, static_cast<int>(depth_of(g)),
                                     gather(device, layer, members, batch, input)};
      with_type(narrow, output,
                [&](auto* to) { few_values::multiply(device, values, rows, weights, bias, slope, to); });
      return;
    }
    float* result = narrow ? wide_.template get<float>(rows * columns) : output;
    if (grouped(layer, weights)) {
      device.convolve(problem<P>(g, members, batch, Direction::forward), const_cast<float*>(input),
                      const_cast<float*>(weights), result);
    } else if (covers_input(layer)) {
      const std::ptrdiff_t taps = g.taps(), channels = g.input_channels, outputs = g.output_channels;
      bool first = true;
      for_meeting_taps(g, [&](std::ptrdiff_t position, std::ptrdiff_t tap) {
        multiply(device, layer,
                 {.rows = batch,
                  .columns = outputs,
                  .depth = channels,
                  .members = members,
                  .left = {input + position * members * channels, g.input_positions() * members * channels, channels},
                  .right = {weights + tap * channels, taps * channels, outputs * taps * channels, true},
                  .result = {result, columns, outputs},
                  .accumulate = !std::exchange(first, false)});
      });
    } else {
      const float* patches = gather(device, layer, members, batch, input);
      multiply(device, layer, output_product(g, members, batch, patches, weights, result));
    }
    if (narrow || bias != nullptr || slope < 1)
      with_type(narrow, output, [&]<class To>(To* to) {
        run_elements(device, rows * columns, kernel::Epilogue<float, To>{columns, result, nullptr, bias, slope, to});
      });
  }

  /// @p leaky_relu is what the output's gradient still has to pass through, if anything.
  void data_gradient(Device& device, const Layer& layer, int members, int batch, const float* output_gradient,
                     const std::optional<LeakyReluPass>& leaky_relu, const float* weights, const float* bias,
                     float* input_gradient) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.input_channels, rows = batch * g.input_positions();
    const bool few = !(narrows<P> && layer.grouped()) && !grouped(layer, weights) && multiplies_few(layer);
    if (leaky_relu && !few) leaky_relu->run(device);
    if (narrows<P> && layer.grouped()) {
      narrow_.data_gradient(device, layer, members, batch, output_gradient, weights, bias, input_gradient);
      return;
    }
    if (few) {
      const kernel::FewValues values{members, g.output_channels, static_cast<int>(depth_of(g)), nullptr};
      float* patches = patches_.template get<float>(batch * g.output_positions() * members * depth_of(g));
      require(!leaky_relu || leaky_relu->narrow_output == leaky_relu->narrow_gradient,
              "a first layer expected its output and that output's gradient in one type");
      const float* output = leaky_relu ? leaky_relu->output : nullptr; // of the same type as the gradient
      const float slope = leaky_relu ? leaky_relu->slope : 1.0F;
      with_type(layer.surroundings.narrow_output_gradient, output_gradient, [&](const auto* gradient) {
        few_values::multiply_gradients(device, values, batch * g.output_positions(), weights, gradient, output, slope,
                                       patches);
      });
      sum_patches(device, layer, members, rows * columns, patches, bias, input_gradient);
      return;
    }
    output_gradient = widened_gradient(device, layer, members, batch, output_gradient);
    if (spreads(layer)) {
      with_type(layer.surroundings.narrow_input_gradient, input_gradient, [&](auto* to) {
        few_values::spread_gradients(device, kernel::PatchGeometry(g, members), rows * columns, g.output_channels,
                                     weights, output_gradient, to);
      });
      add_bias(device, layer, rows, columns, bias, input_gradient);
      return;
    }
    const bool convolves = grouped(layer, weights) && !multiplies<P>(g, members, Direction::data_gradient);
    if (!covers_input(layer) && !convolves && !Layer::is_pointwise(g)) {
      float* patches = patches_.template get<float>(batch * g.output_positions() * members * depth_of(g));
      multiply(device, layer, patch_gradient_product(g, members, batch, output_gradient, weights, patches));
      sum_patches(device, layer, members, rows * columns, patches, bias, input_gradient);
      return;
    }
    // Products write float.
    float* const asked_for = input_gradient;
    if (layer.surroundings.narrow_input_gradient) input_gradient = result_.template get<float>(rows * columns);
    if (convolves) {
      device.convolve(problem<P>(g, members, batch, Direction::data_gradient), input_gradient,
                      const_cast<float*>(weights), const_cast<float*>(output_gradient));
    } else if (covers_input(layer)) {
      const std::ptrdiff_t taps = g.taps(), channels = g.input_channels, outputs = g.output_channels;
      if (taps_met(g) < g.input_positions()) // the others have no gradient
        device.clear(input_gradient, static_cast<std::size_t>(rows * columns) * sizeof(float));
      for_meeting_taps(g, [&](std::ptrdiff_t position, std::ptrdiff_t tap) {
        multiply(device, layer,
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
      multiply(device, layer, patch_gradient_product(g, members, batch, output_gradient, weights, input_gradient));
    }
    if (input_gradient != asked_for)
      device.run(rows * columns, kernel::Convert<float, __nv_bfloat16>{input_gradient, as_narrow(asked_for)});
    add_bias(device, layer, rows, columns, bias, asked_for);
  }

  void filter_gradient(Device& device, Columns<Device>& sums, const Layer& layer, int members, int batch,
                       const float* input, const float* output_gradient, WriteMode write, float* filter_gradient) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t rows = batch * g.output_positions();
    if (narrows<P> && layer.grouped()) {
      narrow_.filter_gradient(device, layer, members, batch, input, output_gradient, write, filter_gradient);
      return;
    }
    if (grouped(layer, filter_gradient)) {
      auto asked = problem<P>(g, members, batch, Direction::filter_gradient);
      asked.write = write;
      device.convolve(asked, const_cast<float*>(input), filter_gradient, const_cast<float*>(output_gradient));
      return;
    }
    const std::ptrdiff_t depth = depth_of(g);
    if (multiplies_few(layer)) {
      const kernel::FewValues values{members, g.output_channels, static_cast<int>(depth),
                                     gather(device, layer, members, batch, input)};
      with_type(layer.surroundings.narrow_output_gradient, output_gradient, [&](const auto* gradient) {
        few_values::sum_patch_products(device, sums, values, rows, gradient, write, filter_gradient);
      });
      return;
    }
    output_gradient = widened_gradient(device, layer, members, batch, output_gradient);
    if (covers_input(layer)) {
      const std::ptrdiff_t taps = g.taps(), channels = g.input_channels, outputs = g.output_channels;
      if (write == WriteMode::replace && taps_met(g) < taps) // the others have no gradient
        device.clear(filter_gradient, static_cast<std::size_t>(members * outputs * depth) * sizeof(float));
      for_meeting_taps(g, [&](std::ptrdiff_t position, std::ptrdiff_t tap) {
        multiply(device, layer,
                 {.rows = outputs,
                  .columns = channels,
                  .depth = batch,
                  .members = members,
                  .left = {output_gradient, members * outputs, outputs, true},
                  .right = {input + position * members * channels, g.input_positions() * members * channels, channels},
                  .result = {filter_gradient + tap * channels, taps * channels, outputs * taps * channels},
                  .accumulate = write == WriteMode::add});
      });
      return;
    }
    const float* patches = gather(device, layer, members, batch, input);
    multiply(device, layer,
             filter_gradient_product(g, members, batch, output_gradient, patches, write, filter_gradient));
  }

  [[nodiscard]] FilterCopies<Device>& copies() { return narrow_.copies(); }

  /// Scratch memory of @p count values, until the next convolution.
  [[nodiscard]] float* scratch(std::ptrdiff_t count) { return patches_.template get<float>(count); }

  /// What cuDNN is asked for instead of a grouped convolution: nothing where it is done by products.
  static std::vector<ConvolutionProblem> problems(const ConvolutionGeometry& g, int members, int batch,
                                                  Direction direction) {
    if (multiplies<P>(g, members, direction)) return {};
    if constexpr (narrows<P>)
      return NarrowConvolutions<P, Device>::problems(g, members, batch, direction);
    else
      return {problem<P>(g, members, batch, direction)};
  }

private:
  static constexpr int few_outputs = 4;

  /// cuDNN's plans are made for tensors that begin at multiples of 16 bytes; a filter lies behind whatever parameters
  /// come before it. In bfloat16 it is copied anyway.
  static bool grouped(const Layer& layer, const float* filter) {
    return layer.grouped() && !narrows<P> && reinterpret_cast<std::uintptr_t>(filter) % 16 == 0;
  }

  /// Patches of few values, as first layers have them, and few outputs, as last ones do: kernels of our own read and
  /// write the wide side once.
  static bool spreads(const Layer& layer) {
    return covers_input(layer) && layer.geometry.output_channels <= few_outputs;
  }
  static bool multiplies_few(const Layer& layer) {
    return depth_of(layer.geometry) <= few_values::most && !Layer::is_pointwise(layer.geometry) && !covers_input(layer);
  }

  static void multiply(Device& device, const Layer& layer, const MatrixProduct& product) {
    if (layer.operands == Operands::exact)
      device.template multiply<Fp32>(product);
    else
      device.template multiply<P>(product);
  }

  void sum_patches(Device& device, const Layer& layer, int members, std::ptrdiff_t count, const float* patches,
                   const float* bias, float* input_gradient) {
    const kernel::PatchGeometry geometry(layer.geometry, members);
    with_type(layer.surroundings.narrow_input_gradient, input_gradient, [&]<class To>(To* to) {
      device.run(count, kernel::SumPatches<To>{geometry, patches, bias, to});
    });
  }

  /// An output's gradient as float.
  const float* widened_gradient(Device& device, const Layer& layer, int members, int batch,
                                const float* output_gradient) {
    if (!layer.surroundings.narrow_output_gradient) return output_gradient;
    const std::ptrdiff_t count =
        batch * layer.geometry.output_positions() * members * std::ptrdiff_t{layer.geometry.output_channels};
    float* wide = wide_.template get<float>(count);
    device.run(count, kernel::Convert<__nv_bfloat16, float>{as_narrow(output_gradient), wide});
    return wide;
  }

  /// With a single output position, every input position meets at most one tap: a product for each of them reads the
  /// input in place and leaves the padding out.
  static bool covers_input(const Layer& layer) {
    const auto& g = layer.geometry;
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
  const float* gather(Device& device, const Layer& layer, int members, int batch, const float* input) {
    const auto& g = layer.geometry;
    if (Layer::is_pointwise(g)) return input;
    const std::ptrdiff_t count = batch * g.output_positions() * members * depth_of(g);
    float* patches = patches_.template get<float>(count);
    device.run(count, kernel::GatherPatches{kernel::PatchGeometry(g, members), input, patches});
    return patches;
  }

  Scratch<Memory> patches_, wide_, result_;
  NarrowConvolutions<P, Device> narrow_;
};

} // namespace zoetrope::cudnn
