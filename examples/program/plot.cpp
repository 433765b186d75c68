#include "plot.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/io/file.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace program {

namespace {

/// Runs gnuplot with @p words in @p folder and gives its exit code. Its complaints reach standard error as they are.
int run_gnuplot(const std::filesystem::path& folder, std::vector<std::string> words) {
  std::string program = "gnuplot", own_settings_only = "--default-settings"; // not those of ~/.gnuplot
  std::vector<char*> arguments{program.data(), own_settings_only.data()};
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = 0;
  const int problem = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  zoetrope::require(problem != ENOENT,
                    "plots are drawn by gnuplot, which was not found: as root, apt-get install gnuplot-nox");
  zoetrope::require(problem == 0, "gnuplot does not start: ", std::generic_category().message(problem));
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    zoetrope::require(errno == EINTR, "gnuplot was lost: ", std::generic_category().message(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

void require_gnuplot() { zoetrope::require(run_gnuplot(".", {"-e", ""}) == 0, "gnuplot starts, and fails at once"); }

void draw_plot(const std::filesystem::path& folder, const std::string& name, int width, int height,
               const std::string& commands) {
  const auto in_terminal = [&](const std::string& terminal, const std::string& ending) {
    return "set terminal " + terminal + " size " + std::to_string(width) + "," + std::to_string(height) +
           " background 'white'\nset output '" + name + ending + "'\n" + commands + "unset output\n";
  };
  const std::string script = name + ".gnuplot";
  zoetrope::write_text(folder / script, "set datafile separator ','\nset encoding utf8\n" +
                                            in_terminal("svg dynamic", ".svg") + in_terminal("pngcairo", ".png"));
  const int code = run_gnuplot(folder, {script});
  zoetrope::require(code == 0, "gnuplot could not draw '", (folder / script).string(), "': exit code ", code);
}

} // namespace program
