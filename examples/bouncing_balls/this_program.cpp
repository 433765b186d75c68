#include "this_program.hpp"

#include "any_balls.hpp"
#include "ball_networks.hpp"
#include "balls_data.hpp"
#include "option_parts.hpp"
#include "run_numbers.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/train/settings.hpp>

#include <CLI/CLI.hpp>

#include <iterator>

namespace program {

namespace {

/// Of discriminators that see waves (docs/learning.md): their generator is slower than they are and their norms are
/// bounded, so that films stay many while they learn to move.
StageRun waves(std::uint64_t steps, int discriminators, double weight_average, double spectral_norm) {
  return {.steps = steps,
          .batch_size = 32,
          .discriminators = discriminators,
          .optimizer = "adam",
          .generator_learning_rate = 3e-4,
          .discriminator_learning_rate = 1e-3,
          .learning_rate_decay = 0.6,
          .weight_average = weight_average,
          .spectral_norm = spectral_norm};
}

/// The smallest that learns well: a few minutes on two cores.
Run demo() {
  return {.preset = "demo",
          .balls = 1,
          .films = 100'000,
          .width_divisor = 8,
          .variant = "joint",
          .seed = 10,
          .checkpoint_every = 200,
          .frames = {2000, 32, 4, "adam", 5e-4, 5e-4, 0.5, 0.98},
          .sequences = waves(700, 4, 0.98, 0.75),
          .frames_learn_on = true};
}

/// Three balls at a quarter of the paper's widths: about an hour on two cores.
Run cpu() {
  return {.preset = "cpu",
          .balls = 3,
          .films = 100'000,
          .width_divisor = 4,
          .variant = "stable",
          .seed = 10,
          .checkpoint_every = 200,
          .frames = {8000, 64, 8, "rmsprop", 3e-4, 3e-4},
          .sequences = waves(4500, 16, 0.998, 1)};
}

/// Three balls at half the paper's widths: as much as ten minutes of an H100 are thought to allow.
Run gpu() {
  return {.preset = "gpu",
          .balls = 3,
          .films = 100'000,
          .width_divisor = 2,
          .variant = "stable",
          .seed = 10,
          .checkpoint_minutes = 2,
          .frames = {40'000, 64, 16, "rmsprop", 3e-4, 3e-4},
          .sequences = waves(12'000, 16, 0.998, 1)};
}

/// Every number of the paper (section 4): weeks on a CPU.
Run paper() {
  const auto config = zoetrope::paper_settings();
  const auto stage = [](const auto& settings, int discriminators) {
    return StageRun{settings.steps,
                    settings.batch_size,
                    discriminators,
                    "rmsprop",
                    settings.generator_optimizer.learning_rate,
                    settings.discriminator_optimizer.learning_rate};
  };
  return {.preset = "paper",
          .balls = 3,
          .films = 100'000,
          .width_divisor = 1,
          .variant = "paper",
          .seed = config.seed,
          .checkpoint_minutes = 10,
          .frames = stage(config.frames, zoetrope::default_frame_discriminators),
          .sequences = stage(config.sequences, zoetrope::default_film_discriminators)};
}

} // namespace

std::string program_name() { return "bouncing_balls"; }

std::string program_purpose() {
  return "Learns to draw bouncing balls (frames), then to make them move (sequences), after Albuquerque, Monteiro and "
         "Falk (2019).";
}

std::string report_purpose() {
  return "Write report.html: every figure and table of the paper from a run's generators, and how its balls move.";
}

bool learns_files() { return false; }

FilmSizes built_for() { return sizes_of<bouncing_balls::AnyBalls::Film>(); }

std::string default_folder(const std::string& preset) { return "runs/" + preset; }

std::vector<Run> presets() { return {demo(), cpu(), gpu(), paper()}; }

std::string presets_summary() {
  return "demo (default, minutes), cpu (an hour), gpu (minutes of an H100) or paper (weeks, 7 GB of memory)";
}

std::vector<Width> networks() { return {std::begin(bouncing_balls::widths), std::end(bouncing_balls::widths)}; }

std::string networks_text() {
  std::vector<std::string> stable, narrower;
  for (const auto& width : networks()) {
    if (width.variant != "stable") continue;
    const std::string divisor = std::to_string(width.divisor);
    stable.push_back(divisor);
    if (width.sequence_divisor != width.divisor)
      narrower.push_back("with " + divisor + " by " + std::to_string(width.sequence_divisor));
  }
  return "Networks paper (width divisor 1) are the paper's as they are. stable (" + listed(stable, "and") +
         ") add batch norm in the frame\n"
         "discriminators, film discriminators that see waves, sequences that reach all latents and an LSTM of 128:\n"
         "without these, narrow networks collapse. The sequence generator is divided by more, " +
         listed(narrower, "and") +
         ".\njoint (8, the sequence generator by 4) have as many frame discriminators beside those of films, so that "
         "frames\n"
         "stay sharp while the frame generator learns on, as it does there unless it is to stay. In windows (the same\n"
         "widths) every second discriminator of films sees a part of the frame. Learning rates that fall rise again "
         "where more steps are asked for later.";
}

void add_data_options(CLI::App& train_app, RunNumbers& numbers, const std::string& group) {
  const auto add_number = [&](const std::string& name, auto& value, const std::string& text) {
    return train_app.add_option(name, value, text)->option_text("N")->group(group);
  };
  add_number("--balls", numbers.balls, "balls in the box, 1 to 6")
      ->check(whole_number(1, bouncing_balls::AnyBalls::max_balls));
  add_number("--films", numbers.films, "films in the training set")->check(whole_number(1, max_films));
}

std::string data_text(const Run& run) { return "balls " + std::to_string(run.balls); }

std::string remark(const Run& run) {
  if (run.variant == "paper" || run.sequences.spectral_norm > 0) return "";
  return "nothing bounds the norms of discriminators that see waves (the sequence spectral norm is 0), so they may win "
         "and films be few and alike; the preset demo has 0.75";
}

void check_data(const Run& run, const std::string& where) {
  zoetrope::require(!run.files, where, ": the run learnt from '", run.files ? run.files->path : "",
                    "', and this program knows bouncing balls alone: films reads it");
  zoetrope::require(run.balls >= 1 && run.balls <= bouncing_balls::AnyBalls::max_balls, where,
                    ": expected balls from 1 to ", bouncing_balls::AnyBalls::max_balls, ", got ", run.balls);
}

void write_videos(const std::filesystem::path&, std::span<const zoetrope::Picture>) {}

std::unique_ptr<Data> make_data(const Run& run, const OnShare&) {
  return std::make_unique<bouncing_balls::BallsData>(run);
}

} // namespace program
