/// @file
/// How learning rates change on a stage's way, by a number of the command line.
#pragma once

#include <zoetrope/train/schedule.hpp>

#include <cstdint>
#include <string>

namespace program {

/// LinearDecay to 0 over the last part of the steps, or ConstantRate where that is 0.
struct LearningRates {
  double decay = 0; ///< at least 0, below 1

  [[nodiscard]] double factor(std::uint64_t step, std::uint64_t steps) const {
    return decay == 0 ? zoetrope::ConstantRate{}.factor(step, steps) : falling().factor(step, steps);
  }
  [[nodiscard]] std::string description() const {
    return decay == 0 ? zoetrope::ConstantRate::description() : falling().description();
  }

private:
  [[nodiscard]] zoetrope::LinearDecay falling() const { return {.last_part = decay, .final_factor = 0}; }
};

} // namespace program
