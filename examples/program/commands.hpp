/// @file
/// The subcommands. Each returns the program's exit code and throws zoetrope::Error for what it cannot do.
#pragma once

#include "report.hpp"
#include "run_numbers.hpp"
#include "settings.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace program {

enum class Stages { frames, sequences, both };

struct TrainCommand {
  std::string preset;           ///< empty where none was named
  RunNumbers numbers;           ///< instead of the preset's
  std::filesystem::path output; ///< empty for runs/<preset>
  DeviceChoice device_choice;
  Stages stages = Stages::both;
  std::optional<std::filesystem::path>
      frames_from;           ///< file or folder of the frame generator, which is not trained then
  std::string frames_prefix; ///< of the names in that file
  std::optional<std::filesystem::path> sequences_from; ///< the same of the sequence generator, which then learns on
  std::optional<double> minutes;                       ///< training stops after so long
  int threads = 0;                                     ///< 0 for all cores
  bool resume = false;
  bool overwrite = false;
};

struct SampleCommand {
  std::filesystem::path run;
  std::filesystem::path data; ///< where the run's films lie now, for real ones beside those drawn; empty for none
  std::filesystem::path output;
  DeviceChoice device_choice;
  int threads = 0; ///< 0 for all cores
  int films = 3;
  std::optional<std::uint64_t> seed; ///< the run's unless given
  bool overwrite = false;            ///< also into the folder of another run
};

struct EvaluateCommand {
  std::filesystem::path run;
  std::filesystem::path data; ///< where the run's films lie now; empty for where they lay
  DeviceChoice device_choice;
  int threads = 0; ///< 0 for all cores
  int films = 30;
  int frames = 1000;
  bool check = false;
};

struct ReportCommand {
  std::filesystem::path run;
  std::filesystem::path data;        ///< where the run's films lie now; empty for where they lay
  std::filesystem::path frames_from; ///< the run whose G_F figure 4 takes; empty for no figure 4
  std::filesystem::path output;      ///< empty for the folder report in the run's
  DeviceChoice device_choice;
  int threads = 0; ///< 0 for all cores
  ReportSettings settings;
  bool overwrite = false; ///< also into the folder of another run
};

/// Writes a small copy of a run's generators, to give away.
struct ExportCommand {
  std::filesystem::path run;
  std::filesystem::path output;
  bool overwrite = false; ///< what the output folder holds
};

/// 0 for all cores.
void use_threads(int count);

int train(const TrainCommand& command);
int sample(const SampleCommand& command);
int evaluate(const EvaluateCommand& command);
int report(const ReportCommand& command);
int export_generators(const ExportCommand& command);

} // namespace program
