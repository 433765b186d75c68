/// @file
/// Says for what shape of films the program films is to be compiled: `--size 32x32 --channels 3 --length 16`.

#include "proposal.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/io/safetensors_file.hpp>

#include <CLI/CLI.hpp>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

namespace {

std::string options(const program::FilmSizes& sizes) {
  return "--size " + std::to_string(sizes.height) + "x" + std::to_string(sizes.width) + " --channels " +
         std::to_string(sizes.channels) + " --length " + std::to_string(sizes.length);
}

/// The shape that the run in @p folder has, or, of an exported one, its frame generator.
program::FilmSizes sizes_of_run(const std::filesystem::path& folder) {
  for (const auto& [name, key] :
       {std::pair("checkpoint.safetensors", "note.run"), std::pair("frame_generator.safetensors", "run")}) {
    if (!std::filesystem::exists(folder / name)) continue;
    const zoetrope::SafetensorsFile file(folder / name);
    const auto found = file.metadata().find(key);
    zoetrope::require(found != file.metadata().end(), "'", (folder / name).string(), "' is of no run");
    return program::parse_run(found->second, file.path().string()).sizes;
  }
  zoetrope::fail("there is no run in '", folder.string(), "'");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("Looks at films, or at a run, and says for what shape of films to compile the program films.",
               "look_at_films");
  program::FilesRun files;
  std::string run;
  auto* data = app.add_option("--data", files.path, "the films");
  app.add_option("--stride", files.stride, "as the program films takes it")->check(CLI::Range(1, 1000));
  app.add_flag("--skip-bad", files.skip_bad, "as the program films takes it");
  app.add_option("--frames-per-second", files.frames_per_second, "as the program films takes it");
  app.add_option("--axes", files.axes, "as the program films takes it");
  app.add_option("--range", files.range, "as the program films takes it")->expected(2);
  app.add_option("--dataset", files.dataset, "as the program films takes it");
  app.add_option("--run", run, "folder of a run, instead of films")->excludes(data);
  app.allow_extras(); // the other options of the program films
  CLI11_PARSE(app, argc, argv);
  try {
    zoetrope::require(!files.path.empty() || !run.empty(),
                      "expected films to look at: --data names a file or a folder of them");
    if (!run.empty()) {
      std::cout << options(sizes_of_run(run)) << "\n";
    } else {
      const auto proposal = films::propose(files);
      std::cerr << "Found " << proposal.found << ".\n";
      std::cout << options(proposal.sizes) << "\n";
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "films: " << error.what() << "\n";
    return 1;
  }
}
