/// @file
/// What the training loop tells whoever watches. The loop knows no observer by name.
#pragma once

#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <type_traits>

namespace zoetrope {

/// What an observer wants next.
enum class Flow { carry_on, stop };

/// The state after one step.
struct StepReport {
  std::string_view stage;                       ///< "frames" or "sequences"
  std::uint64_t step;                           ///< steps done, from 1
  std::uint64_t steps;                          ///< steps in all
  std::span<const double> discriminator_losses; ///< equation 1 or what the loss has for it, one per discriminator
  std::span<const double> generator_losses;     ///< -E log D_k(G(z)) or what the loss has for it, one per discriminator

  [[nodiscard]] double mean_discriminator_loss() const { return mean(discriminator_losses); }
  [[nodiscard]] double mean_generator_loss() const { return mean(generator_losses); }

private:
  static double mean(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
};

namespace detail {

/// Takes the report of a step.
template <class O>
concept TakesStepReports = std::invocable<O&, const StepReport&>;

/// Says whether training is to go on.
template <class O>
concept ReturnsFlow = std::same_as<std::invoke_result_t<O&, const StepReport&>, Flow>;

} // namespace detail

/// Called after every step; training goes on unless an observer says stop.
template <class O>
concept Observer = detail::TakesStepReports<O> && detail::ReturnsFlow<O>;

namespace detail {
/// Says in one sentence what is wrong with observers. Whether training can be compiled at all.
template <class... Observers>
consteval bool check_observers() {
  static_assert((TakesStepReports<Observers> && ...), "an observer is called with a const StepReport&");
  if constexpr ((TakesStepReports<Observers> && ...)) {
    static_assert((ReturnsFlow<Observers> && ...), "an observer returns Flow::carry_on or Flow::stop");
    return (ReturnsFlow<Observers> && ...);
  }
  return false;
}
} // namespace detail

} // namespace zoetrope
