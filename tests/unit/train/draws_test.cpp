// What the trainer gives to its stages: which frames and films, and which latents, at which step.

#include "unit/train/tiny_networks.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/train/trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <set>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

constexpr int film_count = 50, length = 4, batch = 8;
constexpr std::uint64_t frame_steps = 200, sequence_steps = 100;

/// Each sample begins with the number of its film and, as a single frame, its time: read them with film_of(),
/// time_of().
struct LabelledData {
  using Film = Shape<1, length, 8, 8>;
  mutable std::atomic<int> films_read = 0, frames_read = 0;

  [[nodiscard]] std::uint64_t size() const { return film_count; }
  static std::string description() { return "LabelledData"; }
  void film(std::uint64_t index, std::span<float> out) const {
    ++films_read;
    write(index, 0, out);
  }
  void frame(std::uint64_t index, int time, std::span<float> out) const {
    ++frames_read;
    write(index, time, out);
  }

private:
  static void write(std::uint64_t index, int time, std::span<float> out) {
    std::fill(out.begin(), out.end(), 0.0F);
    out[0] = static_cast<float>(index) / film_count;
    out[1] = static_cast<float>(time) / length;
  }
};
std::size_t film_of(std::span<const float> sample) { return std::lround(sample[0] * film_count); }
std::size_t time_of(std::span<const float> sample) { return std::lround(sample[1] * length); }

/// Keeps all that a stage takes in.
struct RecordingBackend : backend::Eigen<float> {
  std::vector<std::vector<float>> imports;

  void import_samples(int count, std::ptrdiff_t positions, int channels, const float* from, float* to) {
    imports.emplace_back(from, from + count * positions * channels);
    backend::Eigen<float>::import_samples(count, positions, channels, from, to);
  }
};

using RecordedTrainer =
    TwoStageTrainer<Generator<TinyFrame, RecordingBackend>, Generator<TinySequence, RecordingBackend>,
                    ProjectedDiscriminatorEnsemble<1, TinyFrameProjection, TinyFrameDiscriminator, RecordingBackend>,
                    ProjectedDiscriminatorEnsemble<1, TinyFilmProjection, TinyFilmDiscriminator, RecordingBackend>>;

/// The batches that one step took in.
struct RecordedStep {
  std::vector<float> real;
  std::vector<std::vector<float>> latents;
};

/// A run of both stages, recorded by an observer after every step.
struct Run {
  std::vector<RecordedStep> frames, sequences;
  int frames_read_by_frames, films_read_by_frames, frames_read_by_sequences, films_read_by_sequences;

  explicit Run(std::uint64_t seed) {
    const auto backend = std::make_shared<RecordingBackend>();
    const RmsProp optimizer{.learning_rate = 1e-4};
    RecordedTrainer trainer({.seed = seed,
                             .frames = {frame_steps, batch, 0, optimizer, optimizer},
                             .sequences = {sequence_steps, batch, 0, optimizer, optimizer}},
                            {}, {}, backend);
    const auto record_into = [&](std::vector<RecordedStep>& steps) {
      return [&](const StepReport&) {
        auto& imports = backend->imports;
        steps.push_back({imports.at(0), {imports.begin() + 1, imports.end()}});
        imports.clear();
        return Flow::carry_on;
      };
    };
    const LabelledData data;
    CHECK(trainer.train_frames(data, record_into(frames)));
    frames_read_by_frames = data.frames_read.exchange(0);
    films_read_by_frames = data.films_read.exchange(0);
    CHECK(trainer.train_sequences(data, record_into(sequences)));
    frames_read_by_sequences = data.frames_read;
    films_read_by_sequences = data.films_read;
  }
};

const Run& run_of_seed_10() {
  static const Run run(10);
  return run;
}

/// The samples of all steps, one by one.
std::vector<std::span<const float>> samples_of(const std::vector<RecordedStep>& steps) {
  std::vector<std::span<const float>> samples;
  for (const auto& step : steps)
    for (std::size_t i = 0; i < batch; ++i)
      samples.push_back(std::span(step.real).subspan(i * step.real.size() / batch, step.real.size() / batch));
  return samples;
}

/// Whether draws that occur so often may be uniform: Pearson's statistic within five of its standard deviations.
bool uniform(const std::vector<int>& counts) {
  const double freedom = static_cast<double>(counts.size()) - 1;
  const double expected = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double statistic = 0;
  for (const int count : counts) statistic += (count - expected) * (count - expected) / expected;
  return std::abs(statistic - freedom) < 5 * std::sqrt(2 * freedom);
}

} // namespace

TEST_CASE("the frame stage reads single frames, the sequence stage whole films, one a sample") {
  const Run& run = run_of_seed_10();
  CHECK(run.frames_read_by_frames == frame_steps * batch);
  CHECK(run.films_read_by_frames == 0);
  CHECK(run.frames_read_by_sequences == 0);
  CHECK(run.films_read_by_sequences == sequence_steps * batch);
}

TEST_CASE("draws cover films and times evenly") {
  const Run& run = run_of_seed_10();
  std::vector<int> films(film_count), times(length), frames(film_count * length);
  for (const auto& sample : samples_of(run.frames)) {
    ++films.at(film_of(sample));
    ++times.at(time_of(sample));
    ++frames.at(film_of(sample) * length + time_of(sample));
  }
  CHECK(uniform(films));
  CHECK(uniform(times));
  CHECK(uniform(frames));

  std::vector<int> whole_films(film_count);
  for (const auto& sample : samples_of(run.sequences)) ++whole_films.at(film_of(sample));
  CHECK(uniform(whole_films));
}

TEST_CASE("no batch is drawn twice") {
  const Run& run = run_of_seed_10();
  for (const auto* steps : {&run.frames, &run.sequences}) {
    std::set<std::vector<float>> batches;
    for (const auto& step : *steps) batches.insert(step.real);
    CHECK(batches.size() == steps->size());
  }
}

TEST_CASE("latents are normal and new: two batches a step for frames, one for films, none of them twice") {
  const Run& run = run_of_seed_10();
  std::set<std::vector<float>> latents;
  std::size_t count = 0;
  double sum = 0, squares = 0;
  for (const auto* steps : {&run.frames, &run.sequences})
    for (const auto& step : *steps) {
      REQUIRE(step.latents.size() == (steps == &run.frames ? 2 : 1));
      for (const auto& values : step.latents) {
        REQUIRE(values.size() == batch * 5);
        for (auto latent = values.begin(); latent != values.end(); latent += 5, ++count)
          latents.emplace(latent, latent + 5);
        for (const double value : values) {
          sum += value;
          squares += value * value;
        }
      }
    }
  CHECK(latents.size() == count);
  const double n = static_cast<double>(5 * count);
  CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2 / n));
}

TEST_CASE("draws and latents depend on the seed alone") {
  const Run& run = run_of_seed_10();
  const Run same(10), other(11);
  for (const auto steps : {&Run::frames, &Run::sequences})
    for (std::size_t i = 0; i < (run.*steps).size(); ++i) {
      CHECK((same.*steps)[i].real == (run.*steps)[i].real);
      CHECK((same.*steps)[i].latents == (run.*steps)[i].latents);
      CHECK((other.*steps)[i].real != (run.*steps)[i].real);
      CHECK((other.*steps)[i].latents != (run.*steps)[i].latents);
    }
}
