/// @file
/// Trains both stages, samples films and measures them.

#include "commands.hpp"
#include "options.hpp"
#include "this_program.hpp"

#include <zoetrope/core/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <new>
#include <variant>

namespace {

using namespace program;

struct Execute {
  int operator()(const TrainCommand& command) const { return train(command); }
  int operator()(const SampleCommand& command) const { return sample(command); }
  int operator()(const EvaluateCommand& command) const { return evaluate(command); }
  int operator()(const ReportCommand& command) const { return report(command); }
  int operator()(const ExportCommand& command) const { return export_generators(command); }
};

/// Where standard input, output or error is closed, the next file that is opened would take its place, and with it
/// what is said there.
bool open_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != descriptor) return false;
  return true;
}

} // namespace

int main(int argc, char** argv) {
  if (!open_standard_streams()) return 1; // there is nowhere to say why
  try {
    const auto line = parse_command_line(argc, argv);
    const int code = line.command ? std::visit(Execute{}, *line.command) : line.exit_code;
    std::cout.flush();
    zoetrope::require(code != 0 || std::cout.good(), "standard output cannot be written");
    return code;
  } catch (const std::bad_alloc&) {
    std::cerr << program_name()
              << ": there is not enough memory; fewer discriminators, a smaller batch or a larger "
                 "--width-divisor need less\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << program_name() << ": " << error.what() << "\n";
    return 1;
  }
}
