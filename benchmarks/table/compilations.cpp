// What it costs to compile zoetrope, and a program of the same kind that uses LibTorch. The targets are this project's
// own, built by its own build files.

#include "measure.hpp"

#include <zoetrope/core/error.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char** environ;

namespace zoetrope::benchmarks {

namespace {

struct Cost {
  double seconds;
  double peak_bytes; ///< of the largest process
};

/// Runs a command without its output. Throws Error where it fails.
Cost run(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  require(error == 0, "cannot start '", command[0], "': error ", error);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "'", command[0], "' failed");
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          static_cast<double>(usage.ru_maxrss) * 1024};
}

void compile(benchmark::State& state, const std::string& target, const std::string& objects) {
  const auto build = [&](std::vector<std::string> how) {
    std::vector<std::string> command{ZOETROPE_CMAKE, "--build", ZOETROPE_BUILD_FOLDER, "--target", target, "-j", "1"};
    command.insert(command.end(), how.begin(), how.end());
    return run(std::move(command));
  };
  double peak = 0;
  try {
    setenv("CCACHE_DISABLE", "1", 1); // or else, where the build folder has ccache, it would be measured
    build({});
    for (auto _ : state) {
      // Rebuilding one target from its beginning, and nothing that it depends on.
      std::filesystem::remove_all(std::filesystem::path(ZOETROPE_BUILD_FOLDER) / objects);
      const auto cost = build({});
      state.SetIterationTime(cost.seconds);
      peak = std::max(peak, cost.peak_bytes);
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
  state.counters["peak_bytes"] = peak;
}

} // namespace

void add_compilations() {
  struct Compilation {
    const char *name, *target, *objects;
  };
  for (const auto& [name, target, objects] : std::initializer_list<Compilation>{ZOETROPE_COMPILATIONS})
    benchmark::RegisterBenchmark((std::string("compile/") + name + "/threads:1").c_str(),
                                 [target = std::string(target), objects = std::string(objects)](
                                     benchmark::State& state) { compile(state, target, objects); })
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(1) // minutes for the larger ones
        ->Unit(benchmark::kMillisecond);
}

} // namespace zoetrope::benchmarks
