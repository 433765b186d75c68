#include "training.hpp"

#include "pictures.hpp"
#include "results.hpp"
#include "run_folder.hpp"
#include "this_program.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <iostream>

namespace program {

namespace fs = std::filesystem;

namespace {

/// Says where the generator of @p file is of a run with other data than @p run.
void compare_data(const char* generator, const zoetrope::SafetensorsFile& file, const Run& run) {
  // A file of PyTorch may have a 'run' that means something else.
  if (!file.metadata().contains("architecture") || !file.metadata().contains(run_key)) return;
  const Run other = parse_run(file.metadata().at(run_key), file.path().string());
  check_data(other, "in '" + file.path().string() + "'"); // of the rest nothing is left in a generator
  if (data_text(other) != data_text(run))
    std::cout << "Note: the " << generator << " generator is of a run with " << data_text(other) << ", this one has "
              << data_text(run) << ".\n";
}

void check_finite(const std::vector<float>& samples, const char* what, const zoetrope::SafetensorsFile& file) {
  zoetrope::require(std::all_of(samples.begin(), samples.end(), [](float value) { return std::isfinite(value); }),
                    "in '", file.path().string(), "': the ", what, " of this generator are not all finite numbers");
}

/// Begins the sequence stage of @p run with generators from files. Throws zoetrope::Error where they draw nothing.
void begin_sequences(Session& session, const Run& run, const GivenGenerators& given, const std::string& prefix) {
  session.begin_sequences_from(*given.frames, prefix);
  check_finite(session.sample_frames(64, run.seed), "frames", *given.frames);
  compare_data("frame", *given.frames, run);
  if (!given.sequences) return;
  zoetrope::require(given.sequences->metadata().contains("architecture"), "in '", given.sequences->path().string(),
                    "': expected a sequence generator of zoetrope, but its metadata has no 'architecture', so how it ",
                    "ends is not known");
  session.load_sequence_generator(*given.sequences);
  check_finite(session.sample_latents(8, run.seed), "latents", *given.sequences);
  compare_data("sequence", *given.sequences, run);
  const auto &metadata = given.sequences->metadata(), &of_frames = given.frames->metadata();
  const auto learnt_with = metadata.find(frame_checksum_key), checksum = of_frames.find(zoetrope::checksum_key);
  if (learnt_with != metadata.end() && (checksum == of_frames.end() || checksum->second != learnt_with->second))
    std::cout << "Note: the sequence generator has learnt with another frame generator.\n";
}

} // namespace

Training::Training(const TrainCommand& command, const Run& run, const Data& data, const fs::path& folder,
                   const std::optional<zoetrope::SafetensorsFile>& checkpoint, const GivenGenerators& given)
    : run_(run), data_(data), folder_(folder), session_(make_session(run, command.device_choice)), progress_(std::cout),
      stages_(command.stages), minutes_(command.minutes) {
  if (run_.files) session_->note(data_key, data.description());
  if (checkpoint) session_->load_checkpoint(*checkpoint);
  if (given.frames) begin_sequences(*session_, run, given, command.frames_prefix);
  if (command.overwrite) remove_results(folder);
  losses_.emplace(folder / losses_name,
                  std::initializer_list<zoetrope::StageSteps>{{"frames", session_->frame_steps()},
                                                              {"sequences", session_->sequence_steps()}},
                  zoetrope::LossColumns::with_diversity);
  if (losses_->missing_rows() > 0)
    std::cout << "Note: " << (folder / losses_name).string() << " has no row for " << losses_->missing_rows()
              << " of the steps done.\n";
  if (given.frames) save_and_draw_frames();
}

Ending Training::train() {
  const zoetrope::StopOnInterrupt stop_on_interrupt;
  if (run_.checkpoint_every > 0)
    every_steps_.emplace(run_.checkpoint_every, [this](const auto& report) { save_and_draw(report.stage); });
  if (run_.checkpoint_minutes > 0)
    every_minutes_.emplace(Minutes(run_.checkpoint_minutes),
                           [this](const auto& report) { save_and_draw(report.stage); });
  if (minutes_) stop_after_.emplace(Minutes(*minutes_));
  const bool completed = train_stages();
  if (completed) return Ending::completed;
  return zoetrope::StopOnInterrupt::interrupted() ? Ending::interrupted : Ending::out_of_time;
}

bool Training::train_stages() {
  const auto watch = [this](const zoetrope::StepReport& report) { return after_step(report); };
  const bool frames_left = session_->sequence_steps() == 0 && !run_.frames_given;
  if (stages_ == Stages::frames || (stages_ == Stages::both && frames_left)) {
    const bool completed = session_->train_frames(data_, watch);
    progress_.end_line();
    save();
    save_and_draw_frames();
    if (!completed) return false;
  }
  if (stages_ != Stages::frames) {
    zoetrope::require(run_.frames_given || session_->frame_steps() >= run_.frames.steps, "the frame stage has done ",
                      session_->frame_steps(), " of ", run_.frames.steps,
                      " steps: finish it before the sequence stage begins with its frame generator");
    const bool completed = session_->train_sequences(data_, watch);
    progress_.end_line();
    save();
    if (run_.frames_learn_on) save_frame_generator();
    session_->save_sequence_generator(folder_ / sequence_generator_name, zoetrope::StoredWeights::exact,
                                      folder_ / frame_generator_name);
    if (run_.frames_learn_on) draw_frames();
    if (!completed) return false;
  }
  return true;
}

zoetrope::Flow Training::after_step(const zoetrope::StepReport& report) {
  note_diversity(report);
  progress_(report);
  (*losses_)(report);
  if (every_steps_) (*every_steps_)(report);
  if (every_minutes_) (*every_minutes_)(report);
  if (zoetrope::StopOnInterrupt::interrupted()) return zoetrope::Flow::stop;
  return stop_after_ ? (*stop_after_)(report) : zoetrope::Flow::carry_on;
}

void Training::note_diversity(const zoetrope::StepReport& report) {
  // At steps that do not depend on how many there will be: a resumed run leaves the same table.
  constexpr std::uint64_t every = 50;
  if (report.step % every != 0) return;
  const bool frames = report.stage == "frames";
  // Repeated films would be nearest to one another.
  const int count = static_cast<int>(std::min<std::uint64_t>(frames ? 64 : 16, data_.size()));
  if (count < 2) return;
  if (measured_stage_ != report.stage) {
    measured_stage_ = report.stage;
    real_samples_ = frames ? real_frames(data_, count) : real_films(data_, count);
  }
  const auto found =
      zoetrope::diversity(frames ? session_->sample_frames(count, run_.seed) : session_->sample_films(count, run_.seed),
                          real_samples_, count);
  losses_->note_diversity(found.spread);
  if (std::isfinite(found.spread)) progress_.note_diversity(found.spread);
  const std::uint64_t steps = frames ? run_.frames.steps : run_.sequences.steps;
  if (report.step < steps / 10) return; // what is not trained yet draws about the same always
  if (const auto warning = collapse_watch_.note(report.stage, found)) {
    progress_.end_line();
    std::cerr << program_name() << ": warning: " << *warning << std::endl;
  }
}

void Training::save_frame_generator() {
  session_->save_frame_generator(folder_ / frame_generator_name, zoetrope::StoredWeights::exact);
}

void Training::draw_frames() {
  draw([this] { write_frames_picture(*session_, run_.seed, folder_); });
}

void Training::save_and_draw_frames() {
  save_frame_generator();
  draw_frames();
}

void Training::draw(const std::function<void()>& write) {
  (void)warn_of_pictures(write, [this] { progress_.end_line(); });
}

void Training::save() {
  // The table first: a resumed run expects every row up to the checkpoint.
  losses_->flush();
  session_->save_checkpoint(folder_ / checkpoint_name);
  if (every_minutes_) every_minutes_->restart();
}

void Training::save_and_draw(std::string_view stage) {
  save();
  const bool frames = stage == "frames";
  if (!frames) draw([this] { write_films_picture(*session_, &data_, run_.seed, folder_); });
  if (frames || run_.frames_learn_on) draw_frames();
}

} // namespace program
