/// @file
/// What a training run is told: sizes, steps, optimizers and schedules of both stages.
#pragma once

#include "zoetrope/fwd.hpp"
#include "zoetrope/nn/optimizer.hpp"
#include "zoetrope/train/schedule.hpp"

#include <cstdint>

namespace zoetrope {

/// Settings of one stage. The paper's generators have batch norm, so they need batches of at least 2.
template <class Optimizer = DefaultOptimizer, LearningRateSchedule Schedule = DefaultSchedule>
struct StageSettings {
  std::uint64_t steps = 0;
  int batch_size = 64;
  int discriminators = 0; ///< K, where the ensemble leaves it to run time; otherwise 0 or the ensemble's own
  Optimizer generator_optimizer{};
  Optimizer discriminator_optimizer{};
  Schedule schedule{}; ///< of both optimizers' learning rates
  /// The share of itself that an average of the generator's weights keeps at each step, such as 0.999; 0: no average.
  double weight_average = 0;
  /// After each update discriminators' weights are scaled down to about this spectral norm where theirs is larger; 0:
  /// they may have any. Of FilmsAndFrames those of film discriminators alone. Meant for discriminators without batch
  /// norm, which undoes what it does; 1e-6 to 1e6.
  double spectral_norm = 0;
};

/// Whether @p norm is what StageSettings::spectral_norm may be.
constexpr bool is_bound_on_norms(double norm) { return norm == 0 || (norm >= 1e-6 && norm <= 1e6); }

/// Settings of a whole run; every random number of it comes from the seed.
template <class Optimizer = DefaultOptimizer, LearningRateSchedule Schedule = DefaultSchedule>
struct TrainingSettings {
  std::uint64_t seed = 10;
  StageSettings<Optimizer, Schedule> frames{};
  StageSettings<Optimizer, Schedule> sequences{};
  /// Whether G_F learns on in the sequence stage, as G_V does; the paper's is frozen. Not of the paper: films then move
  /// as G_V alone does not learn to, but only frames that somebody judges stay sharp (FilmsAndFrames).
  bool frames_learn_on = false;
};

/// The paper's numbers (section 4): 100,000 films, 50 epochs of batches of 64 frames with RMSprop at 3e-4, then 15
/// epochs of batches of 8 films at 2e-4.
inline TrainingSettings<RmsProp> paper_settings() {
  constexpr std::uint64_t films = 100'000;
  const RmsProp frame_optimizer{.learning_rate = 3e-4}, sequence_optimizer{.learning_rate = 2e-4};
  return {.seed = 10,
          .frames = {.steps = 50 * films / 64,
                     .batch_size = 64,
                     .generator_optimizer = frame_optimizer,
                     .discriminator_optimizer = frame_optimizer},
          .sequences = {.steps = 15 * films / 8,
                        .batch_size = 8,
                        .generator_optimizer = sequence_optimizer,
                        .discriminator_optimizer = sequence_optimizer}};
}

} // namespace zoetrope
