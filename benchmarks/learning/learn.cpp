// One training run of the sequence stage, with everything that may make it learn better as a choice: types are chosen
// when it is compiled, by the LEARN_ macros that learn.py sets, numbers by its options. What came out is one JSON file,
// written anew after every evaluation.
#include "../../examples/program/optimizer.hpp"

#include <zoetrope/eval/balls/film_measures.hpp>
#include <zoetrope/eval/metrics.hpp>
#include <zoetrope/eval/two_sample_test.hpp>
#include <zoetrope/io/file.hpp>
#include <zoetrope/zoetrope.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace zoetrope;
using Clock = std::chrono::steady_clock;

constexpr int balls = LEARN_BALLS;
using program::make_optimizer;
using program::Optimizer;
using Backend = backend::Eigen<float, LEARN_OPERANDS>;
using FrameG = Generator<arch::DcganFrame<LEARN_FRAME_DIVISOR>, Backend>;
using SequenceG = Generator<LEARN_SEQUENCE_GENERATOR, Backend>;
using Projection = LEARN_FILM_PROJECTION;
template <int Count>
using FrameJudges =
    ProjectedDiscriminatorEnsemble<Count, projection::PaperFrame,
                                   arch::FrameDiscriminator<LEARN_FRAME_DIVISOR, DiscriminatorNorm::batch>, Backend>;
// Waves have series discriminators behind them, other projections film discriminators.
using FilmJudge = std::conditional_t<
    Projection::OutputOf<paper::Film>::rank == 1,
    arch::SeriesDiscriminator<LEARN_FILM_DIVISOR, DiscriminatorNorm::LEARN_NORM, paper::Film, Projection>,
    arch::FilmDiscriminator<LEARN_FILM_DIVISOR, DiscriminatorNorm::LEARN_NORM, paper::Film, Projection>>;
using FilmsD = ProjectedDiscriminatorEnsemble<run_time_count, Projection, FilmJudge, Backend>;
template <int Count>
struct Judges {
  using type = FilmsAndFrames<FilmsD, FrameJudges<Count>>;
};
template <>
struct Judges<0> {
  using type = FilmsD;
};
using FilmD = Judges<LEARN_FRAME_JUDGES>::type;
using Trainer = TwoStageTrainer<FrameG, SequenceG, FrameJudges<run_time_count>, FilmD, LEARN_OBJECTIVE, Optimizer,
                                LEARN_LOSS, LinearDecay>;
constexpr auto film_size = static_cast<std::size_t>(paper::Film::size);

constexpr int long_length = 4 * paper::time_steps;
/// A G_V of the same weights for films of long_length frames, where its kind can have any number.
template <class Arch>
struct Longer {
  using type = void;
};
template <int WidthDivisor, int Hidden, LatentOutput Ending, int Latent, int Steps, int FilmLatent>
struct Longer<arch::RecurrentSequence<WidthDivisor, Hidden, Ending, Latent, Steps, FilmLatent>> {
  using type = arch::RecurrentSequence<WidthDivisor, Hidden, Ending, Latent, long_length, FilmLatent>;
};
using LongerArch = Longer<LEARN_SEQUENCE_GENERATOR>::type;

struct Options {
  std::string frames_from, output, optimizer = "rmsprop";
  std::map<std::string, std::string> notes;
  std::uint64_t steps = 1200, every = 400, seed = 1;
  int batch_size = 16, discriminators = 4, films = 300, threads = 1;
  double generator_learning_rate = 2e-4, discriminator_learning_rate = 1e-4, constant_part = 1, weight_average = 0,
         spectral_norm = 0;
  bool frames_learn_on = false;
};

/// Films beyond those that a run learns from.
std::vector<float> real_films(std::uint64_t first, int count) {
  static const BouncingBalls<balls> data{.films = 1'000'000};
  std::vector<float> films(static_cast<std::size_t>(count) * film_size);
  parallel_for(count, [&](std::ptrdiff_t i) {
    data.film(first + static_cast<std::uint64_t>(i),
              std::span(films).subspan(static_cast<std::size_t>(i) * film_size, film_size));
  });
  return films;
}

/// All measures of films against real ones, with the mean square of changes over that of real ones.
class Judge {
public:
  explicit Judge(int count) : count_(count), reference_(film_features(real_films(200'000, count), count, balls)) {}

  [[nodiscard]] nlohmann::json measure(const std::vector<float>& films) const {
    const auto features = film_features(films, count_, balls);
    nlohmann::json result;
    for (const auto& [name, value] : named_values(measure_films(features, reference_))) result[name] = value;
    result["MSE ratio"] = change_of(features) / change_of(reference_);
    return result;
  }

private:
  static double change_of(const FilmFeatures& features) {
    static_assert(change_lags.front() == 1);
    const auto& changes = features.changes.front();
    return std::accumulate(changes.begin(), changes.end(), 0.0);
  }

  int count_;
  FilmFeatures reference_;
};

double classifier(Trainer& trainer, bool of_real_films) {
  const TwoSampleSettings test{.seed = 1};
  const auto real = [](std::uint64_t first, std::span<float> out) {
    std::ranges::copy(real_films(400'000 + first, static_cast<int>(out.size() / film_size)), out.begin());
  };
  const auto other = [&](std::uint64_t first, std::span<float> out) {
    const int count = static_cast<int>(out.size() / film_size);
    std::ranges::copy(of_real_films ? real_films(700'000 + first, count) : trainer.sample_films(count, 1'000 + first),
                      out.begin());
  };
  return classifier_two_sample_test(real, other, test).accuracy;
}

/// What a G_F that has learnt in films makes of the prior, in frames that are no film's.
nlohmann::json measure_prior(Trainer& trainer, const Judge& judge, int films) {
  const int count = films * paper::time_steps;
  const auto frames = sample_frames(trainer.averaged_frame_generator(), count, 77), real = real_films(300'000, films);
  return {{"ball-count accuracy", judge.measure(frames)["ball-count accuracy"]},
          {"pixel standard deviation over real", pixel_spread(frames, count) / pixel_spread(real, count)}};
}

/// Measures of each quarter of films of long_length frames, against real films as long as a quarter. The generator goes
/// from one length to the other by way of a file, which lies beside @p output meanwhile.
template <class Arch>
nlohmann::json measures_along_films(Trainer& trainer, const Judge& judge, int count, const std::string& output) {
  const std::string path = output + ".generator";
  save_generator(path, trainer.averaged_sequence_generator());
  Generator<Arch, Backend> longer;
  load_generator(path, longer);
  std::filesystem::remove(path);
  const auto films = sample_films(longer, trainer.averaged_frame_generator(), count, 78);
  auto result = nlohmann::json::array();
  for (int first = 0; first < long_length; first += paper::time_steps) {
    std::vector<float> quarter;
    for (int film = 0; film < count; ++film) {
      const auto begin = films.begin() + (film * long_length + first) * paper::Frame::size;
      quarter.insert(quarter.end(), begin, begin + paper::Film::size);
    }
    result.push_back({{"frames", std::to_string(first + 1) + " to " + std::to_string(first + paper::time_steps)},
                      {"measures", judge.measure(quarter)}});
  }
  return result;
}

void learn(const Options& options) {
  set_thread_count(options.threads);
  TrainingSettings<Optimizer, LinearDecay> settings;
  settings.seed = options.seed;
  settings.sequences = {.steps = options.steps,
                        .batch_size = options.batch_size,
                        .discriminators = options.discriminators,
                        .generator_optimizer = make_optimizer(options.optimizer, options.generator_learning_rate),
                        .discriminator_optimizer =
                            make_optimizer(options.optimizer, options.discriminator_learning_rate),
                        .schedule = {.last_part = 1 - options.constant_part, .final_factor = 0},
                        .weight_average = options.weight_average,
                        .spectral_norm = options.spectral_norm};
  if (options.constant_part >= 1) settings.sequences.schedule = {.last_part = 0.5, .final_factor = 1};
  settings.frames.discriminators = 1;
  settings.frames_learn_on = options.frames_learn_on;
  Trainer trainer(settings);
  trainer.begin_sequences_from(options.frames_from);

  const Judge judge(options.films);
  nlohmann::json run{
      {"balls", balls},
      {"seed", options.seed},
      {"steps", options.steps},
      {"every", options.every},
      {"finished", false},
      {"frame generator", trainer.frame_generator().description()},
      {"sequence generator", trainer.sequence_generator().description()},
      {"discriminators", FilmD(options.discriminators).description()},
      {"number of discriminators", options.discriminators},
      {"objective", LEARN_OBJECTIVE{}.description()},
      {"loss", LEARN_LOSS{}.description()},
      {"optimizer", settings.sequences.generator_optimizer.description()},
      {"generator learning rate", options.generator_learning_rate},
      {"discriminator learning rate", options.discriminator_learning_rate},
      {"schedule", settings.sequences.schedule.description()},
      {"batch size", options.batch_size},
      {"weight average", options.weight_average},
      {"spectral norm", options.spectral_norm},
      {"frames learn on", options.frames_learn_on},
      {"films measured", options.films},
      {"threads", options.threads},
      {"computed on", Backend::description()},
      {"real films", judge.measure(real_films(300'000, options.films))},
      {"rows", nlohmann::json::array()},
  };
  for (const auto& [key, value] : options.notes) run[key] = value;
  const auto write = [&] { write_text(options.output, run.dump(1) + "\n"); };
  write(); // so that a place that cannot be written to says so before hours of training
  const BouncingBalls<balls> data;
  const auto begun = Clock::now();
  Clock::duration measuring{};
  double discriminators = 0, generator = 0;
  std::uint64_t counted = 0;
  trainer.train_sequences(data, [&](const StepReport& report) {
    discriminators += report.mean_discriminator_loss();
    generator += report.mean_generator_loss();
    ++counted;
    if (report.step % options.every != 0 && report.step != options.steps) return Flow::carry_on;
    const auto before = Clock::now();
    const double minutes = std::chrono::duration<double, std::ratio<60>>(before - begun - measuring).count();
    const auto add = [&](const char* weights, const std::vector<float>& films) {
      run["rows"].push_back({{"step", report.step},
                             {"minutes", minutes},
                             {"weights", weights},
                             {"discriminators' loss", discriminators / static_cast<double>(counted)},
                             {"generator's loss", generator / static_cast<double>(counted)},
                             {"measures", judge.measure(films)}});
    };
    add("of the step", sample_films(trainer.sequence_generator(), trainer.frame_generator(), options.films, 78));
    if (options.weight_average > 0) add("averaged", trainer.sample_films(options.films, 78));
    if (report.step == options.steps) {
      run["rows"].back()["measures"]["classifier two-sample test"] = classifier(trainer, false);
      run["real films"]["classifier two-sample test"] = classifier(trainer, true);
      if (options.frames_learn_on) run["prior"] = measure_prior(trainer, judge, options.films);
      if constexpr (!std::is_void_v<LongerArch>)
        run["along films"] = measures_along_films<LongerArch>(trainer, judge, options.films, options.output);
      run["finished"] = true;
    }
    write();
    std::cout << "step " << report.step << ": " << run["rows"].back().dump() << std::endl;
    discriminators = generator = 0;
    counted = 0;
    measuring += Clock::now() - before;
    return Flow::carry_on;
  });
}

} // namespace

int main(int argc, char** argv) try {
  CLI::App app("Trains a sequence generator over a given frame generator and measures its films as it learns.");
  Options options;
  app.add_option("--frames-from", options.frames_from, "the frame generator's file")->required();
  app.add_option("--output", options.output, "where the run's JSON goes")->required();
  app.add_option("--steps", options.steps)->check(CLI::PositiveNumber);
  app.add_option("--every", options.every, "steps between measurements")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed);
  app.add_option("--batch-size", options.batch_size);
  app.add_option("--discriminators", options.discriminators, "of films")->check(CLI::PositiveNumber);
  app.add_option("--films", options.films, "films that are measured")->check(CLI::Range(20, 100'000));
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--optimizer", options.optimizer)->check(CLI::IsMember({"rmsprop", "adam"}));
  app.add_option("--generator-learning-rate", options.generator_learning_rate);
  app.add_option("--discriminator-learning-rate", options.discriminator_learning_rate);
  app.add_option("--constant-part", options.constant_part, "of the steps, before rates fall to 0; 1: they stay")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--weight-average", options.weight_average, "what an average of weights keeps at each step");
  app.add_option("--spectral-norm", options.spectral_norm,
                 "the largest that a discriminator's weight may have; 0: any");
  app.add_flag("--frames-learn-on", options.frames_learn_on, "the frame generator learns too");
  std::vector<std::string> notes;
  app.add_option("--note", notes, "KEY=VALUE, kept in the run's file")->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  for (const auto& note : notes) {
    const auto at = note.find('=');
    require(at != std::string::npos, "expected a note KEY=VALUE, got '", note, "'");
    options.notes[note.substr(0, at)] = note.substr(at + 1);
  }
  learn(options);
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << "\n";
  return 1;
}
