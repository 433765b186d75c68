// Learning rates that change on the way: which, from which step to which, and the same ones in a resumed run.

#include "unit/train/tiny_trainer.hpp"

#include <cmath>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

/// Half the learning rate from the first step on.
struct HalfRate {
  [[nodiscard]] double factor(std::uint64_t, std::uint64_t) const { return value; }
  static std::string description() { return "HalfRate"; }
  double value = 0.5;
};

template <class Schedule>
using ScheduledTrainer = TwoStageTrainer<TinyFrameG<>, TinySequenceG<>, TinyFrameD<>, TinySequenceD<>, SumObjective,
                                         test::Optimizer, NonSaturating, Schedule>;

Flow never_stop(const StepReport&) { return Flow::carry_on; }

template <class Schedule>
std::vector<float> films_after(const TrainingSettings<test::Optimizer, Schedule>& settings) {
  ScheduledTrainer<Schedule> trainer(settings);
  train_all(trainer, never_stop);
  auto films = trainer.sample_films(2);
  const auto frames = trainer.sample_frames(2);
  films.insert(films.end(), frames.begin(), frames.end());
  return films;
}

static_assert(LearningRateSchedule<ConstantRate> && LearningRateSchedule<LinearDecay>);
static_assert(!LearningRateSchedule<int> && !LearningRateSchedule<RmsProp>);

} // namespace

TEST_CASE("a linear decay begins in its last part and ends at its final factor") {
  const LinearDecay half;
  // Of 11 steps the sixth is the middle of the way.
  for (std::uint64_t step = 0; step <= 5; ++step) CHECK(half.factor(step, 11) == 1);
  for (std::uint64_t step = 5; step <= 10; ++step)
    CHECK(half.factor(step, 11) == doctest::Approx(static_cast<double>(10 - step) / 5));
  CHECK(half.factor(10, 11) == 0);
  const LinearDecay whole{.last_part = 1, .final_factor = 0.1};
  CHECK(whole.factor(0, 100) == 1);
  CHECK(whole.factor(99, 100) == 0.1);
  CHECK(whole.factor(33, 100) == doctest::Approx(1 - 0.9 / 3));
  // No step's factor is out of range by rounding.
  for (const double part : {0.1, 0.3, 0.7, 1.0 / 3})
    for (std::uint64_t step = 0, steps = 1000; step < steps; ++step) {
      const double factor = LinearDecay{.last_part = part}.factor(step, steps);
      REQUIRE((factor >= 0 && factor <= 1));
      if (step > 0) REQUIRE(factor <= LinearDecay{.last_part = part}.factor(step - 1, steps));
    }
  CHECK(half.factor(0, 1) == 1);
  CHECK(ConstantRate{}.factor(7, 9) == 1);
}

TEST_CASE("a schedule that cannot be is refused when the trainer is made") {
  const auto error = [](const LinearDecay& schedule) {
    return error_of([&] { ScheduledTrainer<LinearDecay> trainer(tiny_settings(schedule)); });
  };
  CHECK(error({}) == "");
  CHECK(error({.last_part = 0}) == "LinearDecay expected a last part above 0 and at most 1, got 0");
  CHECK(error({.last_part = 1.5}) == "LinearDecay expected a last part above 0 and at most 1, got 1.5");
  CHECK(error({.final_factor = -1}) == "LinearDecay expected a final factor from 0 to 1, got -1");
  CHECK(contains(error({.final_factor = NAN}), "LinearDecay expected a final factor from 0 to 1, got"));
  for (const double value : {-1.0, std::numeric_limits<double>::infinity()})
    CHECK(contains(error_of([&] { ScheduledTrainer<HalfRate> trainer(tiny_settings(HalfRate{value})); }),
                   "the frames stage, step 1: expected a schedule's factor to be a finite number of at least 0, got "));
}

TEST_CASE("half the rate by a schedule is half the rate, for Adam and for RMSprop") {
  auto halves = tiny_settings();
  for (auto* stage : {&halves.frames, &halves.sequences})
    for (auto* optimizer : {&stage->generator_optimizer, &stage->discriminator_optimizer})
      std::visit([](auto& chosen) { chosen.learning_rate /= 2; }, optimizer->chosen);
  const auto expected = films_after(halves);
  CHECK(films_after(tiny_settings(HalfRate{})) == expected);
  CHECK(films_after(tiny_settings()) != expected);
}

TEST_CASE("a decay to nothing leaves the last step without effect") {
  // Only the step before last decides: one step less gives the same parameters.
  auto settings = tiny_settings(LinearDecay{.last_part = 1});
  settings.frames.steps = 3;
  ScheduledTrainer<LinearDecay> all(settings), stopped(settings);
  all.train_frames(tiny_balls);
  Losses losses{.stop_after = 2};
  stopped.train_frames(tiny_balls, losses);
  const auto parameters = [](auto& trainer) {
    auto& buffer = trainer.frame_generator().network().parameters();
    return std::vector<float>(buffer.data(), buffer.data() + buffer.size());
  };
  CHECK(parameters(all) == parameters(stopped));
}

TEST_CASE("stopped in the middle of a decay and resumed: the same bytes") {
  check_resuming<ScheduledTrainer<LinearDecay>>(tiny_settings(LinearDecay{.last_part = 0.9, .final_factor = 0.25}));
}

TEST_CASE("a checkpoint of another schedule is refused, though its rates are the same so far") {
  const TemporaryFolder folder;
  ScheduledTrainer<LinearDecay> decaying(tiny_settings(LinearDecay{}));
  decaying.save(folder / "decaying");
  ScheduledTrainer<ConstantRate> constant(tiny_settings());
  CHECK(contains(error_of([&] { constant.load(folder / "decaying"); }),
                 "expected frames.schedule 'ConstantRate', but the checkpoint has 'LinearDecay, last part 0.5, final "
                 "factor 0'"));
  ScheduledTrainer<LinearDecay> other(tiny_settings(LinearDecay{.last_part = 0.25}));
  CHECK(contains(error_of([&] { other.load(folder / "decaying"); }),
                 "expected frames.schedule 'LinearDecay, last part 0.25, final factor 0', but"));
}
