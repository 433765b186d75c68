/// @file
/// How the learning rates of a stage change on its way: a factor for each step, so that a resumed run has the same.
#pragma once

#include "zoetrope/core/description.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/number_text.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>

namespace zoetrope {

/// factor(step, steps) is what the learning rates of the generator and the discriminators are multiplied with in the
/// step after @p step others, of @p steps in all: a finite number of at least 0. It throws Error where the schedule's
/// own settings make no sense. description() tells it from others, since checkpoints record it.
template <class S>
concept LearningRateSchedule = std::copyable<S> && DescribesItself<S> &&
    requires(const S& schedule, std::uint64_t step, std::uint64_t steps) {
  { schedule.factor(step, steps) } -> std::convertible_to<double>;
};

/// The learning rates as they are.
struct ConstantRate {
  [[nodiscard]] double factor(std::uint64_t, std::uint64_t) const { return 1; }
  static std::string description() { return "ConstantRate"; }
};

inline namespace ZOETROPE_INSTRUCTION_SET {
/// The learning rates as they are until the last part of the steps, which begins at 1 - last_part of the way from the
/// first step to the last one; from there in a straight line to final_factor times as much, which the last step has.
struct LinearDecay {
  double last_part = 0.5;    ///< above 0, at most 1
  double final_factor = 0.0; ///< 0 to 1

  [[nodiscard]] double factor(std::uint64_t step, std::uint64_t steps) const {
    require(last_part > 0 && last_part <= 1, "LinearDecay expected a last part above 0 and at most 1, got ", last_part);
    require(final_factor >= 0 && final_factor <= 1, "LinearDecay expected a final factor from 0 to 1, got ",
            final_factor);
    if (steps < 2) return 1; // no way to go
    if (step + 1 >= steps) return final_factor;
    const double way = static_cast<double>(step) / static_cast<double>(steps - 1);
    const double share = std::clamp((way - (1 - last_part)) / last_part, 0.0, 1.0);
    return 1 + share * (final_factor - 1);
  }
  [[nodiscard]] std::string description() const {
    return "LinearDecay, last part " + number_text(last_part) + ", final factor " + number_text(final_factor);
  }
};
} // namespace ZOETROPE_INSTRUCTION_SET

} // namespace zoetrope
