// Stage two with a frame generator that learns on: its averages, and its way through checkpoints.

#include "support/thread_setting.hpp"
#include "unit/train/tiny_trainer.hpp"
#include "unit/train/two_generators.hpp"
#include "zoetrope/gan/films_and_frames.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

using JudgesOfBoth = FilmsAndFrames<TinySequenceD<>, TinyFrameD<>>;
template <class FrameG = TinyFrameG<>>
using LearningTrainer =
    TwoStageTrainer<FrameG, TinySequenceG<>, TinyFrameD<>, JudgesOfBoth, SumObjective, test::Optimizer>;

LearningTrainer<>::Settings learning_settings(bool learning = true) {
  auto settings = tiny_settings();
  settings.frames_learn_on = learning;
  settings.sequences.weight_average = 0.5;
  settings.sequences.spectral_norm = 0.08;
  return settings;
}

/// A frame generator as zoetrope asked for before it could learn on.
struct OneGradient : TinyFrameG<> {
  using TinyFrameG<>::TinyFrameG;
  void backward_to_parameters_and_latents(int batch) = delete;
};
static_assert(SampleGenerator<OneGradient> && !detail::TakesGradientsInFilms<OneGradient>);

} // namespace

TEST_CASE("the frame generator learns on only where it is told to") {
  for (const bool learning : {true, false}) {
    CAPTURE(learning);
    LearningTrainer<> trainer(learning_settings(learning));
    trainer.train_frames(tiny_balls);
    const auto before = parameters_of(trainer.frame_generator());
    trainer.train_sequences(tiny_balls);
    CHECK((parameters_of(trainer.frame_generator()) != before) == learning);
  }
}

TEST_CASE("beside each real film stands another one of the data set's frames, none of those that the frame stage saw") {
  using Film = LearningTrainer<>::Film;
  struct Noting {
    using Film = LearningTrainer<>::Film;
    std::vector<std::pair<std::uint64_t, int>>& frames;
    [[nodiscard]] static std::uint64_t size() { return 1'000'000; }
    [[nodiscard]] static std::string description() { return "noting"; }
    static void film(std::uint64_t, std::span<float> out) {
      CHECK(std::ssize(out) == Film::size);
      std::ranges::fill(out, 0.5F);
    }
    void frame(std::uint64_t index, int time, std::span<float> out) const {
      CHECK(std::ssize(out) == FrameOf<Film>::size);
      frames.emplace_back(index, time);
      std::ranges::fill(out, -0.5F);
    }
  };
  const support::ThreadSetting before;
  set_thread_count(1); // frames are noted from one thread
  std::vector<std::pair<std::uint64_t, int>> frames;
  LearningTrainer<> trainer(learning_settings());
  trainer.train_frames(Noting{frames});
  const auto of_first_stage = frames.size();
  trainer.train_sequences(Noting{frames});
  const auto& settings = trainer.settings().sequences;
  CHECK(frames.size() - of_first_stage == settings.steps * static_cast<std::uint64_t>(settings.batch_size));
  std::set<std::uint64_t> films;
  std::set<int> times;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    films.insert(frames[i].first);
    if (i >= of_first_stage) times.insert(frames[i].second);
  }
  CHECK(films.size() == frames.size());
  CHECK(*times.begin() == 0);
  CHECK(*times.rbegin() == film_length<Film> - 1);
}

TEST_CASE_TEMPLATE("films are drawn by the average of both generators where both learn", FrameG, TinyFrameG<>,
                   TwoGenerators<TinyFrameG<>>) {
  LearningTrainer<FrameG> trainer(learning_settings());
  trainer.train_frames(tiny_balls);
  std::vector<double> average;
  trainer.train_sequences(tiny_balls, [&](const StepReport& report) {
    // Shares of 1/2, 1/4 and so on of the steps from the last one on, over their sum.
    const auto now = parameters_of(trainer.frame_generator());
    if (average.empty()) average.resize(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) average[i] = 0.5 * (average[i] + now[i]);
    auto found = parameters_of(trainer.averaged_frame_generator());
    for (double& value : found) value *= 1 - std::pow(0.5, static_cast<double>(report.step));
    CHECK(largest_difference(found, average) < 1e-6);
    return Flow::carry_on;
  });
  CHECK(&trainer.averaged_frame_generator() != &trainer.frame_generator());
  CHECK(trainer.sample_films(1) == sample_films(trainer.averaged_sequence_generator(),
                                                trainer.averaged_frame_generator(), 1, trainer.settings().seed));
  CHECK(trainer.sample_films(1) !=
        sample_films(trainer.averaged_sequence_generator(), trainer.frame_generator(), 1, trainer.settings().seed));
}

TEST_CASE("where the frame generator learns on, stopped, saved and gone on after any step: the same bytes") {
  check_resuming<LearningTrainer<>>(learning_settings());
  check_resuming<LearningTrainer<TwoGenerators<TinyFrameG<>>>>(learning_settings());
}

TEST_CASE("a run whose frame generator learns on is not taken for one whose does not, nor the other way round") {
  const TemporaryFolder folder;
  for (const bool learning : {true, false}) {
    CAPTURE(learning);
    LearningTrainer<> first(learning_settings(learning));
    train_all(first, Losses{});
    first.save(folder / "checkpoint");
    LearningTrainer<> second(learning_settings(!learning));
    const std::string error = error_of([&] { second.load(folder / "checkpoint"); });
    CAPTURE(error);
    CHECK(contains(error, learning ? "expected no sequences.frames_learn_on, but the checkpoint has 'yes'"
                                   : "expected sequences.frames_learn_on 'yes', but the checkpoint has none"));
    CHECK(second.sequence_steps() == 0);
  }
}

TEST_CASE("a run may decide between the stages whether its frame generator learns on") {
  const TemporaryFolder folder;
  LearningTrainer<> first(learning_settings(false));
  first.train_frames(tiny_balls);
  first.save(folder / "checkpoint");
  LearningTrainer<> second(learning_settings(true));
  second.load(folder / "checkpoint");
  CHECK(second.train_sequences(tiny_balls));
}

TEST_CASE("a frame generator that cannot pass both gradients on is refused where it is to learn on") {
  LearningTrainer<OneGradient> trainer(learning_settings());
  trainer.train_frames(tiny_balls);
  CHECK(error_of([&] { trainer.train_sequences(tiny_balls); }) ==
        "the frame generator 'TinyFrame' cannot learn in films: it has no backward_to_parameters_and_latents()");
}
