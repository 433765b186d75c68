/// @file
/// Trains both stages on bouncing balls, samples films and measures them.

#include "commands.hpp"
#include "session.hpp"

#include <zoetrope/core/parallel.hpp>
#include <zoetrope/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <new>
#include <optional>
#include <sstream>

namespace {

using namespace bouncing_balls;

constexpr std::uint64_t most_steps = 1'000'000'000'000, most_films = 4'000'000'000;

// CLI11's own checks let negative and enormous numbers wrap around, NaN pass, and print limits of 300 digits.

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [=](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most;
    return good ? ""
                : "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", got '" +
                      text + "'";
  };
  return CLI::Validator(check, "");
}

CLI::Validator positive_number() {
  const auto check = [](const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool good = !text.empty() && *end == '\0' && std::isfinite(value) && value > 0;
    return good ? "" : "expected a positive number, got '" + text + "'";
  };
  return CLI::Validator(check, "");
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  const auto check = [names](const std::string& text) -> std::string {
    if (std::find(names.begin(), names.end(), text) != names.end()) return "";
    return "expected " + listed(names, "or") + ", got '" + text + "'";
  };
  return CLI::Validator(check, "");
}

/// Numbers that replace a preset's.
struct StageNumbers {
  std::optional<std::uint64_t> steps, epochs;
  std::optional<int> batch_size, discriminators;
  std::optional<std::string> optimizer;
  std::optional<double> generator_learning_rate, discriminator_learning_rate;

  void add_to(CLI::App& app, const std::string& stage, const std::string& group) {
    const auto add = [&](const std::string& name, auto& value, const std::string& kind, const std::string& text) {
      return app.add_option("--" + stage + "-" + name, value, text)->option_text(kind)->group(group);
    };
    auto* step_option = add("steps", steps, "N", "training steps in all")->check(whole_number(1, most_steps));
    add("epochs", epochs, "N", "the same in passes over the films")
        ->check(whole_number(1, 1'000'000))
        ->excludes(step_option);
    add("batch", batch_size, "N", "samples a step, at least 2")->check(whole_number(2, 4096));
    add("discriminators", discriminators, "K", "how many discriminators")->check(whole_number(1, 1024));
    add("optimizer", optimizer, "NAME", "rmsprop or adam, of generator and discriminators")
        ->check(one_of({"rmsprop", "adam"}));
    add("generator-learning-rate", generator_learning_rate, "RATE", "of the generator's optimizer")
        ->check(positive_number());
    add("discriminator-learning-rate", discriminator_learning_rate, "RATE", "of the discriminators' optimizer")
        ->check(positive_number());
  }

  void apply(StageRun& run, std::uint64_t films) const {
    if (batch_size) run.batch_size = *batch_size;
    if (discriminators) run.discriminators = *discriminators;
    if (optimizer) run.optimizer = *optimizer;
    if (generator_learning_rate) run.generator_learning_rate = *generator_learning_rate;
    if (discriminator_learning_rate) run.discriminator_learning_rate = *discriminator_learning_rate;
    if (steps) run.steps = *steps;
    if (epochs) run.steps = std::max<std::uint64_t>(1, *epochs * films / static_cast<std::uint64_t>(run.batch_size));
  }
};

struct Numbers {
  std::optional<int> balls, width_divisor;
  std::optional<std::uint64_t> films, seed, checkpoint_every;
  std::optional<double> checkpoint_minutes;
  StageNumbers frames, sequences;

  [[nodiscard]] Run apply(Run run) const {
    if (balls) run.balls = *balls;
    if (films) run.films = *films;
    if (seed) run.seed = *seed;
    if (checkpoint_every) run.checkpoint_every = *checkpoint_every;
    if (checkpoint_minutes) run.checkpoint_minutes = *checkpoint_minutes;
    if (width_divisor) run = with_width(run, *width_divisor);
    frames.apply(run.frames, run.films);
    sequences.apply(run.sequences, run.films);
    return run;
  }
};

void add_place(CLI::App& app, Place& place) {
  auto* device = app.add_option("--device", place.device, "cpu (default), or gpu: an NVIDIA GPU, in a build for it")
                     ->option_text("NAME")
                     ->check(one_of({"cpu", "gpu"}));
  app.add_option("--precision", place.precision, "of products on the gpu: tf32 (default) or bf16")
      ->option_text("NAME")
      ->check(one_of({"tf32", "bf16"}))
      ->needs(device);
}

/// What the presets stand for, as a table.
std::string presets_text() {
  std::ostringstream text;
  text << "Presets:\n";
  for (const auto& name : preset_names()) {
    const Run run = preset(name);
    text << "  " << name << ": balls " << run.balls << ", width-divisor " << run.width_divisor << ", films "
         << run.films << ", seed " << run.seed;
    if (run.checkpoint_every > 0) text << ", checkpoint-every " << run.checkpoint_every;
    if (run.checkpoint_minutes > 0) text << ", checkpoint-minutes " << run.checkpoint_minutes;
    text << "\n";
    for (const auto& [stage, numbers] : {std::pair("frame", run.frames), std::pair("sequence", run.sequences)})
      text << "    " << stage << ": steps " << numbers.steps << ", batch " << numbers.batch_size << ", discriminators "
           << numbers.discriminators << ", " << numbers.optimizer << ", learning rates "
           << numbers.generator_learning_rate << " and " << numbers.discriminator_learning_rate << "\n";
  }
  std::vector<std::string> stable, narrower;
  for (const auto& width : widths) {
    const std::string divisor = std::to_string(width.divisor);
    if (width.variant != std::string("paper")) stable.push_back(divisor);
    if (width.sequence_divisor != width.divisor)
      narrower.push_back("with " + divisor + " by " + std::to_string(width.sequence_divisor));
  }
  text << "Width divisor 1 is the paper's networks as they are. " << listed(stable, "and")
       << " add batch norm in the discriminators, sequences\n"
          "that reach all latents and an LSTM of 128: without these, narrow networks collapse. The sequence stage's\n"
          "networks are divided by more, "
       << listed(narrower, "and") << ": there, more of them do more than wider ones.";
  return text.str();
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Learns to draw bouncing balls (frames), then to make them move (sequences), after Albuquerque, Monteiro "
      "and Falk (2019).");
  app.set_version_flag("--version", std::to_string(ZOETROPE_VERSION_MAJOR) + "." +
                                        std::to_string(ZOETROPE_VERSION_MINOR) + "." +
                                        std::to_string(ZOETROPE_VERSION_PATCH));
  app.require_subcommand(0, 1); // A wrong name is then said to be wrong, not to be missing.
  app.get_formatter()->column_width(46);
  int threads = 0;

  TrainCommand train_command;
  Numbers numbers;
  auto* train_app = app.add_subcommand(
      "train",
      "Train both stages; Ctrl-C saves and leaves. Writes pictures, Table 1, losses, generators and a checkpoint.");
  train_app
      ->add_option("--preset", train_command.preset,
                   "demo (default, minutes), cpu (an hour), gpu (minutes of an H100) or paper (weeks, 7 GB of memory); "
                   "see below")
      ->option_text("NAME")
      ->check(one_of(preset_names()));
  train_app->add_option("--output", train_command.output, "folder to write into (default: runs/<preset>)")
      ->type_name("FOLDER");
  std::string stage = "both";
  train_app
      ->add_option("--stage", stage, "frames, sequences or both (default); sequences needs --resume or --frames-from")
      ->option_text("NAME")
      ->check(one_of({"frames", "sequences", "both"}));
  auto* resume = train_app->add_flag("--resume", train_command.resume, "go on from the checkpoint in the output folder")
                     ->option_text(" ");
  train_app
      ->add_option("--frames-from", train_command.frames_from,
                   "file or folder of a frame generator, of zoetrope or PyTorch: --stage sequences begins with it")
      ->type_name("PATH")
      ->excludes(resume);
  train_app
      ->add_option("--minutes", train_command.minutes,
                   "stop after so long, save and draw; the frame stage may take all of it")
      ->option_text("N")
      ->check(positive_number());
  train_app->add_flag("--overwrite", train_command.overwrite, "begin anew in a folder that holds a run")
      ->option_text(" ")
      ->excludes(resume);
  train_app->add_option("--threads", threads, "threads (default: all cores); they do not change the results")
      ->option_text("N")
      ->check(whole_number(1, 1024));
  add_place(*train_app, train_command.place);
  const std::string run_group = "In place of the preset's";
  const auto add_number = [&](const std::string& name, auto& value, const std::string& text) {
    return train_app->add_option(name, value, text)->option_text("N")->group(run_group);
  };
  add_number("--balls", numbers.balls, "balls in the box, 1 to 6")->check(whole_number(1, AnyBalls::most_balls));
  const std::string divisors = listed(width_divisors(), "or");
  add_number("--width-divisor", numbers.width_divisor, "divides the paper's widths: " + divisors + " (see below)")
      ->check(one_of(width_divisors()));
  add_number("--films", numbers.films, "films in the training set")->check(whole_number(1, most_films));
  add_number("--seed", numbers.seed, "same seed, same machine: the same bytes")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  add_number("--checkpoint-every", numbers.checkpoint_every, "steps between checkpoints")
      ->check(whole_number(1, most_steps));
  add_number("--checkpoint-minutes", numbers.checkpoint_minutes, "minutes between checkpoints, or fewer by steps")
      ->check(positive_number());
  numbers.frames.add_to(*train_app, "frame", "Frame stage, in place of the preset's");
  numbers.sequences.add_to(*train_app, "sequence", "Sequence stage, in place of the preset's");
  train_app->footer(presets_text());

  SampleCommand sample_command;
  auto* sample_app = app.add_subcommand("sample", "Draw frames and films from the generators of a run.");
  sample_app->add_option("--run", sample_command.run, "folder of the run")->type_name("FOLDER")->required();
  sample_app->add_option("--output", sample_command.output, "folder to write into (default: the run's)")
      ->type_name("FOLDER");
  sample_app->add_option("--films", sample_command.films, "how many films (default: 3)")
      ->option_text("N")
      ->check(whole_number(1, 10000));
  sample_app->add_option("--seed", sample_command.seed, "other samples (default: the run's seed)")
      ->option_text("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));

  add_place(*sample_app, sample_command.place);

  EvaluateCommand evaluate_command;
  auto* evaluate_app = app.add_subcommand("evaluate", "Measure the generators of a run: Table 1 of the paper.");
  evaluate_app->add_option("--run", evaluate_command.run, "folder of the run")->type_name("FOLDER")->required();
  evaluate_app->add_option("--films", evaluate_command.films, "films of each kind (default: 30)")
      ->option_text("N")
      ->check(whole_number(3, 10000));
  evaluate_app->add_option("--frames", evaluate_command.frames, "frames of each kind (default: 1000)")
      ->option_text("N")
      ->check(whole_number(3, 100000));
  add_place(*evaluate_app, evaluate_command.place);
  evaluate_app->add_flag("--check", evaluate_command.check, "exit with 1 where a measure falls short");

  ReportCommand report_command;
  auto* report_app = app.add_subcommand(
      "report",
      "Write report.html: every figure and table of the paper from a run's generators, and how its balls move.");
  report_app->add_option("--run", report_command.run, "folder of the run")->type_name("FOLDER")->required();
  report_app
      ->add_option("--frames-from", report_command.frames_from,
                   "another run, whose frame generator figure 4 puts under this run's sequence generator")
      ->type_name("FOLDER");
  report_app->add_option("--output", report_command.output, "folder to write into (default: report in the run's)")
      ->type_name("FOLDER");
  report_app->add_option("--films", report_command.settings.films, "films for the measures (default: 300)")
      ->option_text("N")
      ->check(whole_number(30, 10000));
  add_place(*report_app, report_command.place);

  ExportCommand export_command;
  auto* export_app = app.add_subcommand("export", "Write a run's generators in 16 bits, half as large, to give away.");
  export_app->add_option("--run", export_command.run, "folder of the run")->type_name("FOLDER")->required();
  export_app->add_option("--output", export_command.output, "folder to write into")->type_name("FOLDER")->required();

  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty())
      throw CLI::RequiredError("A subcommand (train, sample, evaluate, report or export)");
    if (stage != "both") train_command.stages = stage == "frames" ? Stages::frames : Stages::sequences;
    const bool given = train_app->count("--frames-from") > 0;
    if (train_command.stages == Stages::sequences && !train_command.resume && !given)
      throw CLI::ValidationError("--stage sequences",
                                 "goes on from a frame stage, so it needs --resume or --frames-from");
    if (given && train_command.stages != Stages::sequences)
      throw CLI::ValidationError("--frames-from", "takes the frame stage's place, so it needs --stage sequences");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    if (threads > 0) zoetrope::set_thread_count(threads);
    train_command.override_numbers = [&numbers](Run run) { return numbers.apply(std::move(run)); };
    if (train_app->parsed()) return train(train_command);
    if (sample_app->parsed()) return sample(sample_command);
    if (evaluate_app->parsed()) return evaluate(evaluate_command);
    if (report_app->parsed()) return report(report_command);
    return export_generators(export_command);
  } catch (const std::bad_alloc&) {
    std::cerr << "bouncing_balls: there is not enough memory; fewer discriminators, a smaller batch or a larger "
                 "--width-divisor need less\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "bouncing_balls: " << error.what() << "\n";
    return 1;
  }
}
