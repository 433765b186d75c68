/// @file
/// Numbers that replace those of a preset or of a run that goes on.
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace program {

/// What is not given stays.
struct StageNumbers {
  std::optional<std::uint64_t> steps, epochs; ///< one of both: epochs are passes over the films
  std::optional<int> batch_size, discriminators;
  std::optional<std::string> optimizer;
  std::optional<double> generator_learning_rate, discriminator_learning_rate, learning_rate_decay, weight_average,
      spectral_norm;
};

struct FilesNumbers {
  std::optional<std::filesystem::path> path;
  std::optional<std::string> crop, axes, dataset;
  std::optional<int> stride;
  std::optional<double> frames_per_second;
  std::vector<double> range;
  bool mirrored = false, skip_bad = false;
};

struct RunNumbers {
  std::optional<int> balls, width_divisor;
  FilesNumbers files;
  std::optional<std::uint64_t> films, seed, checkpoint_every;
  std::optional<double> checkpoint_minutes;
  std::optional<std::string> networks; ///< a variant's name
  std::optional<bool> frames_learn_on;
  StageNumbers frames, sequences;
};

/// @p run with the data of @p numbers instead of its own.
Run with_data(Run run, const RunNumbers& numbers);

/// @p run with @p numbers instead of its own. Throws zoetrope::Error for a width that there is not.
Run with_numbers(Run run, const RunNumbers& numbers);

} // namespace program
