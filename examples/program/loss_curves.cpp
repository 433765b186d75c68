#include "loss_curves.hpp"

#include "plot.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/core/number_text.hpp>
#include <zoetrope/io/file.hpp>
#include <zoetrope/train/loss_table.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <string_view>
#include <vector>

namespace program {

namespace {

using zoetrope::LossRow;

constexpr std::string_view head = zoetrope::loss_table_header;

/// The rows of each stage, which say no name.
std::map<std::string, std::vector<LossRow>> read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  zoetrope::require(std::getline(file, line) && line == head, "in '", path.string(), "': expected the line '", head,
                    "', got '", line, "'");
  std::map<std::string, std::vector<LossRow>> stages;
  // A last line without its end is a row that is being written, or that a power failure cut short.
  for (int number = 2; std::getline(file, line) && !file.eof(); ++number) {
    const auto row = zoetrope::parse_loss_row(line);
    zoetrope::require(row.has_value(), "in '", path.string(), "', line ", number,
                      ": expected a stage, a step and two losses, got '", line, "'");
    stages[std::string(row->stage)].push_back({{}, row->step, row->discriminator_loss, row->generator_loss});
  }
  return stages;
}

} // namespace

std::string thinned_losses(const std::filesystem::path& losses, int rows) {
  std::string result = std::string(head) + "\n";
  for (const auto& [stage, steps] : read(losses)) {
    const std::size_t together = (steps.size() - 1) / static_cast<std::size_t>(rows) + 1;
    for (std::size_t first = 0; first < steps.size(); first += together) {
      const std::size_t end = std::min(first + together, steps.size());
      LossRow mean;
      for (std::size_t i = first; i < end; ++i) {
        mean.discriminator_loss += steps[i].discriminator_loss / static_cast<double>(end - first);
        mean.generator_loss += steps[i].generator_loss / static_cast<double>(end - first);
      }
      result += stage + "," + std::to_string(steps[end - 1].step) + "," +
                zoetrope::rounded_text(mean.discriminator_loss, 5) + "," +
                zoetrope::rounded_text(mean.generator_loss, 5) + "\n";
    }
  }
  return result;
}

void draw_losses(const std::filesystem::path& losses, const std::filesystem::path& folder) {
  constexpr int rows = 400;
  const std::string table = thinned_losses(losses, rows);
  zoetrope::write_text(folder / "loss-curves.csv", table);
  std::string commands = "set multiplot layout 1,2\nset xlabel 'thousands of steps'\nset ylabel 'loss'\nset yrange "
                         "[0:*]\nset grid\nset key outside top center horizontal\n";
  for (const std::string stage : {"frames", "sequences"}) {
    if (table.find("\n" + stage + ",") == table.npos) continue; // gnuplot takes it for an error
    const auto curve = [&](const std::string& column, const std::string& color, const std::string& title) {
      return "'loss-curves.csv' using (strcol(1) eq '" + stage + "' ? $2 / 1000 : NaN):" + column +
             " with lines linecolor rgb '" + color + "' title '" + title + "'";
    };
    commands += "set title '" + stage + "'\nplot " + curve("3", "#377eb8", "discriminators") + ", " +
                curve("4", "#e41a1c", "generator") + "\n";
  }
  draw_plot(folder, "loss-curves", 900, 320, commands + "unset multiplot\n");
}

} // namespace program
