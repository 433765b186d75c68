#include "results.hpp"

#include "pictures.hpp"
#include "report.hpp"
#include "run_folder.hpp"

#include <zoetrope/core/error.hpp>

#include <system_error>
#include <vector>

namespace program {

namespace fs = std::filesystem;

namespace {

/// Every file that a run may leave in its folder, the checkpoint first.
std::vector<fs::path> result_names(const fs::path& folder) {
  std::vector<fs::path> names{checkpoint_name,      sequence_generator_name,
                              frame_generator_name, losses_name,
                              table_name,           "frames.png",
                              "films.png",          "films.gif",
                              "films.npy",          "films.mp4",
                              "films.webm",         report_folder({}) / report_name};
  std::error_code error;
  for (int film = 0; fs::exists(folder / film_name(film), error); ++film) names.emplace_back(film_name(film));
  return names;
}

} // namespace

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

} // namespace program
