/// @file
/// The command line: what it asks for, and nothing of how that is done.
#pragma once

#include "commands.hpp"

#include <optional>
#include <variant>

namespace program {

using Command = std::variant<TrainCommand, SampleCommand, EvaluateCommand, ReportCommand, ExportCommand>;

struct CommandLine {
  std::optional<Command> command; ///< none where only help was asked for or something is wrong, which has been said
  int exit_code = 0;              ///< where there is no command
};

CommandLine parse_command_line(int argc, char** argv);

} // namespace program
