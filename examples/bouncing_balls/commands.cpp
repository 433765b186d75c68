#include "commands.hpp"

#include "evaluation.hpp"
#include "loss_curves.hpp"
#include "pictures.hpp"
#include "report.hpp"

#include <zoetrope/io/safetensors.hpp>
#include <zoetrope/train/observers.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <iostream>
#include <optional>
#include <ratio>
#include <tuple>

namespace bouncing_balls {

namespace {

namespace fs = std::filesystem;

constexpr const char* checkpoint_name = "checkpoint.safetensors";
constexpr const char* frame_generator_name = "frame_generator.safetensors";
constexpr const char* sequence_generator_name = "sequence_generator.safetensors";
constexpr const char* losses_name = "losses.csv";
constexpr int interrupted_code = 130;

fs::path report_folder(const fs::path& run) { return run / "report"; }

Run run_of(const zoetrope::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  zoetrope::require(found != file.metadata().end(), "in '", file.path().string(),
                    "': expected a file of this program, but its metadata has no '", key, "'");
  return parse_run(found->second, file.path().string());
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  zoetrope::require(!error && fs::is_directory(folder), "the output folder '", folder.string(),
                    "' cannot be made: ", error ? error.message() : "something else of this name is there");
}

/// Keeps a second program from training into the same folder while it lives.
class FolderLock {
public:
  explicit FolderLock(const fs::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    // Some file systems have no locks; training goes on there.
    zoetrope::require(::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK,
                      "another program is training into '", folder.string(), "'");
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() { ::close(descriptor_); }

private:
  int descriptor_;
};

/// Removes what a run left in its folder, the checkpoint first, so that nothing of it can be taken for the new run's.
void remove_results(const fs::path& folder) {
  std::vector<fs::path> results{folder / checkpoint_name, folder / sequence_generator_name,
                                report_folder(folder) / report_name};
  for (const char* name : {frame_generator_name, losses_name, "table1.md", "frames.png", "films.png", "films.gif"})
    results.push_back(folder / name);
  for (int film = 0; fs::exists(folder / film_name(film)); ++film) results.push_back(folder / film_name(film));
  for (const auto& path : results) {
    std::error_code error;
    fs::remove(path, error);
    zoetrope::require(!error, "'", path.string(), "' cannot be overwritten: ", error.message());
  }
}

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Trained load_trained(const fs::path& folder, const Place& place) {
  const zoetrope::SafetensorsFile frames(folder / frame_generator_name), sequences(folder / sequence_generator_name);
  Trained result{.run = run_of(frames, run_key), .session = nullptr};
  const Run of_sequences = run_of(sequences, run_key);
  zoetrope::require(result.run.seed == of_sequences.seed && result.run.balls == of_sequences.balls,
                    "the generators in '", folder.string(), "' are of two runs: the frame generator has seed ",
                    result.run.seed, " and balls ", result.run.balls, ", the sequence generator seed ",
                    of_sequences.seed, " and balls ", of_sequences.balls);
  result.session = make_session(result.run, place);
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
  same("seed", before.seed, after.seed);
  same("width divisor", before.width_divisor, after.width_divisor);
  for (const auto& [stage, old_stage, new_stage] : {std::tuple("frame ", before.frames, after.frames),
                                                    std::tuple("sequence ", before.sequences, after.sequences)}) {
    const std::string name = stage;
    same((name + "batch").c_str(), old_stage.batch_size, new_stage.batch_size);
    same((name + "discriminators").c_str(), old_stage.discriminators, new_stage.discriminators);
    same((name + "optimizer").c_str(), old_stage.optimizer, new_stage.optimizer);
  }
}

/// Begins the sequence stage of @p run with the frame generator of @p file. Throws zoetrope::Error where it draws
/// nothing.
void begin_sequences(Session& session, const Run& run, const zoetrope::SafetensorsFile& file) {
  session.begin_sequences_from(file);
  const auto samples = session.sample_frames(64, run.seed);
  zoetrope::require(std::all_of(samples.begin(), samples.end(), [](float value) { return std::isfinite(value); }),
                    "in '", file.path().string(), "': the frames of this generator are not all finite numbers");
  // A file of PyTorch may have a 'run' that means something else.
  if (!file.metadata().contains("architecture") || !file.metadata().contains(run_key)) return;
  const int balls = run_of(file, run_key).balls;
  if (balls != run.balls)
    std::cout << "Note: the frame generator is of a run with balls " << balls << ", this one has balls " << run.balls
              << ".\n";
}

enum class Ending { completed, interrupted, out_of_time };

/// Trains one run: what watches it, and what it leaves in its folder.
class Training {
public:
  /// @p frames is the frame generator that takes the frame stage's place, where one does.
  Training(const TrainCommand& command, const Run& run, const fs::path& folder,
           const std::optional<zoetrope::SafetensorsFile>& checkpoint,
           const std::optional<zoetrope::SafetensorsFile>& frames)
      : run_(run), folder_(folder), session_(make_session(run, command.place)),
        progress_(std::cout, isatty(STDOUT_FILENO) == 1, terminal_columns()), stages_(command.stages),
        minutes_(command.minutes) {
    if (checkpoint) session_->load_checkpoint(*checkpoint);
    if (frames) begin_sequences(*session_, run, *frames);
    if (command.overwrite) remove_results(folder);
    losses_.emplace(folder / losses_name, session_->frame_steps() + session_->sequence_steps());
    if (frames) write_frames();
  }

  Ending train() {
    const zoetrope::StopOnInterrupt stop_on_interrupt;
    if (run_.checkpoint_every > 0)
      every_steps_.emplace(run_.checkpoint_every, [this](const auto& report) { save_and_draw(report.stage); });
    if (run_.checkpoint_minutes > 0)
      every_minutes_.emplace(Minutes(run_.checkpoint_minutes),
                             [this](const auto& report) { save_and_draw(report.stage); });
    if (minutes_) stop_after_.emplace(Minutes(*minutes_));
    const bool completed = train_stages();
    progress_.end_line();
    if (completed) return Ending::completed;
    return zoetrope::StopOnInterrupt::interrupted() ? Ending::interrupted : Ending::out_of_time;
  }

  [[nodiscard]] Session& session() { return *session_; }

private:
  using Minutes = std::chrono::duration<double, std::ratio<60>>;

  /// False where Ctrl-C or the time stopped it.
  bool train_stages() {
    const AnyBalls data{.balls = run_.balls, .seed = run_.seed, .films = run_.films};
    const auto watch = [this](const zoetrope::StepReport& report) { return after_step(report); };
    const bool frames_left = session_->sequence_steps() == 0 && !run_.frames_given;
    if (stages_ == Stages::frames || (stages_ == Stages::both && frames_left)) {
      const bool completed = session_->train_frames(data, watch);
      save();
      write_frames();
      if (!completed) return false;
    }
    if (stages_ != Stages::frames) {
      zoetrope::require(run_.frames_given || session_->frame_steps() >= run_.frames.steps, "the frame stage has done ",
                        session_->frame_steps(), " of ", run_.frames.steps,
                        " steps: finish it before the sequence stage freezes the frame generator");
      const bool completed = session_->train_sequences(data, watch);
      save();
      session_->save_sequence_generator(folder_ / sequence_generator_name, zoetrope::StoredWeights::exact);
      if (!completed) return false;
    }
    return true;
  }

  zoetrope::Flow after_step(const zoetrope::StepReport& report) {
    progress_(report);
    (*losses_)(report);
    if (every_steps_) (*every_steps_)(report);
    if (every_minutes_) (*every_minutes_)(report);
    if (zoetrope::StopOnInterrupt::interrupted()) return zoetrope::Flow::stop;
    return stop_after_ ? (*stop_after_)(report) : zoetrope::Flow::carry_on;
  }

  void write_frames() {
    session_->save_frame_generator(folder_ / frame_generator_name, zoetrope::StoredWeights::exact);
    write_frames_picture(*session_, run_, folder_);
  }

  void save() {
    // The table first: a resumed run expects every row up to the checkpoint.
    losses_->flush();
    session_->save_checkpoint(folder_ / checkpoint_name);
    if (every_minutes_) every_minutes_->restart();
  }

  /// The pictures show how far training is.
  void save_and_draw(std::string_view stage) {
    save();
    if (stage == "frames")
      write_frames_picture(*session_, run_, folder_);
    else
      write_films_picture(*session_, run_, folder_);
  }

  Run run_;
  fs::path folder_;
  std::unique_ptr<Session> session_;
  zoetrope::Progress progress_;
  std::optional<zoetrope::Every> every_steps_;
  std::optional<zoetrope::EveryInterval> every_minutes_;
  std::optional<zoetrope::StopAfter> stop_after_;
  Stages stages_;
  std::optional<double> minutes_;
  std::optional<zoetrope::LossTable> losses_;
};

/// The file that --frames-from names. Throws zoetrope::Error where the run would write over it.
fs::path given_file(const fs::path& frames_from, const fs::path& folder) {
  std::error_code error;
  const fs::path file = fs::is_directory(frames_from, error) ? frames_from / frame_generator_name : frames_from;
  zoetrope::require(!fs::equivalent(file, folder / frame_generator_name, error), "the run would write over '",
                    file.string(), "', which it begins with: --output names another folder");
  return file;
}

/// What the same command needs to go on with a run that was stopped.
std::string resume_option(const TrainCommand& command) {
  std::vector<std::string> replaced;
  if (command.frames_from) replaced.emplace_back("--frames-from");
  if (command.overwrite) replaced.emplace_back("--overwrite");
  return replaced.empty() ? "--resume" : "--resume in place of " + listed(replaced, "and");
}

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
    run.frames_given = command.frames_from.has_value();
  }
  const Run before = run;
  run = command.override_numbers(run);
  if (command.resume) check_resumed(before, run, folder);
  std::optional<zoetrope::SafetensorsFile> frames;
  if (command.frames_from) frames.emplace(given_file(*command.frames_from, folder));
  make_folder(folder);
  const FolderLock lock(folder);

  Training training(command, run, folder, checkpoint, frames);
  checkpoint.reset();
  frames.reset();
  const Ending ending = training.train();
  if (ending == Ending::interrupted) {
    std::cout << "Stopped, and saved in " << folder.string() << ". The same command with " << resume_option(command)
              << " goes on.\n";
    return interrupted_code;
  }
  std::cout << "Frames: " << (folder / "frames.png").string() << "\n";
  if (training.session().sequence_steps() > 0) {
    write_films_picture(training.session(), run, folder);
    write_films(training.session(), run, 3, folder);
    const auto evaluation = evaluate(training.session(), run, 30, 1000);
    zoetrope::write_text(folder / "table1.md", evaluation.markdown());
    std::cout << "Films:  " << (folder / "films.png").string() << " and film-0.gif, film-1.gif, film-2.gif\n"
              << "Table:  " << (folder / "table1.md").string() << "\n\n"
              << evaluation.markdown();
  }
  if (ending == Ending::out_of_time)
    std::cout << "Stopped after " << *command.minutes << (*command.minutes == 1 ? " minute" : " minutes")
              << ", and saved in " << folder.string() << "; the same command with " << resume_option(command)
              << " goes on.\n";
  return 0;
}

int sample(const SampleCommand& command) {
  auto trained = load_trained(command.run, command.place);
  trained.run.seed = command.seed.value_or(trained.run.seed);
  const fs::path folder = command.output.empty() ? command.run : command.output;
  make_folder(folder);
  write_frames_picture(*trained.session, trained.run, folder);
  write_films_picture(*trained.session, trained.run, folder);
  write_films(*trained.session, trained.run, command.films, folder);
  std::cout << "frames.png, films.png and " << command.films << " films are in " << folder.string() << "\n";
  return 0;
}

int evaluate(const EvaluateCommand& command) {
  auto trained = load_trained(command.run, command.place);
  const auto evaluation = evaluate(*trained.session, trained.run, command.films, command.frames);
  zoetrope::write_text(command.run / "table1.md", evaluation.markdown());
  std::cout << evaluation.markdown();
  return command.check && !evaluation.good() ? 1 : 0;
}

int report(const ReportCommand& command) {
  auto trained = load_trained(command.run, command.place);
  std::optional<Trained> frames;
  if (!command.frames_from.empty()) frames = load_trained(command.frames_from, command.place);
  const fs::path folder = command.output.empty() ? report_folder(command.run) : command.output;
  make_folder(folder);
  write_report(trained, frames ? &*frames : nullptr, command.run / losses_name, folder, command.settings, std::cout);
  std::cout << "Report: " << (folder / report_name).string() << "\n";
  return 0;
}

int export_generators(const ExportCommand& command) {
  const auto trained = load_trained(command.run, {});
  const bool same = fs::exists(command.output) && fs::equivalent(command.run, command.output);
  zoetrope::require(!same, "'", command.output.string(), "' is the run's own folder: name another one");
  make_folder(command.output);
  trained.session->save_frame_generator(command.output / frame_generator_name, zoetrope::StoredWeights::half);
  trained.session->save_sequence_generator(command.output / sequence_generator_name, zoetrope::StoredWeights::half);
  constexpr int rows = 400;
  if (fs::exists(command.run / losses_name))
    zoetrope::write_text(command.output / losses_name, thinned_losses(command.run / losses_name, rows));
  std::cout << "Generators in 16 bits: " << command.output.string() << "\n";
  return 0;
}

} // namespace bouncing_balls
