#include "commands.hpp"

#include "report.hpp"

#include <zoetrope/io/safetensors.hpp>
#include <zoetrope/train/observers.hpp>

#include <unistd.h>

#include <iostream>
#include <optional>

namespace bouncing_balls {

namespace {

namespace fs = std::filesystem;

constexpr const char* checkpoint_name = "checkpoint.safetensors";
constexpr const char* frame_generator_name = "frame_generator.safetensors";
constexpr const char* sequence_generator_name = "sequence_generator.safetensors";
constexpr int interrupted_code = 130;

Run run_of(const zoetrope::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  zoetrope::require(found != file.metadata().end(), "in '", file.path().string(),
                    "': expected a file of this program, but its metadata has no '", key, "'");
  return parse_run(found->second, file.path().string());
}

void write_text(const fs::path& path, const std::string& text) {
  zoetrope::write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  zoetrope::require(!error && fs::is_directory(folder), "the output folder '", folder.string(),
                    "' cannot be made: ", error ? error.message() : "something else of this name is there");
}

/// Both generators of a run's folder.
struct Trained {
  Run run;
  std::unique_ptr<Session> session;
};

Trained load_trained(const fs::path& folder) {
  const zoetrope::SafetensorsFile frames(folder / frame_generator_name), sequences(folder / sequence_generator_name);
  Trained result{.run = run_of(frames, run_key), .session = nullptr};
  result.session = make_session(result.run);
  result.session->load_frame_generator(frames);
  result.session->load_sequence_generator(sequences);
  return result;
}

/// What a resumed run may not change, since it would be no run that anybody could repeat.
void check_resumed(const Run& before, const Run& after, const fs::path& folder) {
  const auto same = [&](const char* what, auto old_value, auto new_value) {
    zoetrope::require(old_value == new_value, "the run in '", folder.string(), "' has ", what, " ", old_value,
                      ": --resume cannot make it ", new_value);
  };
  same("balls", before.balls, after.balls);
  same("films", before.films, after.films);
  same("frame batch", before.frames.batch_size, after.frames.batch_size);
  same("sequence batch", before.sequences.batch_size, after.sequences.batch_size);
}

/// Trains one run: what watches it, and what it leaves in its folder.
class Training {
public:
  Training(const TrainCommand& command, const Run& run, const fs::path& folder,
           const std::optional<zoetrope::SafetensorsFile>& checkpoint)
      : run_(run), folder_(folder), session_(make_session(run)), progress_(std::cout, isatty(STDOUT_FILENO) == 1),
        stages_(command.stages) {
    if (checkpoint) session_->load_checkpoint(*checkpoint);
    losses_.emplace(folder / "losses.csv", session_->frame_steps() + session_->sequence_steps());
  }

  /// False where Ctrl-C stopped it.
  bool train() {
    const bool completed = train_stages();
    progress_.end_line();
    return completed;
  }

  [[nodiscard]] Session& session() { return *session_; }

private:
  bool train_stages() {
    const AnyBalls data{.balls = run_.balls, .seed = run_.seed, .films = run_.films};
    const auto watch = [this](const zoetrope::StepReport& report) { return after_step(report); };
    if (stages_ == Stages::frames || (stages_ == Stages::both && session_->sequence_steps() == 0)) {
      const bool completed = session_->train_frames(data, watch);
      save();
      session_->save_frame_generator(folder_ / frame_generator_name);
      write_frames_picture(*session_, run_, folder_);
      if (!completed) return false;
    }
    if (stages_ != Stages::frames) {
      zoetrope::require(session_->frame_steps() >= run_.frames.steps, "the frame stage has done ",
                        session_->frame_steps(), " of ", run_.frames.steps,
                        " steps: finish it before the sequence stage freezes the frame generator");
      const bool completed = session_->train_sequences(data, watch);
      save();
      session_->save_sequence_generator(folder_ / sequence_generator_name);
      if (!completed) return false;
    }
    return true;
  }

  zoetrope::Flow after_step(const zoetrope::StepReport& report) {
    progress_(report);
    (*losses_)(report);
    if (report.step % run_.checkpoint_every == 0) save();
    return interrupt_(report);
  }

  void save() {
    // The table first: a resumed run expects every row up to the checkpoint.
    losses_->flush();
    session_->save_checkpoint(folder_ / checkpoint_name);
  }

  Run run_;
  fs::path folder_;
  std::unique_ptr<Session> session_;
  zoetrope::Progress progress_;
  Stages stages_;
  std::optional<zoetrope::LossTable> losses_;
  zoetrope::StopOnInterrupt interrupt_;
};

} // namespace

int train(const TrainCommand& command) {
  const std::string preset_name = command.preset.empty() ? "demo" : command.preset;
  const fs::path folder = command.output.empty() ? fs::path("runs") / preset_name : command.output;
  const fs::path checkpoint_path = folder / checkpoint_name;
  std::optional<zoetrope::SafetensorsFile> checkpoint;
  Run run;
  if (command.resume) {
    checkpoint.emplace(checkpoint_path);
    run = run_of(*checkpoint, std::string("note.") + run_key);
    zoetrope::require(command.preset.empty() || command.preset == run.preset, "the run in '", folder.string(),
                      "' has preset ", run.preset, ", so it cannot go on with preset ", command.preset);
  } else {
    zoetrope::require(command.overwrite || !fs::exists(checkpoint_path), "'", folder.string(),
                      "' holds a run already: --resume goes on with it, --overwrite begins anew, --output names "
                      "another folder");
    run = preset(preset_name);
  }
  const Run before = run;
  run = command.override_numbers(run);
  if (command.resume) check_resumed(before, run, folder);
  make_folder(folder);

  Training training(command, run, folder, checkpoint);
  checkpoint.reset();
  if (!training.train()) {
    std::cout << "Stopped and saved. Go on with: train --resume --output " << folder.string() << "\n";
    return interrupted_code;
  }
  std::cout << "Frames: " << (folder / "frames.png").string() << "\n";
  if (command.stages != Stages::frames) {
    write_films(training.session(), run, 3, folder);
    const auto evaluation = evaluate(training.session(), run, 30, 1000);
    write_text(folder / "table1.md", evaluation.markdown());
    std::cout << "Films:  " << (folder / "films.png").string() << " and film-0.gif, film-1.gif, film-2.gif\n"
              << "Table:  " << (folder / "table1.md").string() << "\n\n"
              << evaluation.markdown();
  }
  return 0;
}

int sample(const SampleCommand& command) {
  auto trained = load_trained(command.run);
  if (command.seed != 0) trained.run.seed = command.seed;
  const fs::path folder = command.output.empty() ? command.run : command.output;
  make_folder(folder);
  write_frames_picture(*trained.session, trained.run, folder);
  write_films(*trained.session, trained.run, command.films, folder);
  std::cout << "frames.png, films.png and " << command.films << " films are in " << folder.string() << "\n";
  return 0;
}

int evaluate(const EvaluateCommand& command) {
  auto trained = load_trained(command.run);
  const auto evaluation = evaluate(*trained.session, trained.run, command.films, command.frames);
  write_text(command.run / "table1.md", evaluation.markdown());
  std::cout << evaluation.markdown();
  return command.check && !evaluation.good() ? 1 : 0;
}

} // namespace bouncing_balls
