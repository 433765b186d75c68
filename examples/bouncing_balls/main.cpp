/// @file
/// Trains both stages on bouncing balls, samples films and measures them.

#include "commands.hpp"
#include "session.hpp"

#include <zoetrope/core/parallel.hpp>
#include <zoetrope/version.hpp>

#include <CLI/CLI.hpp>

#include <iostream>
#include <optional>

namespace {

using namespace bouncing_balls;

/// Numbers that replace a preset's.
struct StageNumbers {
  std::optional<std::uint64_t> steps, epochs;
  std::optional<int> batch_size, discriminators;
  std::optional<std::string> optimizer;
  std::optional<double> generator_learning_rate, discriminator_learning_rate;

  void add_to(CLI::App& app, const std::string& stage, const std::string& group) {
    const auto add = [&](const std::string& name, auto& value, const std::string& text) {
      return app.add_option("--" + stage + "-" + name, value, text)->group(group);
    };
    auto* step_option = add("steps", steps, "training steps in all")->check(CLI::PositiveNumber);
    add("epochs", epochs, "the same in passes over the films")->check(CLI::PositiveNumber)->excludes(step_option);
    add("batch", batch_size, "samples a step, at least 2")->check(CLI::Range(2, 4096));
    add("discriminators", discriminators, "K, how many discriminators")->check(CLI::Range(1, 1024));
    add("optimizer", optimizer, "of generator and discriminators")->check(CLI::IsMember({"rmsprop", "adam"}));
    add("generator-learning-rate", generator_learning_rate, "")->check(CLI::PositiveNumber);
    add("discriminator-learning-rate", discriminator_learning_rate, "")->check(CLI::PositiveNumber);
  }

  void apply(StageRun& run, std::uint64_t films) const {
    if (batch_size) run.batch_size = *batch_size;
    if (discriminators) run.discriminators = *discriminators;
    if (optimizer) run.optimizer = *optimizer;
    if (generator_learning_rate) run.generator_learning_rate = *generator_learning_rate;
    if (discriminator_learning_rate) run.discriminator_learning_rate = *discriminator_learning_rate;
    if (steps) run.steps = *steps;
    if (epochs) run.steps = *epochs * films / static_cast<std::uint64_t>(run.batch_size);
  }
};

struct Numbers {
  std::optional<int> balls, width_divisor;
  std::optional<std::uint64_t> films, seed, checkpoint_every;
  StageNumbers frames, sequences;

  [[nodiscard]] Run apply(Run run) const {
    if (balls) run.balls = *balls;
    if (films) run.films = *films;
    if (seed) run.seed = *seed;
    if (checkpoint_every) run.checkpoint_every = *checkpoint_every;
    if (width_divisor) run = with_width(run, *width_divisor);
    frames.apply(run.frames, run.films);
    sequences.apply(run.sequences, run.films);
    return run;
  }
};

} // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Learns to draw bouncing balls (frames), then to make them move (sequences), after Albuquerque, Monteiro "
      "and Falk (2019).");
  app.set_version_flag("--version", std::to_string(ZOETROPE_VERSION_MAJOR) + "." +
                                        std::to_string(ZOETROPE_VERSION_MINOR) + "." +
                                        std::to_string(ZOETROPE_VERSION_PATCH));
  app.require_subcommand(1);
  app.get_formatter()->column_width(44);
  int threads = 0;

  TrainCommand train_command;
  Numbers numbers;
  auto* train_app = app.add_subcommand(
      "train",
      "Train both stages; Ctrl-C saves and leaves. Writes pictures, Table 1, losses, generators and a checkpoint.");
  train_app
      ->add_option("--preset", train_command.preset,
                   "demo: 1 ball, widths / 8, minutes (default); cpu: 3 balls, widths / 4, about an hour; paper: every "
                   "number of the paper, weeks")
      ->check(CLI::IsMember(preset_names()));
  train_app->add_option("--output", train_command.output, "folder to write into (default: runs/<preset>)");
  train_app
      ->add_option("--stage", train_command.stages, "frames, sequences or both (default); sequences needs --resume")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Stages>{
          {"frames", Stages::frames}, {"sequences", Stages::sequences}, {"both", Stages::both}}));
  auto* resume =
      train_app->add_flag("--resume", train_command.resume, "go on from the checkpoint in the output folder");
  train_app->add_flag("--overwrite", train_command.overwrite, "begin anew in a folder that holds a run")
      ->excludes(resume);
  train_app->add_option("--threads", threads, "threads (default: all cores); they do not change the results")
      ->check(CLI::Range(1, 1024));
  const std::string run_group = "In place of the preset's";
  train_app->add_option("--balls", numbers.balls, "balls in the box")
      ->check(CLI::Range(1, AnyBalls::most_balls))
      ->group(run_group);
  train_app->add_option("--width-divisor", numbers.width_divisor, "divides the paper's widths")
      ->check(CLI::IsMember(width_divisors()))
      ->group(run_group);
  train_app->add_option("--films", numbers.films, "films in the training set")
      ->check(CLI::PositiveNumber)
      ->group(run_group);
  train_app->add_option("--seed", numbers.seed, "same seed, same machine: the same bytes")->group(run_group);
  train_app->add_option("--checkpoint-every", numbers.checkpoint_every, "steps between checkpoints")
      ->check(CLI::PositiveNumber)
      ->group(run_group);
  numbers.frames.add_to(*train_app, "frame", "Frame stage, in place of the preset's");
  numbers.sequences.add_to(*train_app, "sequence", "Sequence stage, in place of the preset's");

  SampleCommand sample_command;
  auto* sample_app = app.add_subcommand("sample", "Draw frames and films from the generators of a run.");
  sample_app->add_option("--run", sample_command.run, "folder of the run")->required();
  sample_app->add_option("--output", sample_command.output, "folder to write into (default: the run's)");
  sample_app->add_option("--films", sample_command.films, "how many films")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  sample_app->add_option("--seed", sample_command.seed, "other samples (default: the run's seed)")
      ->check(CLI::PositiveNumber);

  EvaluateCommand evaluate_command;
  auto* evaluate_app = app.add_subcommand("evaluate", "Measure the generators of a run: Table 1 of the paper.");
  evaluate_app->add_option("--run", evaluate_command.run, "folder of the run")->required();
  evaluate_app->add_option("--films", evaluate_command.films, "films of each kind")
      ->check(CLI::Range(3, 100000))
      ->capture_default_str();
  evaluate_app->add_option("--frames", evaluate_command.frames, "frames of each kind")
      ->check(CLI::Range(3, 100000))
      ->capture_default_str();
  evaluate_app->add_flag("--check", evaluate_command.check, "exit with 1 where a measure falls short");

  try {
    app.parse(argc, argv);
    if (train_command.stages == Stages::sequences && !train_command.resume)
      throw CLI::ValidationError("--stage sequences", "goes on from a frame stage, so it needs --resume");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    if (threads > 0) zoetrope::set_thread_count(threads);
    train_command.override_numbers = [&numbers](Run run) { return numbers.apply(std::move(run)); };
    if (train_app->parsed()) return train(train_command);
    if (sample_app->parsed()) return sample(sample_command);
    return evaluate(evaluate_command);
  } catch (const std::exception& error) {
    std::cerr << "bouncing_balls: " << error.what() << "\n";
    return 1;
  }
}
