/// @file
/// Both stages on networks of a few hundred parameters, for tests of what a trainer may be made of.
#pragma once

#include "unit/train/small_trainer.hpp"
#include "unit/train/tiny_networks.hpp"
#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope::test {

using TinyBalls = BouncingBalls<1, 8, 4>;
inline constexpr TinyBalls tiny_balls{.seed = 5, .films = 100};

template <class B = DefaultBackend>
using TinyFrameG = Generator<TinyFrame, B>;
template <class B = DefaultBackend>
using TinySequenceG = Generator<TinySequence, B>;
template <class B = DefaultBackend>
using TinyFrameD = ProjectedDiscriminatorEnsemble<2, TinyFrameProjection, TinyFrameDiscriminator, B>;
template <class B = DefaultBackend>
using TinySequenceD = ProjectedDiscriminatorEnsemble<2, TinyFilmProjection, TinyFilmDiscriminator, B>;

/// Four steps of frames with Adam, three of sequences with RMSprop, as SmallTrainer's.
template <class Schedule = ConstantRate>
TrainingSettings<Optimizer, Schedule> tiny_settings(const Schedule& schedule = {}) {
  const Settings small = small_settings();
  const auto stage = [&](const StageSettings<Optimizer>& from) {
    return StageSettings<Optimizer, Schedule>{.steps = from.steps,
                                              .batch_size = from.batch_size,
                                              .generator_optimizer = from.generator_optimizer,
                                              .discriminator_optimizer = from.discriminator_optimizer,
                                              .schedule = schedule};
  };
  return {.seed = small.seed, .frames = stage(small.frames), .sequences = stage(small.sequences)};
}

/// Both stages, or what is left of them. False where @p watch stopped one of them.
template <class Trainer, class Watching>
bool train_all(Trainer& trainer, Watching watch) {
  return (trainer.sequence_steps() > 0 || trainer.train_frames(tiny_balls, watch)) &&
         trainer.train_sequences(tiny_balls, watch);
}

inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

/// The vectors of a generator's learners.
struct Weights {
  std::vector<double> parameters, statistics;

  template <class G>
  static Weights of(G& generator) {
    Weights result;
    generator.visit_learners([&](const std::string&, auto& learner) {
      const auto& own = std::as_const(learner);
      result.parameters.insert(result.parameters.end(), own.parameters().data(),
                               own.parameters().data() + own.parameters().size());
      result.statistics.insert(result.statistics.end(), own.statistics().data(),
                               own.statistics().data() + own.statistics().size());
    });
    return result;
  }
  bool operator==(const Weights& other) const = default;
};

template <class G>
std::vector<double> parameters_of(G& generator) {
  return Weights::of(generator).parameters;
}

/// The bytes that save() writes.
template <class Trainer>
std::string state_of(Trainer& trainer) {
  const TemporaryFolder folder;
  trainer.save(folder / "state");
  return read_bytes(folder / "state");
}

/// Stopped after any of 7 steps, saved, loaded by a new trainer and gone on: the same bytes and losses.
template <class Trainer>
void check_resuming(const typename Trainer::Settings& settings) {
  const TemporaryFolder folder;
  Trainer straight(settings);
  Losses expected;
  REQUIRE(train_all(straight, std::ref(expected)));
  REQUIRE(expected.rows.size() == 7);
  const std::string end = state_of(straight);
  for (std::uint64_t stop = 1; stop <= 7; ++stop) {
    CAPTURE(stop);
    Losses losses{.stop_after = stop};
    {
      Trainer first(settings);
      CHECK(!train_all(first, std::ref(losses)));
      first.save(folder / "checkpoint");
    }
    Trainer second(settings);
    second.load(folder / "checkpoint");
    CHECK(train_all(second, std::ref(losses)));
    CHECK(losses.values == expected.values);
    CHECK((state_of(second) == end));
    CHECK(second.sample_films(1) == straight.sample_films(1));
  }
}

} // namespace zoetrope::test
