/// @file
/// The losses of every step as a CSV file, and its rows.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/io/appended_file.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/train/observer.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace zoetrope {

/// The first line of a table of losses.
inline constexpr std::string_view loss_table_header = "stage,step,discriminator_loss,generator_loss";

/// One row of a table of losses.
struct LossRow {
  std::string_view stage;
  std::uint64_t step = 0;
  double discriminator_loss = 0, generator_loss = 0;
};

/// The row that @p line is; none where it is cut short or something else. The locale does not matter.
[[nodiscard]] inline std::optional<LossRow> parse_loss_row(std::string_view line) {
  const auto comma = line.find(',');
  if (comma == 0 || comma == line.npos) return {};
  LossRow row{.stage = line.substr(0, comma)};
  const char* at = line.data() + comma;
  const char* const end = line.data() + line.size();
  const auto read = [&](auto& value) {
    if (at == end || *at != ',') return false;
    const auto [after, error] = std::from_chars(at + 1, end, value);
    at = after;
    return error == std::errc{};
  };
  if (!read(row.step) || !read(row.discriminator_loss) || !read(row.generator_loss) || at != end) return {};
  return row;
}

/// How many steps of a stage a run has behind it.
struct StageSteps {
  std::string_view stage;
  std::uint64_t steps;
};

/// Writes stage, step and both mean losses of every step to a CSV file.
class LossTable {
public:
  /// Begins @p path anew, or goes on with the rows of the @p kept steps that a resumed run has behind it, stages in
  /// their order: rows of later steps go, and so does what is no whole row of the step that comes next, as a power
  /// failure may leave it. A run is worth more than its table: missing_rows() says how many are not there. Throws Error
  /// where the file cannot be read or written.
  explicit LossTable(std::filesystem::path path, std::initializer_list<StageSteps> kept = {})
      : path_(std::move(path)), file_(begin(kept)) {}
  LossTable(const LossTable&) = delete;
  LossTable& operator=(const LossTable&) = delete;
  ~LossTable() {
    try {
      hand_over();
    } catch (const std::exception&) {
      // flush() would have said so.
    }
  }

  Flow operator()(const StepReport& report) {
    constexpr std::size_t enough = std::size_t{1} << 13;
    (rows_ += report.stage) += "," + std::to_string(report.step) + "," +
                               rounded_text(report.mean_discriminator_loss(), digits) + "," +
                               rounded_text(report.mean_generator_loss(), digits) + "\n";
    if (rows_.size() >= enough) hand_over();
    return Flow::carry_on;
  }

  /// Brings all rows to the disk. Throws Error where it does not take them.
  void flush() {
    hand_over();
    file_.sync();
  }

  /// How many of the kept steps have no row.
  [[nodiscard]] std::uint64_t missing_rows() const { return missing_rows_; }

private:
  static constexpr int digits = 9; ///< tell every float apart

  void hand_over() {
    file_.append(rows_);
    rows_.clear();
  }

  const std::filesystem::path& begin(std::initializer_list<StageSteps> kept) {
    // Whole or not at all: the rows of a resumed run are their only copy.
    write_text(path_, old_rows(kept));
    return path_;
  }

  /// The header and the rows that the file has of the @p kept steps.
  std::string old_rows(std::initializer_list<StageSteps> kept) {
    std::string text = std::string(loss_table_header) + "\n";
    for (const auto& stage : kept) missing_rows_ += stage.steps;
    std::error_code error;
    if (missing_rows_ == 0 || !std::filesystem::exists(path_, error)) return text;
    std::ifstream file(path_, std::ios::binary);
    auto stage = kept.begin();
    std::uint64_t last_step = 0;
    std::string line;
    // Without its end, the last line may be a part of a row that looks like a whole one.
    while (std::getline(file, line) && !file.eof()) {
      const auto row = parse_loss_row(line);
      if (!row) continue;
      auto of_row = stage;
      while (of_row != kept.end() && of_row->stage != row->stage) ++of_row;
      const bool next =
          of_row != kept.end() && row->step > (of_row == stage ? last_step : 0) && row->step <= of_row->steps;
      if (!next) continue;
      stage = of_row;
      last_step = row->step;
      text += line + "\n";
      --missing_rows_;
    }
    require(file.eof() && !file.bad(), "expected a table of losses to go on with, but '", path_.string(),
            "' cannot be read");
    return text;
  }

  std::filesystem::path path_;
  std::uint64_t missing_rows_ = 0;
  AppendedFile file_;
  std::string rows_;
};

} // namespace zoetrope
