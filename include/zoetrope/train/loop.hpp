/// @file
/// The training loop: makes what each step takes, ahead of it where a device is at work meanwhile, and asks the
/// observers whether to go on.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/train/observer.hpp"

#include <cmath>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace zoetrope::detail {

/// Makes the real samples and the latents of one step after another: functions of the step alone.
class StepFeed {
public:
  /// Writes sample number @p index, counted over all steps, to @p out; from several threads at once.
  using Load = std::function<void(std::uint64_t index, std::span<float> out)>;

  /// For steps of @p batch samples of @p sample_size values from @p load, and of @p latent_count normal numbers from
  /// @p latents.
  StepFeed(std::size_t batch, std::size_t sample_size, std::size_t latent_count, const RandomStream& latents, Load load)
      : batch_(batch), sample_size_(sample_size), stream_(latents), load_(std::move(load)), real_(batch * sample_size),
        latents_(latent_count) {}

  /// Makes what step @p step takes. A failure is kept for take().
  void prepare(std::uint64_t step) {
    failure_ = nullptr;
    parallel_for(static_cast<std::ptrdiff_t>(batch_), [&](std::ptrdiff_t i) {
      try {
        const auto index = static_cast<std::size_t>(i);
        load_(step * batch_ + index, std::span(real_).subspan(index * sample_size_, sample_size_));
      } catch (...) {
        const std::scoped_lock lock(failing_);
        failure_ = std::current_exception();
      }
    });
    stream_.fill_normal(step * latents_.size(), latents_.data(), latents_.size());
    prepared_ = step;
  }

  /// Sees that real() and latents() are those of step @p step, made before or now. Throws what kept them from being
  /// made.
  void take(std::uint64_t step) {
    if (prepared_ != step) prepare(step);
    if (failure_) std::rethrow_exception(failure_);
  }

  [[nodiscard]] std::span<const float> real() const { return real_; }
  [[nodiscard]] std::span<const float> latents() const { return latents_; }

private:
  std::size_t batch_, sample_size_;
  RandomStream stream_;
  Load load_;
  std::vector<float> real_, latents_;
  std::optional<std::uint64_t> prepared_;
  std::exception_ptr failure_;
  std::mutex failing_;
};

/// Throws Error where a value of @p real is outside [-1, 1], which is all that generators make. Numbers that
/// are none are left to the stage, which looks at all samples.
inline void check_range(std::span<const float> real, const std::string& stage, std::uint64_t step) {
  constexpr float limit = 1.001F; // a data set may round
  for (const float value : real)
    if ((value > limit || value < -limit) && std::isfinite(value))
      fail(stage, " stage, step ", step + 1, ": expected the data set's values from -1 to 1, got ", value);
}

/// Trains @p stage up to its number of steps, with latents of the stream @p latents and the samples that @p load
/// writes, and calls every observer after every step. Returns false where one of them stopped it. Throws Error where a
/// sample has values outside [-1, 1], and as Stage::train() does.
template <class Stage, Observer... Observers>
bool run_steps(Stage& stage, const RandomStream& latents, StepFeed::Load load, Observers&... observers) {
  const auto batch = static_cast<std::size_t>(stage.settings().batch_size);
  const std::uint64_t steps = stage.settings().steps;
  StepFeed feed(batch, static_cast<std::size_t>(Stage::Sample::size),
                batch * static_cast<std::size_t>(Stage::Latent::size * stage.latent_batches()), latents,
                std::move(load));
  while (stage.step() < steps) {
    const std::uint64_t step = stage.step();
    feed.take(step);
    check_range(feed.real(), stage.name(), step);
    stage.start(feed.real(), feed.latents());
    // The device is at work meanwhile, on its own copy of the samples.
    if (!Stage::B::memory_is_host && step + 1 < steps) feed.prepare(step + 1);
    stage.finish();
    const StepReport report{stage.name(), stage.step(), steps, stage.discriminator_losses(), stage.generator_losses()};
    bool stopped = false;
    ((stopped |= observers(report) == Flow::stop), ...);
    if (stopped) return false;
  }
  return true;
}

} // namespace zoetrope::detail
