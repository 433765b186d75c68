// The same settings give the same bytes: on any number of threads, stopped and resumed or not.

#include "unit/train/small_trainer.hpp"

#include "support/thread_setting.hpp"

#include <stdexcept>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// A whole run: its state after each stage, its losses and what it draws.
struct Outcome {
  std::string after_frames, after_sequences;
  Losses losses;
  std::vector<float> films, frames;
  bool operator==(const Outcome& other) const {
    return after_frames == other.after_frames && after_sequences == other.after_sequences &&
           losses.rows == other.losses.rows && losses.values == other.losses.values && films == other.films &&
           frames == other.frames;
  }
};

Outcome whole_run() {
  Outcome outcome;
  SmallTrainer trainer;
  CHECK(trainer.train_frames({}, std::ref(outcome.losses)));
  outcome.after_frames = trainer.state();
  CHECK(trainer.train_sequences({}, std::ref(outcome.losses)));
  outcome.after_sequences = trainer.state();
  outcome.films = trainer.sample(2);
  outcome.frames = trainer.sample_frames(3);
  return outcome;
}

} // namespace

TEST_CASE("one thread, two and five give the same bytes in both stages") {
  const auto run_on = [](int threads) {
    const support::ThreadSetting setting;
    set_thread_count(threads);
    return whole_run();
  };
  const Outcome one = run_on(1);
  CHECK(one.losses.rows == std::vector<std::string>{"frames 1", "frames 2", "frames 3", "frames 4", "sequences 1",
                                                    "sequences 2", "sequences 3"});
  CHECK(one.losses.values.size() == 7 * 4);
  CHECK((run_on(2) == one));
  CHECK((run_on(5) == one));
}

TEST_CASE("another seed gives other bytes") {
  auto settings = small_settings();
  settings.frames.steps = 1;
  SmallTrainer one(settings);
  settings.seed = 11;
  SmallTrainer other(settings);
  one.train_frames();
  other.train_frames();
  CHECK(one.frame_generator_parameters() != other.frame_generator_parameters());
  CHECK(one.sample_frames(1) != other.sample_frames(1));
}

TEST_CASE("stopped after any step, saved, loaded by a new trainer and gone on: the same bytes and losses") {
  const TemporaryFolder folder;
  SmallTrainer straight;
  Losses expected;
  REQUIRE(straight.train(std::ref(expected)));
  const std::string end = straight.state();

  for (std::uint64_t stop = 1; stop <= 7; ++stop) {
    CAPTURE(stop);
    Losses losses{.stop_after = stop};
    {
      SmallTrainer first;
      CHECK(!first.train(std::ref(losses)));
      CHECK(first.frame_steps() == std::min<std::uint64_t>(stop, 4));
      CHECK(first.sequence_steps() == (stop > 4 ? stop - 4 : 0));
      first.save(folder / "checkpoint", {{"from", "a test"}});
    }
    SmallTrainer second;
    second.load(folder / "checkpoint");
    CHECK(second.frame_steps() == std::min<std::uint64_t>(stop, 4));
    CHECK(second.sequence_steps() == (stop > 4 ? stop - 4 : 0));
    CHECK(second.train(std::ref(losses)));
    CHECK(losses.rows == expected.rows);
    CHECK(losses.values == expected.values);
    CHECK((second.state() == end));
  }
}

TEST_CASE("stopped and saved after every step, loaded by a new trainer each time") {
  const TemporaryFolder folder;
  SmallTrainer straight;
  straight.train();
  bool done = false;
  for (int part = 0; !done; ++part) {
    REQUIRE(part < 9);
    SmallTrainer trainer;
    if (part > 0) trainer.load(folder / "checkpoint");
    Losses losses{.stop_after = 1};
    done = trainer.train(std::ref(losses));
    trainer.save(folder / "checkpoint");
  }
  CHECK((read_bytes(folder / "checkpoint") == straight.state()));
}

TEST_CASE("a trainer that has gone on goes back to what it saved") {
  const TemporaryFolder folder;
  SmallTrainer trainer;
  trainer.train_frames({}, [&](const StepReport& report) {
    if (report.step == 2) trainer.save(folder / "frames");
    return Flow::carry_on;
  });
  const std::string after_frames = trainer.state();
  trainer.load(folder / "frames");
  CHECK(trainer.frame_steps() == 2);
  trainer.train_frames();
  CHECK((trainer.state() == after_frames));

  trainer.train_sequences({}, [&](const StepReport& report) {
    if (report.step == 2) trainer.save(folder / "sequences");
    return Flow::carry_on;
  });
  const std::string end = trainer.state();
  trainer.load(folder / "sequences");
  CHECK(trainer.sequence_steps() == 2);
  trainer.train_sequences();
  CHECK((trainer.state() == end));

  // From the midst of the frame stage into the sequence stage.
  SmallTrainer other;
  Losses losses{.stop_after = 1};
  other.train_frames({}, std::ref(losses));
  other.load(folder / "sequences");
  CHECK(other.frame_steps() == 4);
  CHECK(other.sequence_steps() == 2);
  other.train_sequences();
  CHECK((other.state() == end));
}

TEST_CASE("more steps than at first go on where a run ended") {
  const TemporaryFolder folder;
  auto settings = small_settings();
  SmallTrainer longer(settings);
  longer.train_frames();
  settings.frames.steps = 2;
  SmallTrainer shorter(settings);
  CHECK(shorter.train_frames());
  shorter.save(folder / "checkpoint");
  SmallTrainer trainer;
  trainer.load(folder / "checkpoint");
  trainer.train_frames();
  CHECK((trainer.state() == longer.state()));
}

TEST_CASE("an exception of the data set reaches the caller, and training can go on") {
  SmallTrainer straight;
  straight.train();
  const std::string end = straight.state();

  struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  for (const int threads : {1, 2}) {
    const support::ThreadSetting setting;
    set_thread_count(threads);
    SmallTrainer trainer;
    SmallData broken;
    const auto break_down = [&](const StepReport& report) {
      if (report.step == 2) broken.change = [](std::uint64_t, std::span<float>) { throw Broken("the disk is gone"); };
      return Flow::carry_on;
    };
    CHECK_THROWS_WITH_AS(trainer.train_frames(broken, break_down), "the disk is gone", Broken);
    CHECK(trainer.frame_steps() == 2);
    broken.change = nullptr;
    trainer.train_frames();
    CHECK_THROWS_WITH_AS(trainer.train_sequences(broken, break_down), "the disk is gone", Broken);
    CHECK(trainer.sequence_steps() == 2);
    trainer.train_sequences();
    CHECK((trainer.state() == end));
  }
}

TEST_CASE("an exception of an observer reaches the caller") {
  SmallTrainer trainer;
  CHECK_THROWS_WITH_AS(trainer.train_frames({}, [](const StepReport&) -> Flow { throw std::runtime_error("no more"); }),
                       "no more", std::runtime_error);
  CHECK(trainer.frame_steps() == 1);
}

TEST_CASE("the frame generator is frozen in the sequence stage") {
  SmallTrainer trainer;
  trainer.train_frames();
  const auto parameters = trainer.frame_generator_parameters();
  const auto statistics = trainer.frame_generator_statistics();
  const std::vector<float> no_gradients(parameters.size(), 0.0F);
  CHECK((trainer.frame_generator_gradients() != no_gradients));
  const auto frames = trainer.sample_frames(2);
  const auto films = trainer.sample(1);
  CHECK(trainer.train_sequences({}, [&](const StepReport&) {
    CHECK((trainer.frame_generator_parameters() == parameters));
    CHECK((trainer.frame_generator_statistics() == statistics));
    CHECK((trainer.frame_generator_gradients() == no_gradients));
    return Flow::carry_on;
  }));
  CHECK((trainer.sample_frames(2) == frames));
  CHECK((trainer.sample(1) != films));
}
