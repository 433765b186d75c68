/// @file
/// A convolution of members on a device: cuDNN's grouped one, or a matrix product of gathered patches.
#pragma once

#include "zoetrope/backend/cudnn/columns.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/filter_copies.hpp"
#include "zoetrope/backend/cudnn/patch_kernels.hpp"
#include "zoetrope/backend/cudnn/patch_products.hpp"
#include "zoetrope/backend/cudnn/precision.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace zoetrope::cudnn {

/// A convolution as a layer has it: what it is, what surrounds it, and its filter's copy. cuDNN's grouped one does it
/// where operands may be rounded and channels come by eights, as tensor cores want them; others are matrix products of
/// gathered patches.
template <DeviceMemory Memory>
class LayerConvolution {
public:
  ConvolutionGeometry geometry;
  Operands operands;
  LayerSurroundings surroundings;
  std::shared_ptr<FilterCopy<Memory>> copy = std::make_shared<FilterCopy<Memory>>();

  explicit LayerConvolution(const ConvolutionGeometry& described, Operands operand_use = Operands::rounded)
      : geometry(described), operands(operand_use) {}
  void set_surroundings(const LayerSurroundings& around) { surroundings = around; }

  [[nodiscard]] bool grouped() const { return is_grouped(geometry, operands); }
  static constexpr bool is_grouped(const ConvolutionGeometry& g, Operands operands) {
    return operands == Operands::rounded && g.input_channels % 8 == 0 && g.output_channels % 8 == 0 && !is_pointwise(g);
  }
  /// A patch is what lies there already.
  static constexpr bool is_pointwise(const ConvolutionGeometry& g) { return g.taps() == 1 && g.input == g.output; }
};

/// The backward pass of a leaky ReLU, in place.
struct LeakyReluPass {
  std::ptrdiff_t size;
  float slope;
  const float* output;
  float* gradient;
  bool narrow_output, narrow_gradient;

  /// Calls @p use(kernel::LeakyReluGradient of the types that are there).
  template <class Use>
  void with_kernel(const Use& use) const {
    auto* narrow = reinterpret_cast<__nv_bfloat16*>(gradient);
    if (narrow_output)
      use(kernel::LeakyReluGradient<__nv_bfloat16, __nv_bfloat16>{slope, reinterpret_cast<const __nv_bfloat16*>(output),
                                                                  narrow});
    else if (narrow_gradient)
      use(kernel::LeakyReluGradient<float, __nv_bfloat16>{slope, output, narrow});
    else
      use(kernel::LeakyReluGradient<float, float>{slope, output, gradient});
  }
  template <ComputeDevice Device>
  void run(Device& device) const {
    with_kernel([&](const auto& kernel) { device.run(size, kernel); });
  }
};

/// The three directions, and the memory that they take. Activations are [batch][position][member][channel], float or,
/// in bfloat16 where a layer's surroundings say so, narrow: then they lie in the first half of their memory. Filters
/// are [member][output channel][tap][input channel].
template <Precision P, ComputeDevice Device>
class Convolutions {
public:
  using Memory = typename Device::Memory;
  using Layer = LayerConvolution<Memory>;

  static constexpr bool narrows = P::operands != CUDNN_DATA_FLOAT;

  void forward(Device& device, const Layer& layer, int members, int batch, const float* input, const float* weights,
               const float* bias, float* output) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.output_channels, rows = batch * g.output_positions();
    if (narrows && layer.grouped()) {
      narrow_forward(device, layer, members, batch, input, weights, bias, output);
      return;
    }
    const bool narrow = layer.surroundings.narrow_output;
    const float slope = slope_after(layer);
    if (!grouped(layer, weights) && multiplies_few(layer)) {
      const kernel::FewValues values{members, g.output_channels, static_cast<int>(depth_of(g)),
                                     gather(device, layer, members, batch, input)};
      const auto multiply_patches = [&]<class To>(To* to) {
        const std::ptrdiff_t parts = (rows + first_layer_rows - 1) / first_layer_rows;
        if (values.depth <= 16)
          device.run(parts * columns,
                     kernel::MultiplyPatches<16, To>{values, rows, first_layer_rows, weights, bias, slope, to});
        else
          device.run(parts * columns,
                     kernel::MultiplyPatches<few_values, To>{values, rows, first_layer_rows, weights, bias, slope, to});
      };
      narrow ? multiply_patches(as_narrow(output)) : multiply_patches(output);
      return;
    }
    float* result = narrow ? wide_.template get<float>(rows * columns) : output;
    if (grouped(layer, weights)) {
      device.convolve(problem(g, members, batch, Direction::forward), const_cast<float*>(input),
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
      const auto depth = depth_of(g);
      const float* patches = gather(device, layer, members, batch, input);
      multiply(device, layer,
               {.rows = rows,
                .columns = g.output_channels,
                .depth = depth,
                .members = members,
                .left = {patches, members * depth, depth},
                .right = {weights, depth, g.output_channels * depth, true},
                .result = {result, columns, g.output_channels},
                .accumulate = false});
    }
    if (narrow)
      device.run(rows * columns,
                 kernel::Epilogue<float, __nv_bfloat16>{columns, result, nullptr, bias, slope, as_narrow(output)});
    else if (bias != nullptr || slope < 1)
      device.run(rows * columns, kernel::Epilogue<float, float>{columns, result, nullptr, bias, slope, output});
  }

  /// @p leaky_relu is what the output's gradient still has to pass through, if anything.
  void data_gradient(Device& device, const Layer& layer, int members, int batch, const float* output_gradient,
                     const std::optional<LeakyReluPass>& leaky_relu, const float* weights, const float* bias,
                     float* input_gradient) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.input_channels, rows = batch * g.input_positions();
    const bool few = !(narrows && layer.grouped()) && !grouped(layer, weights) && multiplies_few(layer);
    if (leaky_relu && !few) leaky_relu->run(device);
    if (narrows && layer.grouped()) {
      narrow_data_gradient(device, layer, members, batch, output_gradient, weights, bias, input_gradient);
      return;
    }
    if (few) {
      const kernel::FewValues values{members, g.output_channels, static_cast<int>(depth_of(g)), nullptr};
      const std::ptrdiff_t count = batch * g.output_positions() * members * depth_of(g);
      float* patches = patches_.template get<float>(count);
      require(!leaky_relu || leaky_relu->narrow_output == leaky_relu->narrow_gradient,
              "a first layer expected its output and that output's gradient in one type");
      const float* output = leaky_relu ? leaky_relu->output : nullptr;
      const float slope = leaky_relu ? leaky_relu->slope : 1.0F;
      if (layer.surroundings.narrow_output_gradient)
        device.run(count, kernel::MultiplyGradients<__nv_bfloat16>{values, weights, as_narrow(output_gradient),
                                                                   as_narrow(output), slope, patches});
      else
        device.run(count, kernel::MultiplyGradients<float>{values, weights, output_gradient, output, slope, patches});
      sum_patches(device, layer, members, rows * columns, patches, bias, input_gradient);
      return;
    }
    output_gradient = widened_gradient(device, layer, members, batch, output_gradient);
    if (spreads(layer)) {
      const kernel::PatchGeometry geometry(g, members);
      if (layer.surroundings.narrow_input_gradient)
        device.run(rows * columns, kernel::SpreadGradients<__nv_bfloat16>{geometry, g.output_channels, weights,
                                                                          output_gradient, as_narrow(input_gradient)});
      else
        device.run(rows * columns, kernel::SpreadGradients<float>{geometry, g.output_channels, weights, output_gradient,
                                                                  input_gradient});
      add_bias(device, layer, rows, columns, bias, input_gradient);
      return;
    }
    const bool convolves = grouped(layer, weights) && !multiplies(g, members, Direction::data_gradient);
    if (!covers_input(layer) && !convolves && !Layer::is_pointwise(g)) {
      const auto depth = depth_of(g);
      float* patches = patches_.template get<float>(batch * g.output_positions() * members * depth);
      multiply_to_patches(device, layer, members, batch, output_gradient, weights, patches);
      sum_patches(device, layer, members, rows * columns, patches, bias, input_gradient);
      return;
    }
    // Products write float.
    float* const asked_for = input_gradient;
    if (layer.surroundings.narrow_input_gradient) input_gradient = result_.template get<float>(rows * columns);
    if (convolves) {
      device.convolve(problem(g, members, batch, Direction::data_gradient), input_gradient, const_cast<float*>(weights),
                      const_cast<float*>(output_gradient));
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
      multiply_to_patches(device, layer, members, batch, output_gradient, weights, input_gradient);
    }
    if (input_gradient != asked_for)
      device.run(rows * columns, kernel::Convert<float, __nv_bfloat16>{input_gradient, as_narrow(asked_for)});
    add_bias(device, layer, rows, columns, bias, asked_for);
  }

  void filter_gradient(Device& device, Columns<Device>& sums, const Layer& layer, int members, int batch,
                       const float* input, const float* output_gradient, WriteMode write, float* filter_gradient) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t rows = batch * g.output_positions();
    if (narrows && layer.grouped()) {
      narrow_filter_gradient(device, layer, members, batch, input, output_gradient, write, filter_gradient);
      return;
    }
    if (grouped(layer, filter_gradient)) {
      auto asked = problem(g, members, batch, Direction::filter_gradient);
      asked.write = write;
      device.convolve(asked, const_cast<float*>(input), filter_gradient, const_cast<float*>(output_gradient));
      return;
    }
    const std::ptrdiff_t depth = depth_of(g);
    if (multiplies_few(layer)) {
      const kernel::FewValues values{members, g.output_channels, static_cast<int>(depth),
                                     gather(device, layer, members, batch, input)};
      const auto sum = [&]<class From>(const From* gradient) {
        if (depth <= 16)
          sum_patch_products<16>(device, sums, values, rows, gradient, write, filter_gradient);
        else
          sum_patch_products<few_values>(device, sums, values, rows, gradient, write, filter_gradient);
      };
      layer.surroundings.narrow_output_gradient ? sum(as_narrow(output_gradient)) : sum(output_gradient);
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
             {.rows = g.output_channels,
              .columns = depth,
              .depth = rows,
              .members = members,
              .left = {output_gradient, std::ptrdiff_t{members} * g.output_channels, g.output_channels, true},
              .right = {patches, members * depth, depth},
              .result = {filter_gradient, depth, g.output_channels * depth},
              .accumulate = write == WriteMode::add});
  }

  [[nodiscard]] FilterCopies<Device>& copies() { return copies_; }

  /// Scratch memory of @p count values, until the next convolution.
  [[nodiscard]] float* scratch(std::ptrdiff_t count) { return patches_.template get<float>(count); }

  /// What cuDNN is asked for instead of a grouped convolution: nothing where it is done by products.
  static std::vector<ConvolutionProblem> problems(const ConvolutionGeometry& g, int members, int batch,
                                                  Direction direction) {
    if (multiplies(g, members, direction)) return {};
    const auto whole = problem(g, members, batch, direction);
    if (!narrows || narrow_parts(g, members) == 1) return {whole};
    return {part_of(whole, 0).problem, part_of(whole, 1).problem};
  }

private:
  static constexpr int few_values = 64, few_outputs = 4;
  static constexpr std::ptrdiff_t first_layer_rows = 64; ///< that a thread makes with one filter

  /// Whether products of gathered patches do what cuDNN could. In float, cuDNN takes the members one after another for
  /// the data gradients of large filters, by an engine that is ten times as slow (docs/gpu.md).
  static bool multiplies(const ConvolutionGeometry& g, int members, Direction direction) {
    return members > 1 && (narrows || (g.taps() > 32 && direction == Direction::data_gradient));
  }

  static std::ptrdiff_t depth_of(const ConvolutionGeometry& g) { return g.taps() * g.input_channels; }
  static float slope_after(const Layer& layer) { return static_cast<float>(layer.surroundings.slope_after); }
  static __nv_bfloat16* as_narrow(float* values) { return reinterpret_cast<__nv_bfloat16*>(values); }
  static const __nv_bfloat16* as_narrow(const float* values) { return reinterpret_cast<const __nv_bfloat16*>(values); }

  static ConvolutionProblem problem(const ConvolutionGeometry& g, int members, int batch, Direction direction) {
    return {.geometry = g,
            .members = members,
            .batch = batch,
            .direction = direction,
            .operands = P::operands,
            .tensor_cores = P::tensor_cores};
  }

  // --- In float, or as float's products are rounded

  /// cuDNN's plans are made for tensors that begin at multiples of 16 bytes; a filter lies behind whatever parameters
  /// come before it. In bfloat16 it is copied anyway.
  static bool grouped(const Layer& layer, const float* filter) {
    return layer.grouped() && !narrows && reinterpret_cast<std::uintptr_t>(filter) % 16 == 0;
  }

  /// Patches of few values, as first layers have them, and few outputs, as last ones do: kernels of our own read and
  /// write the wide side once.
  static bool spreads(const Layer& layer) {
    return covers_input(layer) && layer.geometry.output_channels <= few_outputs;
  }
  static bool multiplies_few(const Layer& layer) {
    return depth_of(layer.geometry) <= few_values && !Layer::is_pointwise(layer.geometry) && !covers_input(layer);
  }

  static void multiply(Device& device, const Layer& layer, const MatrixProduct& product) {
    if (layer.operands == Operands::exact)
      device.template multiply<Fp32>(product);
    else
      device.template multiply<P>(product);
  }

  /// Gradients of patches [batch][output position][member][tap][channel].
  void multiply_to_patches(Device& device, const Layer& layer, int members, int batch, const float* output_gradient,
                           const float* weights, float* patches) {
    const auto& g = layer.geometry;
    const std::ptrdiff_t depth = depth_of(g);
    multiply(device, layer,
             {.rows = batch * g.output_positions(),
              .columns = depth,
              .depth = g.output_channels,
              .members = members,
              .left = {output_gradient, std::ptrdiff_t{members} * g.output_channels, g.output_channels},
              .right = {weights, depth, g.output_channels * depth},
              .result = {patches, members * depth, depth},
              .accumulate = false});
  }
  void sum_patches(Device& device, const Layer& layer, int members, std::ptrdiff_t count, const float* patches,
                   const float* bias, float* input_gradient) {
    const kernel::PatchGeometry geometry(layer.geometry, members);
    if (layer.surroundings.narrow_input_gradient)
      device.run(count, kernel::SumPatches<__nv_bfloat16>{geometry, patches, bias, as_narrow(input_gradient)});
    else
      device.run(count, kernel::SumPatches<float>{geometry, patches, bias, input_gradient});
  }

  template <int MaxDepth, class From>
  void sum_patch_products(Device& device, Columns<Device>& sums, const kernel::FewValues& values, std::ptrdiff_t rows,
                          const From* output_gradient, WriteMode write, float* filter_gradient) {
    const std::ptrdiff_t columns = values.members * values.outputs;
    const auto [parts, rows_per_part] = Columns<Device>::parts_of(rows, columns);
    float* partial = sums.get_partial(parts * columns * values.depth);
    device.run(parts * columns,
               kernel::SumPatchProducts<MaxDepth, From>{values, rows, rows_per_part, output_gradient, partial});
    sums.add_parts(device, parts, columns * values.depth, 1.0F, write, partial, filter_gradient);
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

  static void add_bias(Device& device, const Layer& layer, std::ptrdiff_t rows, std::ptrdiff_t columns,
                       const float* bias, float* values) {
    if (bias == nullptr) return;
    if (layer.surroundings.narrow_input_gradient)
      device.run(rows * columns, kernel::Epilogue<__nv_bfloat16, __nv_bfloat16>{columns, as_narrow(values), nullptr,
                                                                                bias, 1.0F, as_narrow(values)});
    else
      device.run(rows * columns, kernel::Epilogue<float, float>{columns, values, nullptr, bias, 1.0F, values});
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

  // --- In bfloat16

  /// cuDNN has good engines in bfloat16 for up to 32 taps and none for 4x4x4, so a large filter is cut in depth.
  static int narrow_parts(const ConvolutionGeometry& g, int members) {
    return members == 1 && g.taps() > 32 && g.kernel[0] % 2 == 0 ? 2 : 1;
  }

  /// Half of a convolution's filter, cut in depth, and the slice of the input that it reads: from @p offset on.
  struct Part {
    ConvolutionProblem problem;
    int offset;
  };
  static Part part_of(ConvolutionProblem p, int number) {
    auto& g = p.geometry;
    const int whole = g.input[0], depth = g.kernel[0] / 2;
    const int begin = number * depth - g.padding[0], end = begin + (g.output[0] - 1) * g.stride[0] + depth;
    const int first = std::clamp(begin, 0, whole - 1), last = std::clamp(end, first + 1, whole);
    g.kernel[0] = depth;
    g.padding[0] = first - begin;
    g.input[0] = last - first;
    p.depth_padding_after = end - last;
    // A data gradient's slices are added up afterwards, and lie apart.
    if (p.direction != Direction::data_gradient) p.input_stride = whole * inner_size(p);
    return {p, first};
  }
  /// Values of one depth of one sample's input.
  static std::ptrdiff_t inner_size(const ConvolutionProblem& p) {
    const auto& g = p.geometry;
    return std::ptrdiff_t{g.input[1]} * g.input[2] * p.members * g.input_channels;
  }

  /// A convolution of members in bfloat16, whole or in two parts of the filter's depth.
  struct NarrowConvolution {
    int parts;
    ConvolutionProblem problem[2];
    std::ptrdiff_t offset[2] = {0, 0}; ///< of the slices of the input, in values
    kernel::Slice slice[2]{};          ///< the same
    std::ptrdiff_t slice_size[2]{};    ///< of all samples
    std::ptrdiff_t input_size, output_size;

    NarrowConvolution(const Layer& of, int member_count, int batch, Direction direction)
        : parts(narrow_parts(of.geometry, member_count)) {
      const auto whole = Convolutions::problem(of.geometry, member_count, batch, direction);
      const auto sizes = whole.sizes();
      input_size = static_cast<std::ptrdiff_t>(sizes[0]);
      output_size = static_cast<std::ptrdiff_t>(sizes[2]);
      problem[0] = whole;
      slice_size[0] = input_size;
      for (int number = 0; parts == 2 && number < 2; ++number) {
        const Part part = part_of(whole, number);
        const std::ptrdiff_t inner = inner_size(whole);
        problem[number] = part.problem;
        offset[number] = part.offset * inner;
        slice[number] = {of.geometry.input[0], part.problem.geometry.input[0], part.offset, inner};
        slice_size[number] = static_cast<std::ptrdiff_t>(part.problem.sizes()[0]);
      }
      auto& copy = *of.copy;
      copy.rows = std::ptrdiff_t{member_count} * of.geometry.output_channels;
      copy.row_size = depth_of(of.geometry);
      copy.parts = parts;
    }
  };

  /// Tensors begin at multiples of eight values, as cuDNN was promised.
  static std::ptrdiff_t padded(std::ptrdiff_t size) { return (size + 7) / 8 * 8; }

  /// The values in bfloat16: as they lie there, or copied into @p room.
  const __nv_bfloat16* narrowed(Device& device, bool narrow, const float* values, std::ptrdiff_t size,
                                __nv_bfloat16* room) {
    if (narrow) return as_narrow(values);
    device.run(size, kernel::Convert<float, __nv_bfloat16>{values, room});
    return room;
  }
  void convolve(Device& device, const ConvolutionProblem& asked, const __nv_bfloat16* input,
                const __nv_bfloat16* filter, const __nv_bfloat16* output) {
    // The one that the direction writes is no constant.
    device.convolve(asked, const_cast<__nv_bfloat16*>(input), const_cast<__nv_bfloat16*>(filter),
                    const_cast<__nv_bfloat16*>(output));
  }

  void narrow_forward(Device& device, const Layer& layer, int members, int batch, const float* input,
                      const float* weights, const float* bias, float* output) {
    const NarrowConvolution c(layer, members, batch, Direction::forward);
    copies_.refresh(device, layer.copy, weights);
    auto* room = narrow_.template get<__nv_bfloat16>(padded(c.input_size) + c.parts * padded(c.output_size));
    const bool narrow = layer.surroundings.narrow_output;
    const auto* x = narrowed(device, layer.surroundings.narrow_input, input, c.input_size, room);
    // The first part's result goes where the output will be, if it can.
    __nv_bfloat16* results[2] = {room + padded(c.input_size), room + padded(c.input_size) + padded(c.output_size)};
    if (narrow) results[0] = as_narrow(output);
    if (multiplies(layer.geometry, members, Direction::forward))
      products_.forward(device, layer.geometry, members, batch, x, layer.copy->values.data(), results[0]);
    else
      for (int part = 0; part < c.parts; ++part)
        convolve(device, c.problem[part], x + c.offset[part],
                 layer.copy->values.data() + part * layer.copy->part_size(), results[part]);
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * layer.geometry.output_channels;
    const __nv_bfloat16* second = c.parts == 2 ? results[1] : nullptr;
    const float slope = slope_after(layer);
    if (!narrow)
      device.run(c.output_size,
                 kernel::Epilogue<__nv_bfloat16, float>{columns, results[0], second, bias, slope, output});
    else if (second != nullptr || bias != nullptr || slope < 1)
      device.run(c.output_size, kernel::Epilogue<__nv_bfloat16, __nv_bfloat16>{columns, results[0], second, bias, slope,
                                                                               as_narrow(output)});
  }

  void narrow_data_gradient(Device& device, const Layer& layer, int members, int batch, const float* output_gradient,
                            const float* weights, const float* bias, float* input_gradient) {
    const NarrowConvolution c(layer, members, batch, Direction::data_gradient);
    copies_.refresh(device, layer.copy, weights);
    auto* room =
        narrow_.template get<__nv_bfloat16>(padded(c.output_size) + padded(c.slice_size[0]) + padded(c.slice_size[1]));
    const bool narrow = layer.surroundings.narrow_input_gradient;
    const auto* gradient =
        narrowed(device, layer.surroundings.narrow_output_gradient, output_gradient, c.output_size, room);
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * layer.geometry.input_channels;
    const std::ptrdiff_t rows = c.input_size / columns;
    if (multiplies(layer.geometry, members, Direction::data_gradient)) {
      const auto multiply_to = [&](auto* to) {
        products_.data_gradient(device, layer.geometry, members, batch, gradient, layer.copy->values.data(), to);
      };
      narrow ? multiply_to(as_narrow(input_gradient)) : multiply_to(input_gradient);
      add_bias(device, layer, rows, columns, bias, input_gradient);
      return;
    }
    __nv_bfloat16* results[2] = {room + padded(c.output_size), room + padded(c.output_size) + padded(c.slice_size[0])};
    if (narrow && c.parts == 1) results[0] = as_narrow(input_gradient);
    for (int part = 0; part < c.parts; ++part)
      convolve(device, c.problem[part], results[part], layer.copy->values.data() + part * layer.copy->part_size(),
               gradient);
    if (c.parts == 2 && narrow) {
      device.run(c.input_size, kernel::AddSlices<__nv_bfloat16>{c.slice[0], c.slice[1], results[0], results[1],
                                                                as_narrow(input_gradient)});
    } else if (c.parts == 2) {
      device.run(c.input_size,
                 kernel::AddSlices<float>{c.slice[0], c.slice[1], results[0], results[1], input_gradient});
    } else if (!narrow) {
      device.run(c.input_size,
                 kernel::Epilogue<__nv_bfloat16, float>{columns, results[0], nullptr, bias, 1.0F, input_gradient});
      return;
    }
    add_bias(device, layer, rows, columns, bias, input_gradient);
  }

  void narrow_filter_gradient(Device& device, const Layer& layer, int members, int batch, const float* input,
                              const float* output_gradient, WriteMode write, float* filter_gradient) {
    const NarrowConvolution c(layer, members, batch, Direction::filter_gradient);
    auto& copy = *layer.copy;
    const bool adds = write == WriteMode::add;
    if (adds) copies_.before_writing(device, filter_gradient, static_cast<std::size_t>(copy.size()));
    auto* room =
        narrow_.template get<__nv_bfloat16>(padded(c.output_size) + padded(c.input_size) + (adds ? copy.size() : 0));
    const auto* gradient =
        narrowed(device, layer.surroundings.narrow_output_gradient, output_gradient, c.output_size, room);
    const auto* x =
        narrowed(device, layer.surroundings.narrow_input, input, c.input_size, room + padded(c.output_size));
    __nv_bfloat16* results = adds ? room + padded(c.output_size) + padded(c.input_size)
                                  : copies_.expect_gradient(layer.copy, filter_gradient);
    for (int part = 0; part < c.parts; ++part) {
      __nv_bfloat16* result = results + part * copy.part_size();
      if (multiplies(layer.geometry, members, Direction::filter_gradient))
        products_.filter_gradient(device, layer.geometry, members, batch, x, gradient, result);
      else
        convolve(device, c.problem[part], x + c.offset[part], result, gradient);
      if (adds) device.run(copy.part_size(), kernel::PartFromBf16{copy.part(part), result, filter_gradient, true});
    }
  }

  Scratch<Memory> patches_, narrow_, wide_, result_;
  PatchProducts<Device> products_;
  FilterCopies<Device> copies_;
};

} // namespace zoetrope::cudnn
