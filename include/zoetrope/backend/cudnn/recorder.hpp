/// @file
/// Numbers on their way between host and device: at once, or, while a step is recorded, whenever the step runs.
#pragma once

#include "zoetrope/backend/cudnn/kernels.hpp"
#include "zoetrope/backend/cudnn/step.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace zoetrope::cudnn {

template <ComputeDevice Device>
class Recorder {
public:
  /// The first run allocates what is needed, the second is recorded as a graph, the others start that graph. Where
  /// memory was allocated or released in between, for a picture for example, it begins anew. @p prepare comes before
  /// recording and before every start; @p abandoned where recording fails, since then nothing of it was done.
  template <class Prepare, class Abandoned, class Work>
  void start(Device& device, Step<Device>& step, const Prepare& prepare, const Abandoned& abandoned, const Work& work) {
    if (step.changes != Device::Memory::changes()) {
      step.forget();
      step.allocate();
      work();
      step.changes = Device::Memory::changes();
      return;
    }
    prepare();
    if (!step.graph) record(device, step, abandoned, work);
    for (const auto& action : step.before) action();
    device.launch_graph(*step.graph);
    step.running = true;
  }
  /// Waits for the step and does what was to be done afterwards.
  void finish(Device& device, Step<Device>& step) {
    if (!std::exchange(step.running, false)) return;
    device.synchronize();
    for (const auto& action : step.after) action();
  }
  template <class Action>
  void afterwards(const Action& action) {
    if (recording_ != nullptr)
      recording_->after.push_back(action);
    else
      action();
  }
  template <class Action>
  void if_not_finite(Device& device, std::ptrdiff_t size, const float* values, const Action& action) {
    with_flags<1>(
        device,
        [&](std::int32_t* flag) {
          device.run(size, kernel::FindNotFinite{values, flag});
        },
        [action](std::size_t) { action(); });
  }

  /// Calls @p work(flags on the device, all zero), and afterwards @p raised(number) for each that is not zero then.
  template <std::size_t Count, class Work, class Raised>
  void with_flags(Device& device, const Work& work, const Raised& raised) {
    if (recording_ != nullptr) {
      auto& flags = recording_->flags;
      const std::size_t first = flags.take(Count);
      work(flags.device() + first);
      recording_->after.push_back([&flags, first, raised] {
        for (std::size_t i = 0; i < Count; ++i)
          if (flags.host()[first + i] != 0) raised(i);
      });
    } else {
      std::array<std::int32_t, Count> found{};
      flags_.resize(Count);
      device.clear(flags_.data(), sizeof found);
      work(flags_.data());
      device.copy_and_wait(flags_.data(), sizeof found, found.data());
      for (std::size_t i = 0; i < Count; ++i)
        if (found[i] != 0) raised(i);
    }
  }

  bool all_finite(Device& device, std::ptrdiff_t size, const float* values) {
    require(recording_ == nullptr, "a step that is being recorded cannot be asked what it will find");
    bool finite = true;
    if_not_finite(device, size, values, [&finite] { finite = false; });
    return finite;
  }

  /// @p count numbers on the device, as @p write makes them: in a step, before each of its runs.
  template <class Write>
  const double* give(Device& device, std::size_t count, const Write& write) {
    if (recording_ != nullptr) {
      auto& in = recording_->in;
      const std::size_t first = in.take(count);
      recording_->before.push_back([&in, first, write] { write(in.host() + first); });
      return in.device() + first;
    }
    std::vector<double> values(count);
    write(values.data());
    numbers_.resize(count);
    device.copy_and_wait(values.data(), count * sizeof(double), numbers_.data());
    return numbers_.data();
  }

  template <LogitLoss Loss>
  void losses(Device& device, const Loss& loss, LogitRole role, int members, int samples, const float* logits,
              double* results) {
    const auto count = static_cast<std::size_t>(members);
    const std::ptrdiff_t all = std::ptrdiff_t{members} * samples;
    auto* values = values_.template get<double>(all);
    device.run(all, kernel::LossValues<Loss>{loss, role, logits, values});
    const auto average = [&](double* means) {
      device.run(members, kernel::MeanOfSamples{members, samples, values, means});
    };
    if (recording_ != nullptr) {
      auto& out = recording_->out;
      const std::size_t first = out.take(count);
      average(out.device() + first);
      recording_->after.push_back([&out, first, count, results] { std::copy_n(out.host() + first, count, results); });
    } else {
      numbers_.resize(count);
      average(numbers_.data());
      device.copy_and_wait(numbers_.data(), count * sizeof(double), results);
    }
  }

private:
  template <class Abandoned, class Work>
  void record(Device& device, Step<Device>& step, const Abandoned& abandoned, const Work& work) {
    step.forget();
    recording_ = &step;
    device.begin_recording();
    try {
      device.copy(step.in.host(), step.in.bytes(), step.in.device());
      device.clear(step.flags.device(), step.flags.bytes());
      work();
      device.copy(step.out.device(), step.out.bytes(), step.out.host());
      device.copy(step.flags.device(), step.flags.bytes(), step.flags.host());
    } catch (...) {
      recording_ = nullptr;
      device.abandon_recording();
      step.forget();
      abandoned();
      throw;
    }
    recording_ = nullptr;
    step.graph.emplace(device.end_recording());
  }

  Step<Device>* recording_ = nullptr;
  Buffer<double, typename Device::Memory> numbers_;
  Scratch<typename Device::Memory> values_;
  Buffer<std::int32_t, typename Device::Memory> flags_;
};

} // namespace zoetrope::cudnn
