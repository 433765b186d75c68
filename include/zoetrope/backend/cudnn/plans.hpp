/// @file
/// Which of cuDNN's plans computes each convolution: the fastest, timed once and then kept.
#pragma once

#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/memory.hpp"
#include "zoetrope/backend/cudnn/plan_cache.hpp"
#include "zoetrope/backend/cudnn/stopwatch.hpp"

#include <array>
#include <limits>
#include <map>
#include <optional>

namespace zoetrope::cudnn {

template <DeviceMemory Memory>
class Plans {
public:
  Plans(DeviceDescription device, std::shared_ptr<PlanCache> cache)
      : device_(std::move(device)), cache_(std::move(cache)) {}

  [[nodiscard]] const DeviceDescription& device() const { return device_; }

  /// Computes @p problem on its three tensors. The first time, its plan is read from the cache or found.
  void run(cudnnHandle_t handle, cudaStream_t stream, Scratch<Memory>& scratch, const ConvolutionProblem& problem,
           void* input, void* filter, void* output) {
    const Call call{handle, stream, scratch};
    const ConvolutionPlan& plan = plan_for(call, problem);
    check(execute(call, plan, input, filter, output), "cudnnBackendExecute", plan.plan.what());
  }

private:
  struct Call {
    cudnnHandle_t handle;
    cudaStream_t stream;
    Scratch<Memory>& scratch;
  };

  [[nodiscard]] cudnnStatus_t execute(const Call& call, const ConvolutionPlan& plan, void* input, void* filter,
                                      void* output) {
    Descriptor tensors(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, plan.plan.what());
    tensors
        .set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS,
             std::vector<std::int64_t>{detail::input_id, detail::filter_id, detail::output_id})
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::vector<void*>{input, filter, output})
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE,
             static_cast<void*>(call.scratch.template get<std::byte>(plan.workspace_bytes)))
        .finalize();
    return cudnnBackendExecute(call.handle, plan.plan.raw(), tensors.raw());
  }

  const ConvolutionPlan& plan_for(const Call& call, const ConvolutionProblem& problem) {
    const auto found = plans_.find(problem);
    if (found != plans_.end()) return found->second;
    const std::string what = problem.text();
    std::optional<ConvolutionPlan> plan;
    if (const auto text = cache_->find(what)) plan = ConvolutionPlan::restore(*text, what, device_);
    if (!plan) plan = find_plan(call, problem);
    return plans_.emplace(problem, std::move(*plan)).first->second;
  }

  /// One made from the device's description can be kept as text. Where none of these runs, one made for the handle
  /// does, and is found anew by every program.
  ConvolutionPlan find_plan(const Call& call, const ConvolutionProblem& problem) {
    if (auto plan = fastest(call, problem, ConvolutionPlanner(problem, device_))) {
      cache_->put(problem.text(), plan->text());
      return std::move(*plan);
    }
    auto plan = fastest(call, problem, ConvolutionPlanner(problem, device_, call.handle));
    require(plan.has_value(), "cuDNN has no plan that runs the ", problem.text());
    return std::move(*plan);
  }

  /// Times cuDNN's first plans on tensors of their own: a run to warm up, then the best of five; one whose first timed
  /// run takes four times as long as the best so far is not run again. Empty where none runs.
  std::optional<ConvolutionPlan> fastest(const Call& call, const ConvolutionProblem& problem,
                                         const ConvolutionPlanner& planner) {
    constexpr std::size_t candidates = 12;
    constexpr std::int64_t max_workspace = std::int64_t{2} << 30;
    constexpr int repetitions = 5;
    auto plans = planner.find(candidates);
    const std::size_t width = problem.operands == CUDNN_DATA_FLOAT ? 4 : 2;
    std::array<Buffer<std::byte, Memory>, 3> tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      tensors[i].resize(width * problem.extents()[i]);
      // Bytes that are about 0.01 in either type: products of zeros may be faster than others.
      check(cudaMemsetAsync(tensors[i].data(), 0x3C, tensors[i].size(), call.stream), "cudaMemsetAsync",
            tensors[i].size(), " bytes");
    }
    const auto run = [&](const ConvolutionPlan& plan) {
      if (plan.workspace_bytes > max_workspace) return false;
      return execute(call, plan, tensors[0].data(), tensors[1].data(), tensors[2].data()) == CUDNN_STATUS_SUCCESS;
    };
    const Stopwatch stopwatch(call.stream);
    std::optional<std::size_t> best;
    double best_seconds = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (!run(plans[i])) continue;
      for (int repetition = 0; repetition < repetitions; ++repetition) {
        bool ran = false;
        const double seconds = stopwatch.time([&] { ran = run(plans[i]); });
        if (!ran || seconds > 4 * best_seconds) break;
        if (seconds < best_seconds) {
          best_seconds = seconds;
          best = i;
        }
      }
    }
    if (!best) return {};
    return std::move(plans[*best]);
  }

  DeviceDescription device_;
  std::shared_ptr<PlanCache> cache_;
  std::map<ConvolutionProblem, ConvolutionPlan> plans_;
};

} // namespace zoetrope::cudnn
