#include "run_folder.hpp"

#include "run_check.hpp"
#include "this_program.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/io/safetensors.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <system_error>

namespace program {

namespace fs = std::filesystem;

fs::path report_folder(const fs::path& run) { return run / "report"; }

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  zoetrope::require(!error && fs::is_directory(folder), "the output folder '", folder.string(),
                    "' cannot be made: ", error ? error.message() : "something else of this name is there");
}

FolderLock::FolderLock(const fs::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  if (descriptor_ >= 0) ::close(descriptor_);
  zoetrope::require(reason != EWOULDBLOCK, "another program is training into '", folder.string(), "'");
  zoetrope::fail("the folder '", folder.string(), "' cannot be locked, so another program might train into it too: ",
                 std::generic_category().message(reason));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

Run run_of(const zoetrope::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  const std::string where = "in '" + file.path().string() + "'";
  zoetrope::require(found != file.metadata().end(), where,
                    ": expected a file of this program, but its metadata has no '", key, "'");
  const Run run = parse_run(found->second, file.path().string());
  zoetrope::require(run.sizes == built_for(), where, ": the films are of ", run.sizes.text(),
                    " (channels, frames, height, width), and this program is built for ", built_for().text());
  check_run(run, where);
  return run;
}

Trained load_trained(const fs::path& folder, const DeviceChoice& device_choice) {
  const zoetrope::SafetensorsFile frames(folder / frame_generator_name), sequences(folder / sequence_generator_name);
  Trained result{.run = run_of(frames, run_key), .data = {}, .session = nullptr};
  const Run of_sequences = run_of(sequences, run_key);
  zoetrope::require(result.run.seed == of_sequences.seed && result.run.balls == of_sequences.balls,
                    "the generators in '", folder.string(), "' are of two runs: the frame generator has seed ",
                    result.run.seed, " and balls ", result.run.balls, ", the sequence generator seed ",
                    of_sequences.seed, " and balls ", of_sequences.balls);
  const auto noted = [](const zoetrope::SafetensorsFile& file, const char* key) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? std::string() : found->second;
  };
  // Not where the films lie: they may have been moved between the stages.
  result.data = noted(frames, data_key);
  zoetrope::require(result.data == noted(sequences, data_key), "the generators in '", folder.string(),
                    "' are of two runs: the frame generator learnt from ", result.data,
                    ", the sequence generator from ", noted(sequences, data_key));
  const std::string learnt_with = noted(sequences, frame_checksum_key);
  zoetrope::require(result.run.frames_learn_on == of_sequences.frames_learn_on &&
                        (learnt_with.empty() || learnt_with == noted(frames, zoetrope::checksum_key)),
                    "the generators in '", folder.string(),
                    "' do not belong together: the sequence generator has learnt with another frame generator",
                    fs::exists(folder / checkpoint_name) ? "; train --resume writes both anew" : "");
  result.run.sequences_given = of_sequences.sequences_given;
  result.run.sequences = of_sequences.sequences; // the frame generator may have been given, by a run with other numbers
  result.session = make_session(result.run, device_choice);
  if (!result.data.empty()) result.session->note(data_key, result.data);
  result.session->load_frame_generator(frames);
  result.session->load_sequence_generator(sequences);
  return result;
}

} // namespace program
