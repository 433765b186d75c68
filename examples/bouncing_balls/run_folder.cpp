#include "run_folder.hpp"

#include "make_session.hpp"
#include "pictures.hpp"
#include "report.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/io/safetensors.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace bouncing_balls {

namespace fs = std::filesystem;

namespace {

/// Every file that a run may leave in its folder, the checkpoint first.
std::vector<fs::path> result_names(const fs::path& folder) {
  std::vector<fs::path> names{checkpoint_name,
                              sequence_generator_name,
                              frame_generator_name,
                              losses_name,
                              table_name,
                              "frames.png",
                              "films.png",
                              "films.gif",
                              report_folder({}) / report_name};
  std::error_code error;
  for (int film = 0; fs::exists(folder / film_name(film), error); ++film) names.emplace_back(film_name(film));
  return names;
}

} // namespace

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

std::optional<std::string> held_result(const fs::path& folder) {
  for (const auto& name : result_names(folder)) {
    std::error_code error;
    if (name != losses_name && fs::exists(folder / name, error)) return name.string();
  }
  return {};
}

void require_no_other_run(const fs::path& folder, const fs::path& run) {
  std::error_code error;
  if (fs::equivalent(folder, run, error)) return;
  for (const char* name : {checkpoint_name, sequence_generator_name, frame_generator_name})
    zoetrope::require(!fs::exists(folder / name, error), "'", folder.string(), "' holds '", name,
                      "' of another run: --overwrite writes there all the same, --output names another folder");
}

void remove_results(const fs::path& folder) {
  for (const auto& name : result_names(folder)) {
    std::error_code error;
    if (!fs::exists(folder / name, error)) continue;
    // A link stays, as where a file is written: the new one takes the place of what it leads to.
    const fs::path file = fs::canonical(folder / name, error);
    if (!error) fs::remove(file, error);
    zoetrope::require(!error, "'", (folder / name).string(), "' cannot be overwritten: ", error.message());
  }
}

Run run_of(const zoetrope::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  zoetrope::require(found != file.metadata().end(), "in '", file.path().string(),
                    "': expected a file of this program, but its metadata has no '", key, "'");
  return parse_run(found->second, file.path().string());
}

Trained load_trained(const fs::path& folder, const DeviceChoice& device_choice) {
  const zoetrope::SafetensorsFile frames(folder / frame_generator_name), sequences(folder / sequence_generator_name);
  Trained result{.run = run_of(frames, run_key), .session = nullptr};
  const Run of_sequences = run_of(sequences, run_key);
  zoetrope::require(result.run.seed == of_sequences.seed && result.run.balls == of_sequences.balls,
                    "the generators in '", folder.string(), "' are of two runs: the frame generator has seed ",
                    result.run.seed, " and balls ", result.run.balls, ", the sequence generator seed ",
                    of_sequences.seed, " and balls ", of_sequences.balls);
  result.session = make_session(result.run, device_choice);
  result.session->load_frame_generator(frames);
  result.session->load_sequence_generator(sequences);
  return result;
}

} // namespace bouncing_balls
