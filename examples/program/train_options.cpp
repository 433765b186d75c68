#include "train_options.hpp"

#include "networks.hpp"
#include "option_parts.hpp"
#include "presets.hpp"
#include "this_program.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

namespace program {

namespace {

void add_stage_numbers(CLI::App& app, StageNumbers& numbers, const std::string& stage, const std::string& group) {
  const auto add = [&](const std::string& name, auto& value, const std::string& kind, const std::string& text) {
    return app.add_option("--" + stage + "-" + name, value, text)->option_text(kind)->group(group);
  };
  auto* step_option = add("steps", numbers.steps, "N", "training steps in all")->check(whole_number(1, max_steps));
  add("epochs", numbers.epochs, "N", "the same in passes over the films")
      ->check(whole_number(1, 1'000'000))
      ->excludes(step_option);
  // Of packs that some networks take and others do not, the check of the whole run speaks.
  const int together = std::ranges::min(networks(), {}, &Width::samples_together).samples_together;
  add("batch", numbers.batch_size, "N",
      "samples per step, " + (together > 1 ? "a multiple of " + std::to_string(together) : "at least 2"))
      ->check(whole_number(2, max_batch_size));
  add("discriminators", numbers.discriminators, "K", "how many discriminators")
      ->check(whole_number(1, max_discriminators));
  add("optimizer", numbers.optimizer, "NAME", "rmsprop or adam, of generator and discriminators")
      ->check(one_of({"rmsprop", "adam"}));
  add("generator-learning-rate", numbers.generator_learning_rate, "RATE", "of the generator's optimizer")
      ->check(positive_number());
  add("discriminator-learning-rate", numbers.discriminator_learning_rate, "RATE", "of the discriminators' optimizer")
      ->check(positive_number());
  add("learning-rate-decay", numbers.learning_rate_decay, "SHARE",
      "let both learning rates fall to 0 over the last SHARE of the steps, such as 0.5; 0: they stay")
      ->check(share());
  add("weight-average", numbers.weight_average, "SHARE",
      "draw with an average of the generator's weights that keeps SHARE of itself at each step, such as 0.999")
      ->check(share());
  add("spectral-norm", numbers.spectral_norm, "NORM",
      "scale discriminators' weights to a spectral norm of at most NORM, such as 1 (not behind batch norm); 0: never")
      ->check(norm_bound());
}

void add_run_numbers(CLI::App& app, RunNumbers& numbers) {
  const std::string run_group = "In place of the preset's";
  const auto add_number = [&](const std::string& name, auto& value, const std::string& text) {
    return app.add_option(name, value, text)->option_text("N")->group(run_group);
  };
  add_data_options(app, numbers, run_group);
  const std::string divisors = listed(width_divisors(), "or");
  add_number("--width-divisor", numbers.width_divisor, "divides the paper's widths: " + divisors + " (see below)")
      ->check(one_of(width_divisors()));
  if (variants().size() > 1)
    app.add_option("--networks", numbers.networks, listed(variants(), "or") + " (see below)")
        ->option_text("NAME")
        ->group(run_group)
        ->check(one_of(variants()));
  add_number("--seed", numbers.seed, "same seed, same machine: the same bytes")->check(whole_number(0, max_seed));
  add_number("--checkpoint-every", numbers.checkpoint_every, "steps between checkpoints")
      ->check(whole_number(1, max_steps));
  add_number("--checkpoint-minutes", numbers.checkpoint_minutes, "minutes between checkpoints, or fewer by steps")
      ->check(positive_number());
  auto* learn_on = app.add_flag_callback(
      "--frames-learn-on", [&numbers] { numbers.frames_learn_on = true; },
      "the frame generator learns in the sequence stage too, as the sequence generator does");
  auto* stay = app.add_flag_callback(
      "--frames-stay", [&numbers] { numbers.frames_learn_on = false; },
      "the frame generator stays as it is in the sequence stage, as the paper's does");
  for (auto* option : {learn_on, stay}) option->option_text(" ")->group(run_group);
  stay->excludes(learn_on);
  add_stage_numbers(app, numbers.frames, "frame", "Frame stage, in place of the preset's");
  add_stage_numbers(app, numbers.sequences, "sequence", "Sequence stage, in place of the preset's");
}

/// What the presets stand for, as a table.
std::string presets_text() {
  std::ostringstream text;
  text << "Presets:\n";
  for (const auto& name : preset_names()) {
    const Run run = preset(name);
    text << "  " << name << ": " << data_text(run) << (data_text(run).empty() ? "" : ", ") << "width-divisor "
         << run.width_divisor;
    if (variants().size() > 1) text << ", networks " << run.variant;
    if (run.films > 0) text << ", films " << run.films;
    text << ", seed " << run.seed;
    if (run.checkpoint_every > 0) text << ", checkpoint-every " << run.checkpoint_every;
    if (run.checkpoint_minutes > 0) text << ", checkpoint-minutes " << run.checkpoint_minutes;
    if (run.frames_learn_on) text << ", frames-learn-on";
    text << "\n";
    for (const auto& [stage, numbers] : {std::pair("frame", run.frames), std::pair("sequence", run.sequences)}) {
      text << "    " << stage << ": steps " << numbers.steps << ", batch " << numbers.batch_size << ", discriminators "
           << numbers.discriminators << ", " << numbers.optimizer << ", learning rates "
           << numbers.generator_learning_rate << " and " << numbers.discriminator_learning_rate;
      const char* separator = ",\n      ";
      for (const auto& [option, value] :
           {std::pair("learning-rate-decay", numbers.learning_rate_decay),
            std::pair("weight-average", numbers.weight_average), std::pair("spectral-norm", numbers.spectral_norm)})
        if (value != 0) text << std::exchange(separator, ", ") << option << " " << value;
      text << "\n";
    }
  }
  text << networks_text();
  return text.str();
}

Stages stages_named(const std::string& name) {
  return name == "frames" ? Stages::frames : name == "sequences" ? Stages::sequences : Stages::both;
}

} // namespace

CLI::App* add_train(CLI::App& app, TrainCommand& command) {
  auto* train_app = app.add_subcommand(
      "train",
      "Train both stages; Ctrl-C saves and leaves. Writes pictures, Table 1, losses, generators and a checkpoint.");
  train_app->add_option("--preset", command.preset, presets_summary() + "; see below")
      ->option_text("NAME")
      ->check(one_of(preset_names()));
  train_app
      ->add_option("--output", command.output, "folder to write into (default: " + default_folder("<preset>") + ")")
      ->type_name("FOLDER");
  const auto name_stage = [&command](const std::string& name) { command.stages = stages_named(name); };
  train_app
      ->add_option_function<std::string>(
          "--stage", name_stage, "frames, sequences or both (default); sequences needs --resume or --frames-from")
      ->option_text("NAME")
      ->check(one_of({"frames", "sequences", "both"}));
  auto* resume = train_app->add_flag("--resume", command.resume, "go on from the checkpoint in the output folder")
                     ->option_text(" ");
  auto* frames_from = train_app->add_option(
      "--frames-from", command.frames_from,
      "file or folder of a frame generator, of zoetrope or PyTorch: --stage sequences begins with it");
  frames_from->type_name("PATH")->excludes(resume);
  train_app
      ->add_option("--frames-prefix", command.frames_prefix,
                   "what stands before the names in the file of --frames-from, such as module. or _orig_mod.")
      ->option_text("TEXT")
      ->needs(frames_from);
  train_app
      ->add_option("--sequences-from", command.sequences_from,
                   "file or folder of a sequence generator of zoetrope, which learns on from there")
      ->option_text("PATH")
      ->excludes(resume)
      ->needs(frames_from);
  train_app
      ->add_option("--minutes", command.minutes,
                   "stop after so long, save and draw; the frame stage may take all of it")
      ->option_text("N")
      ->check(positive_number());
  train_app->add_flag("--overwrite", command.overwrite, "begin anew in a folder that holds a run")
      ->option_text(" ")
      ->excludes(resume);
  add_threads_option(*train_app, command.threads);
  add_device_options(*train_app, command.device_choice);
  add_run_numbers(*train_app, command.numbers);
  train_app->footer(presets_text());
  return train_app;
}

void check_train(const CLI::App& train_app, const TrainCommand& command) {
  const bool given = train_app.count("--frames-from") > 0;
  if (command.stages == Stages::sequences && !command.resume && !given)
    throw CLI::ValidationError("--stage sequences",
                               "goes on from a frame stage, so it needs --resume or --frames-from");
  if (given && command.stages != Stages::sequences)
    throw CLI::ValidationError("--frames-from", "takes the frame stage's place, so it needs --stage sequences");
}

} // namespace program
