// Trains both stages on tiny networks, in a function called by the name that this file is compiled with.

#include "results.hpp"
#include "unit/train/tiny_networks.hpp"

#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/train/trainer.hpp"

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// Every bit of @p values.
template <class Values>
std::string text_of(const Values& values) {
  Checksum sum;
  sum.add(std::as_bytes(std::span(values)));
  return sum.text();
}

template <class B, class Objective, class Schedule>
std::string trained(const Objective& objective, const Schedule& schedule) {
  using Trainer = TwoStageTrainer<Generator<TinyFrame, B>, Generator<TinySequence, B>,
                                  ProjectedDiscriminatorEnsemble<3, TinyFrameProjection, TinyFrameDiscriminator, B>,
                                  ProjectedDiscriminatorEnsemble<3, TinyFilmProjection, TinyFilmDiscriminator, B>,
                                  Objective, Adam, NonSaturating, Schedule>;
  const StageSettings<Adam, Schedule> stage{.steps = 20, .batch_size = 5, .schedule = schedule, .spectral_norm = 0.1};
  Trainer trainer({.seed = 3, .frames = stage, .sequences = stage}, objective);
  std::vector<double> losses;
  const auto note = [&](const StepReport& report) {
    losses.insert(losses.end(), report.discriminator_losses.begin(), report.discriminator_losses.end());
    losses.insert(losses.end(), report.generator_losses.begin(), report.generator_losses.end());
    return Flow::carry_on;
  };
  constexpr BouncingBalls<2, 8, 4> balls{.seed = 5, .films = 100};
  trainer.train_frames(balls, note);
  trainer.train_sequences(balls, note);
  return std::string(B::description()) + ": losses " + text_of(losses) + ", films " +
         text_of(trainer.sample_films(70)) + "\n";
}

} // namespace

std::string ZOETROPE_TEST_UNIT() {
  return trained<backend::Eigen<float>>(SumObjective{}, ConstantRate{}) +
         trained<backend::Eigen<double>>(HypervolumeObjective{.nadir_factor = 1.7}, LinearDecay{.last_part = 0.7});
}
