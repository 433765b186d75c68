/// @file
/// Trains both stages on bouncing balls, samples films and measures them.

#include "commands.hpp"
#include "options.hpp"

#include <exception>
#include <iostream>
#include <new>
#include <variant>

namespace {

using namespace bouncing_balls;

struct Execute {
  int operator()(const TrainCommand& command) const { return train(command); }
  int operator()(const SampleCommand& command) const { return sample(command); }
  int operator()(const EvaluateCommand& command) const { return evaluate(command); }
  int operator()(const ReportCommand& command) const { return report(command); }
  int operator()(const ExportCommand& command) const { return export_generators(command); }
};

} // namespace

int main(int argc, char** argv) {
  try {
    const auto line = parse_command_line(argc, argv);
    return line.command ? std::visit(Execute{}, *line.command) : line.exit_code;
  } catch (const std::bad_alloc&) {
    std::cerr << "bouncing_balls: there is not enough memory; fewer discriminators, a smaller batch or a larger "
                 "--width-divisor need less\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "bouncing_balls: " << error.what() << "\n";
    return 1;
  }
}
