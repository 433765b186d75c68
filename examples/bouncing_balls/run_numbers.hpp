/// @file
/// Numbers that replace those of a preset or of a run that goes on.
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace bouncing_balls {

/// What is not given stays.
struct StageNumbers {
  std::optional<std::uint64_t> steps, epochs; ///< one of both: epochs are passes over the films
  std::optional<int> batch_size, discriminators;
  std::optional<std::string> optimizer;
  std::optional<double> generator_learning_rate, discriminator_learning_rate;
};

struct RunNumbers {
  std::optional<int> balls, width_divisor;
  std::optional<std::uint64_t> films, seed, checkpoint_every;
  std::optional<double> checkpoint_minutes;
  StageNumbers frames, sequences;
};

/// @p run with @p numbers instead of its own. Throws zoetrope::Error for a width that there is not.
Run with_numbers(Run run, const RunNumbers& numbers);

} // namespace bouncing_balls
