// Averages of a generator's weights over the steps of a stage: what they are, what draws with them, and their way
// through checkpoints.

#include "unit/train/tiny_trainer.hpp"
#include "unit/train/two_generators.hpp"
#include "zoetrope/gan/generator_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

template <class FrameG, class SequenceG = TinySequenceG<>>
using AveragingTrainer =
    TwoStageTrainer<FrameG, SequenceG, TinyFrameD<>, TinySequenceD<>, SumObjective, test::Optimizer>;
using Averaging = AveragingTrainer<TinyFrameG<>>;

constexpr double frame_share = 0.75, sequence_share = 0.5;

Averaging::Settings averaging_settings(double frames = frame_share, double sequences = sequence_share) {
  auto settings = tiny_settings();
  settings.frames.weight_average = frames;
  settings.sequences.weight_average = sequences;
  return settings;
}

/// The average of @p values, one vector a step, as its definition says: shares that add up to 1, of which the last
/// step's is the largest.
std::vector<double> average_by_hand(const std::vector<std::vector<double>>& values, double keep) {
  std::vector<double> result(values.front().size());
  double shares = 0;
  for (std::size_t step = 0; step < values.size(); ++step) {
    const double share = std::pow(keep, static_cast<double>(values.size() - 1 - step));
    shares += share;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += share * values[step][i];
  }
  for (double& value : result) value /= shares;
  return result;
}

/// The weights after each step, and what is expected of their average then.
class ByHand {
public:
  explicit ByHand(double keep) : keep_(keep) {}

  template <class G>
  void check(G& learning, G& averaged) {
    CHECK(&learning != &averaged);
    const Weights now = Weights::of(learning), found = Weights::of(averaged);
    parameters_.push_back(now.parameters);
    statistics_.push_back(now.statistics);
    CHECK(largest_difference(found.parameters, average_by_hand(parameters_, keep_)) < 1e-6);
    // The number of batches is no average.
    auto statistics = average_by_hand(statistics_, keep_);
    for (const std::size_t at : counts_of(learning)) {
      CHECK(now.statistics[at] >= 1);
      CHECK(now.statistics[at] == std::floor(now.statistics[at]));
      statistics[at] = now.statistics[at];
    }
    CHECK(largest_difference(found.statistics, statistics) < 1e-6);
    if (parameters_.size() < 2) return;
    // What is compared differs, or any vector would do.
    CHECK(largest_difference(found.parameters, now.parameters) > 1e-4);
    CHECK(largest_difference(found.statistics, now.statistics) > 1e-4);
  }
  [[nodiscard]] std::size_t steps() const { return parameters_.size(); }

private:
  template <class G>
  static std::vector<std::size_t> counts_of(G& generator) {
    std::vector<std::size_t> counts;
    std::size_t first = 0;
    generator.visit_learners([&](const std::string&, auto& learner) {
      for (const auto& located : learner.located_statistics())
        if (located.info.shape.empty()) counts.push_back(first + static_cast<std::size_t>(located.offset));
      first += learner.statistics().size();
    });
    CHECK(!counts.empty());
    return counts;
  }

  double keep_;
  std::vector<std::vector<double>> parameters_, statistics_;
};

/// A checkpoint of @p settings after @p steps of both stages' 7.
void save_after(const Averaging::Settings& settings, std::uint64_t steps, const std::filesystem::path& path) {
  Averaging trainer(settings);
  Losses losses{.stop_after = steps};
  train_all(trainer, std::ref(losses));
  trainer.save(path);
}

} // namespace

TEST_CASE("averages of parameters and running statistics are those computed by hand, in both stages") {
  Averaging trainer(averaging_settings());
  ByHand frames(frame_share), sequences(sequence_share);
  trainer.train_frames(tiny_balls, [&](const StepReport&) {
    frames.check(trainer.frame_generator(), trainer.averaged_frame_generator());
    CHECK(&trainer.averaged_sequence_generator() == &trainer.sequence_generator());
    return Flow::carry_on;
  });
  trainer.train_sequences(tiny_balls, [&](const StepReport&) {
    sequences.check(trainer.sequence_generator(), trainer.averaged_sequence_generator());
    CHECK(&trainer.averaged_frame_generator() == &trainer.frame_generator());
    return Flow::carry_on;
  });
  CHECK(frames.steps() == 4);
  CHECK(sequences.steps() == 3);
}

TEST_CASE("an average of hundreds of steps keeps no trace of its beginning at zero") {
  DefaultBackend backend;
  TinyFrameG<> generator, other;
  generator.initialize(1, Stream::user);
  for (const double keep : {0.9, 0.999, 0.99999}) {
    detail::WeightAverage<DefaultBackend> average(backend, generator, keep);
    CHECK(!average.has_values());
    for (int step = 0; step < 500; ++step) average.update(backend);
    CHECK(average.updates() == 500);
    average.copy_to(backend, other);
    // Of weights that stay as they are.
    CHECK(largest_difference(Weights::of(other).parameters, Weights::of(generator).parameters) < 1e-5);
    CHECK(largest_difference(Weights::of(other).statistics, Weights::of(generator).statistics) < 1e-5);
  }
}

TEST_CASE("the average of one step is its weights, and before it there is none") {
  auto settings = averaging_settings();
  settings.frames.steps = 1;
  Averaging trainer(settings);
  CHECK(&trainer.averaged_frame_generator() == &trainer.frame_generator());
  (void)state_of(trainer); // which begins the stage
  CHECK(&trainer.averaged_frame_generator() == &trainer.frame_generator());
  trainer.train_frames(tiny_balls);
  const Weights now = Weights::of(trainer.frame_generator()), average = Weights::of(trainer.averaged_frame_generator());
  CHECK(largest_difference(now.parameters, average.parameters) < 1e-6);
  CHECK(largest_difference(now.statistics, average.statistics) < 1e-6);
}

TEST_CASE("what is drawn is drawn with averages") {
  Averaging trainer(averaging_settings());
  trainer.train_frames(tiny_balls);
  CHECK(trainer.sample_frames(2) == sample_frames(trainer.averaged_frame_generator(), 2, trainer.settings().seed));
  CHECK(trainer.sample_frames(2) != sample_frames(trainer.frame_generator(), 2, trainer.settings().seed));
  CHECK(trainer.sample_films(2) ==
        sample_films(trainer.sequence_generator(), trainer.averaged_frame_generator(), 2, trainer.settings().seed));
  trainer.train_sequences(tiny_balls);
  CHECK(trainer.sample_latents(2) == sample_latents(trainer.averaged_sequence_generator(), 2, trainer.settings().seed));
  CHECK(trainer.sample_latents(2) != sample_latents(trainer.sequence_generator(), 2, trainer.settings().seed));
  CHECK(trainer.sample_films(2) ==
        sample_films(trainer.averaged_sequence_generator(), trainer.frame_generator(), 2, trainer.settings().seed));
  CHECK(trainer.sample_films(2) !=
        sample_films(trainer.sequence_generator(), trainer.frame_generator(), 2, trainer.settings().seed));
}

TEST_CASE("averages change no step of their stage, and asking for them changes nothing") {
  Averaging plain(tiny_settings()), averaging(averaging_settings());
  Losses losses, of_averaging;
  plain.train_frames(tiny_balls, std::ref(losses));
  averaging.train_frames(tiny_balls, [&](const StepReport& report) {
    const std::string before = state_of(averaging);
    (void)averaging.averaged_frame_generator();
    CHECK((state_of(averaging) == before));
    return of_averaging(report);
  });
  CHECK(losses.values == of_averaging.values);
  CHECK((Weights::of(plain.frame_generator()) == Weights::of(averaging.frame_generator())));
}

TEST_CASE("the sequence stage takes the frame stage's average and leaves it as it is") {
  Averaging trainer(averaging_settings());
  trainer.train_frames(tiny_balls);
  const Weights learning = Weights::of(trainer.frame_generator()),
                average = Weights::of(trainer.averaged_frame_generator());
  const auto frames = trainer.sample_frames(2);
  trainer.begin_sequences();
  CHECK((Weights::of(trainer.frame_generator()) == average));
  CHECK(!(learning == average));
  trainer.train_sequences(tiny_balls);
  CHECK((Weights::of(trainer.frame_generator()) == average));
  CHECK(trainer.sample_frames(2) == frames);
}

TEST_CASE("a given frame generator is no average") {
  const TemporaryFolder folder;
  Averaging trainer(averaging_settings()), other(averaging_settings());
  trainer.train_frames(tiny_balls);
  save_generator(folder / "average", trainer.averaged_frame_generator());
  (void)state_of(other);
  other.begin_sequences_from(folder / "average");
  CHECK((Weights::of(other.frame_generator()) == Weights::of(trainer.averaged_frame_generator())));
  CHECK(other.sample_frames(2) == trainer.sample_frames(2));
}

TEST_CASE("runs with averages resume to the same bytes, whichever stage keeps them") {
  check_resuming<Averaging>(averaging_settings());
  check_resuming<Averaging>(averaging_settings(0, sequence_share));
  check_resuming<Averaging>(averaging_settings(frame_share, 0));
}

TEST_CASE("a generator made of two is averaged and resumes, with what it has beside its learners") {
  using Pair = TwoGenerators<TinyFrameG<>>;
  static_assert(SampleGenerator<Pair>);
  using Trainer = AveragingTrainer<Pair, TwoGenerators<TinySequenceG<>>>;
  check_resuming<Trainer>(averaging_settings());
  Trainer trainer(averaging_settings());
  ByHand frames(frame_share), sequences(sequence_share);
  trainer.train_frames(tiny_balls, [&](const StepReport&) {
    frames.check(trainer.frame_generator(), trainer.averaged_frame_generator());
    return Flow::carry_on;
  });
  const auto drawn = trainer.sample_frames(2);
  trainer.begin_sequences();
  CHECK(trainer.sample_frames(2) == drawn);
  trainer.train_sequences(tiny_balls, [&](const StepReport&) {
    sequences.check(trainer.sequence_generator(), trainer.averaged_sequence_generator());
    return Flow::carry_on;
  });
  CHECK(frames.steps() + sequences.steps() == 7);
}

TEST_CASE("checkpoints with averages and without do not go together, and say so") {
  const TemporaryFolder folder;
  const std::string key_of_frames = "frames.weight_average", key_of_sequences = "sequences.weight_average";
  for (const std::uint64_t steps : {2, 6}) {
    CAPTURE(steps);
    const std::string key = steps > 4 ? key_of_sequences : key_of_frames;
    const auto with = averaging_settings(0.75, 0.75), without = averaging_settings(0, 0),
               another = averaging_settings(0.5, 0.5);
    const auto refused = [&](const Averaging::Settings& saved, const Averaging::Settings& loading) {
      save_after(saved, steps, folder / "checkpoint");
      std::string text;
      for (const std::uint64_t done : {0, 1}) {
        Averaging trainer(loading);
        Losses losses{.stop_after = done};
        if (done > 0) train_all(trainer, std::ref(losses));
        const std::string before = state_of(trainer);
        text = error_of([&] { trainer.load(folder / "checkpoint"); });
        CHECK((state_of(trainer) == before));
        CHECK(trainer.frame_steps() == done);
      }
      return text.substr(text.find(": ") + 2);
    };
    CHECK(refused(without, with) == "expected " + key + " '0.75', but the checkpoint has none");
    CHECK(refused(with, without) == "expected no " + key + ", but the checkpoint has '0.75'");
    CHECK(refused(another, with) == "expected " + key + " '0.75', but the checkpoint has '0.5'");
  }

  // The stage that is over, and one that has not begun, may be anything.
  save_after(averaging_settings(0.75, 0.5), 2, folder / "frames");
  save_after(averaging_settings(0.75, 0.5), 6, folder / "sequences");
  Averaging trainer(averaging_settings(0.75, 0));
  CHECK_NOTHROW(trainer.load(folder / "frames"));
  Averaging later(averaging_settings(0, 0.5));
  CHECK_NOTHROW(later.load(folder / "sequences"));
}

TEST_CASE("an old checkpoint into a trainer with averages is refused for what it lacks") {
  const TemporaryFolder folder;
  save_after(tiny_settings(), 2, folder / "new");
  edit_file(folder / "new", folder / "old", {.metadata = {{"zoetrope.checkpoint", "1"}}});
  Averaging trainer(averaging_settings());
  CHECK(contains(error_of([&] { trainer.load(folder / "old"); }),
                 "expected frames.weight_average '0.75', but the checkpoint has none"));
}

TEST_CASE("a checkpoint has averages where they are kept, and nothing of them elsewhere") {
  const TemporaryFolder folder;
  const auto names = [&](double frames, double sequences, std::uint64_t steps) {
    save_after(averaging_settings(frames, sequences), steps, folder / "checkpoint");
    const SafetensorsFile file(folder / "checkpoint");
    std::vector<std::string> found;
    for (const auto& [key, value] : file.metadata())
      if (contains(key, "average") && !contains(key, "optimizer")) found.push_back(key + " " + value);
    for (const auto& name : file.names())
      if (contains(name, "average") && !contains(name, "optimizer")) found.push_back(name);
    std::sort(found.begin(), found.end());
    return found;
  };
  using Names = std::vector<std::string>;
  CHECK(names(0, 0, 2) == Names{});
  CHECK(names(0, 0, 6) == Names{});
  CHECK(names(0, 0.5, 2) == Names{});
  CHECK(names(0.75, 0, 6) == Names{});
  CHECK(names(0.75, 0.5, 2) == Names{"frames.weight_average 0.75", "frames.weight_average.parameters",
                                     "frames.weight_average.statistics", "frames.weight_average.updates 2"});
  CHECK(names(0.75, 0.5, 6) == Names{"sequences.weight_average 0.5", "sequences.weight_average.parameters",
                                     "sequences.weight_average.statistics", "sequences.weight_average.updates 2"});
}

TEST_CASE("an average that is none is refused in a sentence") {
  for (const bool of_frames : {true, false}) {
    for (const auto& [share, text] : {std::tuple(1.0, "1"), std::tuple(-0.1, "-0.1"), std::tuple(1.5, "1.5"),
                                      std::tuple(std::numeric_limits<double>::quiet_NaN(), "nan"),
                                      std::tuple(std::numeric_limits<double>::infinity(), "inf")}) {
      const auto settings = of_frames ? averaging_settings(share, 0) : averaging_settings(0, share);
      CHECK(error_of([&] { Averaging trainer(settings); }) ==
            std::string("the ") + (of_frames ? "frames" : "sequences") +
                " stage expected an average of weights that keeps a share of at least 0 and below 1 of itself, got " +
                text);
    }
  }
}
