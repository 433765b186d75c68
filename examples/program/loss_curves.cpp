#include "loss_curves.hpp"

#include "plot.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/core/number_text.hpp>
#include <zoetrope/io/file.hpp>
#include <zoetrope/train/loss_table.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <vector>

namespace program {

namespace {

using zoetrope::LossRow;

struct Losses {
  zoetrope::LossColumns columns;
  std::map<std::string, std::vector<LossRow>> stages; ///< the rows of each, which say no name
};

Losses read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const auto columns = zoetrope::loss_columns_of(line);
  zoetrope::require(columns.has_value(), "in '", path.string(), "': expected the line '", zoetrope::loss_table_header,
                    "', got '", line, "'");
  Losses losses{.columns = *columns, .stages = {}};
  // A last line without its end is a row that is being written, or that a power failure cut short.
  for (int number = 2; std::getline(file, line) && !file.eof(); ++number) {
    const auto row = zoetrope::parse_loss_row(line, *columns);
    zoetrope::require(row.has_value(), "in '", path.string(), "', line ", number,
                      ": expected a stage, a step and two losses, got '", line, "'");
    losses.stages[std::string(row->stage)].push_back(
        {{}, row->step, row->discriminator_loss, row->generator_loss, row->diversity});
  }
  return losses;
}

std::string thinned(const Losses& all, int rows) {
  std::string result = std::string(zoetrope::loss_table_header_of(all.columns)) + "\n";
  for (const auto& [stage, steps] : all.stages) {
    const std::size_t together = (steps.size() - 1) / static_cast<std::size_t>(rows) + 1;
    for (std::size_t first = 0; first < steps.size(); first += together) {
      const std::size_t end = std::min(first + together, steps.size());
      LossRow mean;
      std::vector<double> diversities;
      for (std::size_t i = first; i < end; ++i) {
        mean.discriminator_loss += steps[i].discriminator_loss / static_cast<double>(end - first);
        mean.generator_loss += steps[i].generator_loss / static_cast<double>(end - first);
        if (steps[i].diversity) diversities.push_back(*steps[i].diversity);
      }
      result += stage + "," + std::to_string(steps[end - 1].step) + "," +
                zoetrope::rounded_text(mean.discriminator_loss, 5) + "," +
                zoetrope::rounded_text(mean.generator_loss, 5);
      if (all.columns == zoetrope::LossColumns::with_diversity) result += ",";
      if (!diversities.empty())
        result += zoetrope::rounded_text(
            std::accumulate(diversities.begin(), diversities.end(), 0.0) / static_cast<double>(diversities.size()), 4);
      result += "\n";
    }
  }
  return result;
}

} // namespace

std::string thinned_losses(const std::filesystem::path& losses, int rows) { return thinned(read(losses), rows); }

bool draw_losses(const std::filesystem::path& losses, const std::filesystem::path& folder) {
  constexpr int rows = 400;
  const Losses all = read(losses);
  const std::string table = thinned(all, rows);
  std::set<std::string> measured;
  for (const auto& [stage, steps] : all.stages)
    if (std::any_of(steps.begin(), steps.end(), [](const LossRow& row) { return row.diversity.has_value(); }))
      measured.insert(stage);
  const bool diversity = !measured.empty();
  zoetrope::write_text(folder / "loss-curves.csv", table);
  std::string commands = std::string("set multiplot layout ") + (diversity ? "2,2" : "1,2") +
                         "\nset xlabel 'thousands of steps'\nset yrange [0:*]\nset grid\nset key outside top center "
                         "horizontal\n";
  const auto curve = [](const std::string& stage, const std::string& column, const std::string& how,
                        const std::string& title) {
    return "'loss-curves.csv' using (strcol(1) eq '" + stage + "' ? $2 / 1000 : NaN):" + column + " with " + how +
           " title '" + title + "'";
  };
  std::string below;
  for (const std::string stage : {"frames", "sequences"}) {
    if (table.find("\n" + stage + ",") == table.npos) continue; // gnuplot takes it for an error, as below
    commands += "set ylabel 'loss'\nset title '" + stage + "'\nplot " +
                curve(stage, "3", "lines linecolor rgb '#377eb8'", "discriminators") + ", " +
                curve(stage, "4", "lines linecolor rgb '#e41a1c'", "generator") + "\n";
    if (!measured.contains(stage)) continue;
    below += "set ylabel 'diversity'\nset title '" + stage + "'\nplot " +
             curve(stage, "5", "linespoints pointtype 7 pointsize 0.5 linecolor rgb '#4daf4a'",
                   "spread of samples (real: 1)") +
             "\n";
  }
  if (diversity) commands += below;
  draw_plot(folder, "loss-curves", 900, diversity ? 640 : 320, commands + "unset multiplot\n");
  return diversity;
}

} // namespace program
