/// @file
/// One direction of one convolution as cuDNN computes it: members as groups, channels last. A plan can be built from a
/// description of a device alone, without a device.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/descriptor.hpp"
#include "zoetrope/backend/geometry.hpp"

#include <algorithm>
#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace zoetrope::cudnn {

enum class Direction { forward, data_gradient, filter_gradient };

/// What is to be computed: input [batch][position][member][channel], filter [member][output channel][tap][input
/// channel], output as the input, all of type @p operands, summed in float, with tensor cores or without. Only a float
/// filter gradient can be added to what is there: sums belong in float.
struct ConvolutionProblem {
  ConvolutionGeometry geometry;
  int members;
  int batch;
  Direction direction;
  cudnnDataType_t operands;
  bool tensor_cores;
  WriteMode write = WriteMode::replace;
  int depth_padding_after = geometry.padding[0]; ///< of the input's first dimension, behind it
  std::ptrdiff_t input_stride = 0;               ///< values from sample to sample where it is a slice, else 0

  auto operator<=>(const ConvolutionProblem&) const = default;

  /// Values in the input, the filter and the output.
  [[nodiscard]] std::array<std::size_t, 3> sizes() const {
    const auto& g = geometry;
    const auto of = [](std::ptrdiff_t values) { return static_cast<std::size_t>(values); };
    return {of(batch * g.input_positions() * members * g.input_channels),
            of(members * g.taps() * g.input_channels * g.output_channels),
            of(batch * g.output_positions() * members * g.output_channels)};
  }

  /// Values from the first to the last of each: more than it has where it is a slice.
  [[nodiscard]] std::array<std::size_t, 3> extents() const {
    auto result = sizes();
    if (input_stride != 0)
      result[0] = static_cast<std::size_t>((batch - 1) * input_stride) + result[0] / static_cast<std::size_t>(batch);
    return result;
  }

  /// "filter gradient of 48 x 256 -> 512 channels, 1x7x7 -> 1x3x3, kernel 1x4x4, batch 64, bf16".
  [[nodiscard]] std::string text() const {
    const auto sizes = [](const std::array<int, 3>& s) {
      return std::to_string(s[0]) + "x" + std::to_string(s[1]) + "x" + std::to_string(s[2]);
    };
    const char* names[] = {"forward", "data gradient", "filter gradient"};
    const auto& g = geometry;
    return std::string(names[static_cast<int>(direction)]) + " of " + std::to_string(members) + " x " +
           std::to_string(g.input_channels) + " -> " + std::to_string(g.output_channels) + " channels, " +
           sizes(g.input) + " -> " + sizes(g.output) + ", kernel " + sizes(g.kernel) + ", stride " + sizes(g.stride) +
           ", padding " + sizes(g.padding) + ", batch " + std::to_string(batch) +
           (operands == CUDNN_DATA_BFLOAT16 ? ", bf16"
            : tensor_cores                  ? ", tf32"
                                            : ", float") +
           (write == WriteMode::add ? ", added" : "") +
           (depth_padding_after != g.padding[0] ? ", padding behind " + std::to_string(depth_padding_after) : "") +
           (input_stride != 0 ? ", a sample every " + std::to_string(input_stride) : "");
  }
};

/// What cuDNN needs to know of a GPU to choose and build plans.
class DeviceDescription {
public:
  /// Of the device that @p handle belongs to.
  explicit DeviceDescription(cudnnHandle_t handle) : descriptor_(make()) {
    descriptor_.set(CUDNN_ATTR_DEVICEPROP_HANDLE, handle).finalize();
  }
  /// From cuDNN's JSON of a device's properties, as json() gives it. cuDNN 9.8 or later.
  explicit DeviceDescription(std::string_view json) : descriptor_(make()) {
    descriptor_.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, json).finalize();
  }
  [[nodiscard]] std::string json() const { return descriptor_.get_text(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION); }
  [[nodiscard]] const Descriptor& descriptor() const { return descriptor_; }

private:
  static Descriptor make() { return {CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, "a device's properties"}; }
  Descriptor descriptor_;
};

/// A finished plan, which one engine of cuDNN can run.
struct ConvolutionPlan {
  Descriptor plan;
  std::int64_t workspace_bytes;
  std::int64_t engine = -1; ///< -1 where it is not known: a plan that was kept as text

  explicit ConvolutionPlan(Descriptor finished, std::int64_t engine_number = -1)
      : plan(std::move(finished)), workspace_bytes(plan.get_number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)),
        engine(engine_number) {}

  /// The plan as JSON, and back. Empty where this device or this cuDNN cannot have made it.
  [[nodiscard]] std::string text() const { return plan.get_text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION); }
  static std::optional<ConvolutionPlan> restore(const std::string& text, const std::string& what,
                                                const DeviceDescription& device) {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, what);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device.descriptor());
    if (!plan.try_set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, text) || !plan.try_finalize()) return {};
    return ConvolutionPlan(std::move(plan));
  }
};

namespace detail {

/// The numbers by which plans and variant packs know the tensors.
inline constexpr std::int64_t input_id = 1, filter_id = 2, output_id = 3;

/// A tensor of @p sizes, [outer, channels, spatial...], whose channels lie next to each other; @p outer_stride values
/// from one to the next of the outer ones, unless it is 0.
inline Descriptor channels_last(std::int64_t id, const std::vector<std::int64_t>& sizes, cudnnDataType_t type,
                                const std::string& what, std::int64_t outer_stride = 0) {
  std::vector<std::int64_t> strides(sizes.size());
  strides[1] = 1;
  std::int64_t stride = sizes[1];
  for (std::size_t i = sizes.size(); i-- > 2; stride *= sizes[i]) strides[i] = stride;
  strides[0] = outer_stride != 0 ? outer_stride : stride;
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, what);
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes)
      .set(CUDNN_ATTR_TENSOR_STRIDES, strides)
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::int64_t{16})
      .finalize();
  return tensor;
}

} // namespace detail

/// Every plan that cuDNN offers for @p problem on the device that @p device describes, its favourite first. Engines
/// whose results change from run to run are left out, those that round their inputs further, and without tensor cores
/// those that use them.
class ConvolutionPlanner {
public:
  /// With a @p handle, plans are made for its device rather than from the description.
  ConvolutionPlanner(const ConvolutionProblem& problem, const DeviceDescription& device, cudnnHandle_t handle = nullptr)
      : what_(problem.text()), device_(device), tensor_cores_(problem.tensor_cores), handle_(handle),
        graph_(make_graph(problem)) {}

  /// The first of cuDNN's plans that can be built. Throws Error where there is none.
  [[nodiscard]] ConvolutionPlan favourite() const {
    auto plans = find(1);
    require(!plans.empty(), "cuDNN has no plan for the ", what_);
    return std::move(plans.front());
  }

  /// Up to @p most plans.
  [[nodiscard]] std::vector<ConvolutionPlan> find(std::size_t most) const {
    std::vector<ConvolutionPlan> plans;
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, what_);
      heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph_).set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
      if (handle_ == nullptr) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device_.descriptor());
      if (!heuristics.try_finalize()) continue;
      for (const auto& config :
           heuristics.get_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)) {
        if (plans.size() == most) return plans;
        add_plan(config, plans);
      }
    }
    return plans;
  }

private:
  void add_plan(const Descriptor& config, std::vector<ConvolutionPlan>& plans) const {
    const auto engines = config.get_descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    if (engines.empty() || refused(engines.front())) return;
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, what_);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
    if (handle_ == nullptr)
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device_.descriptor());
    else
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
    if (!plan.try_finalize()) return;
    plans.emplace_back(std::move(plan), engines.front().get_number(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  }

  [[nodiscard]] bool refused(const Descriptor& engine) const {
    const auto notes = engine.get_all<cudnnBackendNumericalNote_t>(
        CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
    return std::any_of(notes.begin(), notes.end(), [&](cudnnBackendNumericalNote_t note) {
      return note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC || note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS ||
             (!tensor_cores_ && note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
    });
  }

  [[nodiscard]] Descriptor make_graph(const ConvolutionProblem& p) const {
    const auto& g = p.geometry;
    // 2-D unless depth matters
    const int first = g.input[0] == 1 && g.kernel[0] == 1 && g.padding[0] == 0 && p.depth_padding_after == 0 ? 1 : 0;
    auto padding_after = g.padding;
    padding_after[0] = p.depth_padding_after;
    const auto spatial = [&](const std::array<int, 3>& sizes) {
      return std::vector<std::int64_t>(sizes.begin() + first, sizes.end());
    };
    const auto sizes = [&](std::int64_t outer, std::int64_t channels, const std::array<int, 3>& rest) {
      std::vector<std::int64_t> result{outer, channels};
      result.insert(result.end(), rest.begin() + first, rest.end());
      return result;
    };
    const auto input =
        detail::channels_last(detail::input_id, sizes(p.batch, std::int64_t{p.members} * g.input_channels, g.input),
                              p.operands, what_, p.input_stride);
    const auto filter = detail::channels_last(
        detail::filter_id, sizes(std::int64_t{p.members} * g.output_channels, g.input_channels, g.kernel), p.operands,
        what_);
    const auto output = detail::channels_last(
        detail::output_id, sizes(p.batch, std::int64_t{p.members} * g.output_channels, g.output), p.operands, what_);

    const std::vector<std::int64_t> ones(static_cast<std::size_t>(3 - first), 1);
    Descriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, what_);
    convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
        .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{3 - first})
        .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, ones)
        .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, spatial(g.stride))
        .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, spatial(g.padding))
        .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, spatial(padding_after))
        .finalize();

    Descriptor operation = make_operation(p, convolution, input, filter, output);
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, what_);
    if (handle_ != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation).finalize();
    return graph;
  }

  [[nodiscard]] Descriptor make_operation(const ConvolutionProblem& p, const Descriptor& convolution,
                                          const Descriptor& input, const Descriptor& filter,
                                          const Descriptor& output) const {
    switch (p.direction) {
    case Direction::forward: {
      Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, what_);
      operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, convolution)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, input)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, filter)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, output)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0F)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0F)
          .finalize();
      return operation;
    }
    case Direction::data_gradient: {
      Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, what_);
      operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, convolution)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, input)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, filter)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, output)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0F)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0F)
          .finalize();
      return operation;
    }
    default: {
      Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, what_);
      operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, convolution)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, input)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, filter)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, output)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1.0F)
          .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, p.write == WriteMode::add ? 1.0F : 0.0F)
          .finalize();
      return operation;
    }
    }
  }

  std::string what_;
  const DeviceDescription& device_;
  bool tensor_cores_;
  cudnnHandle_t handle_;
  Descriptor graph_;
};

} // namespace zoetrope::cudnn
