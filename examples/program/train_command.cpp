#include "activity.hpp"
#include "commands.hpp"
#include "evaluation.hpp"
#include "networks.hpp"
#include "pictures.hpp"
#include "presets.hpp"
#include "read_data.hpp"
#include "results.hpp"
#include "run_check.hpp"
#include "run_folder.hpp"
#include "this_program.hpp"
#include "training.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/io/file.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace program {

namespace fs = std::filesystem;

namespace {

constexpr int interrupted_code = 130;

/// What a resumed run may not change, since it would be no run that anybody could repeat.
void check_resumed(const Run& before, const Run& after, const fs::path& folder) {
  const auto same = [&](const char* what, auto old_value, auto new_value) {
    zoetrope::require(old_value == new_value, "the run in '", folder.string(), "' has ", what, " ", old_value,
                      ": --resume cannot make it ", new_value);
  };
  same("balls", before.balls, after.balls);
  // Films that lie elsewhere now may be the same: the checkpoint remembers what they are.
  if (before.files && after.files) {
    const auto quoted = [](const std::string& text) { return "'" + text + "'"; };
    const auto range = [](const FilesRun& files) {
      return files.range.size() == 2
                 ? zoetrope::number_text(files.range[0]) + " " + zoetrope::number_text(files.range[1])
                 : std::string("as found");
    };
    same("crop", before.files->crop, after.files->crop);
    same("stride", before.files->stride, after.files->stride);
    same("frames per second", before.files->frames_per_second, after.files->frames_per_second);
    same("mirrored clips:", std::string(before.files->mirrored ? "yes" : "no"), after.files->mirrored ? "yes" : "no");
    same("axes", quoted(before.files->axes), quoted(after.files->axes));
    same("data set", quoted(before.files->dataset), quoted(after.files->dataset));
    same("range", range(*before.files), range(*after.files));
  }
  same("films", before.films, after.films);
  same("seed", before.seed, after.seed);
  same("width divisor", before.width_divisor, after.width_divisor);
  same("networks", before.variant, after.variant);
  same("frames that learn on:", std::string(before.frames_learn_on ? "yes" : "no"),
       after.frames_learn_on ? "yes" : "no");
  for (const auto& [stage, old_stage, new_stage] : {std::tuple("frame ", before.frames, after.frames),
                                                    std::tuple("sequence ", before.sequences, after.sequences)}) {
    const std::string name = stage;
    same((name + "batch").c_str(), old_stage.batch_size, new_stage.batch_size);
    same((name + "discriminators").c_str(), old_stage.discriminators, new_stage.discriminators);
    same((name + "optimizer").c_str(), old_stage.optimizer, new_stage.optimizer);
    same((name + "learning rate decay").c_str(), old_stage.learning_rate_decay, new_stage.learning_rate_decay);
    same((name + "weight average").c_str(), old_stage.weight_average, new_stage.weight_average);
    same((name + "spectral norm").c_str(), old_stage.spectral_norm, new_stage.spectral_norm);
  }
}

/// The file @p name that --frames-from or --sequences-from means. Throws zoetrope::Error where the run would write over
/// it.
fs::path given_file(const fs::path& given, const char* name, const fs::path& folder) {
  std::error_code error;
  const fs::path file = fs::is_directory(given, error) ? given / name : given;
  zoetrope::require(!fs::equivalent(file, folder / name, error), "the run would write over '", file.string(),
                    "', which it begins with: --output names another folder");
  return file;
}

/// What the same command needs to go on with a run that was stopped.
std::string resume_option(const TrainCommand& command) {
  std::vector<std::string> replaced;
  if (command.frames_from) replaced.emplace_back("--frames-from");
  if (!command.frames_prefix.empty()) replaced.emplace_back("--frames-prefix");
  if (command.sequences_from) replaced.emplace_back("--sequences-from");
  if (command.overwrite) replaced.emplace_back("--overwrite");
  return replaced.empty() ? "--resume" : "--resume in place of " + listed(replaced, "and");
}

Run resumed_run(const TrainCommand& command, const fs::path& folder, const zoetrope::SafetensorsFile& checkpoint) {
  const Run before = run_of(checkpoint, std::string("note.") + run_key);
  zoetrope::require(command.preset.empty() || command.preset == before.preset, "the run in '", folder.string(),
                    "' has preset ", before.preset, ", so it cannot go on with preset ", command.preset);
  const Run run = with_numbers(with_data(before, command.numbers), command.numbers);
  check_run(run, "the run");
  check_resumed(before, run, folder);
  return run;
}

Run new_run(const TrainCommand& command, const std::string& preset_name) {
  Run run = preset(preset_name);
  run.frames_given = command.frames_from.has_value();
  run.sequences_given = command.sequences_from.has_value();
  run = with_data(run, command.numbers);
  if (run.files) run.films = 1; // their files say how many
  run = with_numbers(run, command.numbers);
  (void)to_text(run); // where a path cannot be remembered, better now than after films were read
  check_run(run, "the run");
  return run;
}

/// Throws zoetrope::Error where a new run would write over something.
void require_free(const fs::path& folder) {
  const auto held = held_result(folder);
  zoetrope::require(held != checkpoint_name, "'", folder.string(),
                    "' holds a run already: --resume goes on with it, --overwrite begins anew, --output names "
                    "another folder");
  zoetrope::require(!held, "'", folder.string(), "' holds '", held.value_or(""),
                    "' already: --overwrite begins anew, --output names another folder");
}

void write_films_and_table(Session& session, const Data& data, std::uint64_t seed, const fs::path& folder) {
  bool drawn = false;
  const auto evaluation = [&] {
    const Activity activity("drawing and measuring films", Activity::Trace::none);
    drawn = warn_of_pictures([&] {
      write_films_picture(session, &data, seed, folder);
      write_films(session, seed, 3, folder);
    });
    return evaluate(session, data, seed, 30, 1000);
  }();
  zoetrope::write_text(folder / table_name, evaluation.markdown());
  if (drawn) std::cout << "Films:  " << (folder / "films.png").string() << " and film-0.gif, film-1.gif, film-2.gif\n";
  std::cout << "Table:  " << (folder / table_name).string() << "\n\n" << evaluation.markdown();
}

} // namespace

int train(const TrainCommand& command) {
  use_threads(command.threads);
  const std::string preset_name = command.preset.empty() ? presets().front().preset : command.preset;
  const fs::path folder = command.output.empty() ? fs::path(default_folder(preset_name)) : command.output;
  std::optional<zoetrope::SafetensorsFile> checkpoint;
  GivenGenerators given;
  // No folder is made for a command that cannot be done.
  if (command.frames_from) given.frames.emplace(given_file(*command.frames_from, frame_generator_name, folder));
  if (command.sequences_from)
    given.sequences.emplace(given_file(*command.sequences_from, sequence_generator_name, folder));
  Run run;
  std::unique_ptr<Data> data;
  if (command.resume) {
    zoetrope::require(fs::is_directory(folder), "there is no file '", (folder / checkpoint_name).string(),
                      "' to go on from");
  } else {
    run = new_run(command, preset_name);
    if (!command.overwrite) require_free(folder);
    data = read_data(run);
    if (run.files) {
      run.films = data->size();
      run = with_numbers(run, command.numbers); // epochs are of films
      check_run(run, "the run");
    }
    make_folder(folder);
  }
  // Before anything in the folder is looked at: what another program writes there meanwhile would be lost.
  const FolderLock lock(folder);
  if (command.resume) {
    checkpoint.emplace(folder / checkpoint_name);
    run = resumed_run(command, folder, *checkpoint);
    data = read_data(run);
  } else if (!command.overwrite) {
    require_free(folder);
  }

  if (const auto text = remark(run); !text.empty()) std::cout << "Note: " << text << "\n";
  if (run.frames_learn_on && !judges_frames(run))
    std::cout << "Note: the frame generator learns in the sequence stage too, where no discriminator of these networks "
                 "judges single frames, so they may blur, and draws from the prior become worse\n";
  Training training(command, run, *data, folder, checkpoint, given);
  checkpoint.reset();
  given = {};
  const Ending ending = training.train();
  if (ending == Ending::interrupted) {
    std::cout << "Stopped, and saved in " << folder.string() << ". The same command with " << resume_option(command)
              << " goes on.\n";
    return interrupted_code;
  }
  std::cout << "Frames: " << (folder / "frames.png").string() << "\n";
  if (training.session().sequence_steps() > 0) write_films_and_table(training.session(), *data, run.seed, folder);
  if (ending == Ending::out_of_time)
    std::cout << "Stopped after " << *command.minutes << (*command.minutes == 1 ? " minute" : " minutes")
              << ", and saved in " << folder.string() << "; the same command with " << resume_option(command)
              << " goes on.\n";
  return 0;
}

} // namespace program
