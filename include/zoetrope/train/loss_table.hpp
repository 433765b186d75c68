/// @file
/// The losses of every step as a CSV file, and its rows; where wanted, beside them how diverse samples were.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/io/appended_file.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/train/observer.hpp"

#include <charconv>
#include <cmath>
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

/// What a table of losses has beside stage and step. A fifth column says how diverse samples were, relative to real
/// ones, and is empty in most rows: it is measured now and then.
enum class LossColumns { losses, with_diversity };

/// The first line of a table of losses without diversity.
inline constexpr std::string_view loss_table_header = "stage,step,discriminator_loss,generator_loss";

/// The first line of a table with these columns.
[[nodiscard]] constexpr std::string_view loss_table_header_of(LossColumns columns) {
  return columns == LossColumns::losses ? loss_table_header : "stage,step,discriminator_loss,generator_loss,diversity";
}

/// The columns of the table that begins with @p header; none where it is no table of losses.
[[nodiscard]] constexpr std::optional<LossColumns> loss_columns_of(std::string_view header) {
  for (const auto columns : {LossColumns::losses, LossColumns::with_diversity})
    if (header == loss_table_header_of(columns)) return columns;
  return {};
}

/// One row of a table of losses.
struct LossRow {
  std::string_view stage;
  std::uint64_t step = 0;
  double discriminator_loss = 0, generator_loss = 0;
  std::optional<double> diversity{}; ///< None where it was not measured, or the table has no such column.
};

/// The row that @p line is in a table with these columns; none where it is cut short or something else. The locale does
/// not matter.
[[nodiscard]] inline std::optional<LossRow> parse_loss_row(std::string_view line, LossColumns columns) {
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
  if (!read(row.step) || !read(row.discriminator_loss) || !read(row.generator_loss)) return {};
  if (columns == LossColumns::with_diversity) {
    if (at == end || *at != ',') return {};
    if (at + 1 == end) return row;
    double diversity = 0;
    if (!read(diversity)) return {};
    if (std::isfinite(diversity)) row.diversity = diversity;
  }
  if (at != end) return {};
  return row;
}

/// The row that @p line is in a table with or without diversity.
[[nodiscard]] inline std::optional<LossRow> parse_loss_row(std::string_view line) {
  const auto row = parse_loss_row(line, LossColumns::losses);
  return row ? row : parse_loss_row(line, LossColumns::with_diversity);
}

/// How many steps of a stage a run has behind it.
struct StageSteps {
  std::string_view stage;
  std::uint64_t steps;
};

/// Writes stage, step and both mean losses of every step to a CSV file; where its columns say so, diversity too.
class LossTable {
public:
  /// Begins @p path anew, or goes on with the rows of the @p kept steps that a resumed run has behind it, stages in
  /// their order: rows of later steps go, and so does what is no whole row of the step that comes next, as a power
  /// failure may leave it. A run is worth more than its table: missing_rows() says how many are not there. A table that
  /// goes on keeps its columns; one that begins anew has @p columns. Throws Error where
  /// the file cannot be read or written.
  explicit LossTable(std::filesystem::path path, std::initializer_list<StageSteps> kept = {},
                     LossColumns columns = LossColumns::losses)
      : path_(std::move(path)), columns_(columns), file_(begin(kept)) {}
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
                               rounded_text(report.mean_generator_loss(), digits);
    if (columns_ == LossColumns::with_diversity) (rows_ += ",") += std::exchange(diversity_, {});
    rows_ += "\n";
    if (rows_.size() >= enough) hand_over();
    return Flow::carry_on;
  }

  /// Puts @p diversity, such as Diversity::spread (eval/diversity.hpp), into the next row. Nothing happens where the
  /// table has no column for it, and the column stays empty where it is not finite.
  void note_diversity(double diversity) {
    constexpr int enough_digits = 4;
    diversity_ = std::isfinite(diversity) ? rounded_text(diversity, enough_digits) : std::string();
  }
  [[nodiscard]] LossColumns columns() const { return columns_; }

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

  /// Those of a table that has @p line as its header, or, where that is lost, as its first row.
  static std::optional<LossColumns> columns_told_by(std::string_view line) {
    if (const auto columns = loss_columns_of(line)) return columns;
    for (const auto columns : {LossColumns::losses, LossColumns::with_diversity})
      if (parse_loss_row(line, columns)) return columns;
    return {};
  }

  /// The header and the rows that the file has of the @p kept steps.
  std::string old_rows(std::initializer_list<StageSteps> kept) {
    std::string rows;
    for (const auto& stage : kept) missing_rows_ += stage.steps;
    std::error_code error;
    if (missing_rows_ > 0 && std::filesystem::exists(path_, error)) {
      std::ifstream file(path_, std::ios::binary);
      auto stage = kept.begin();
      std::uint64_t last_step = 0;
      std::string line;
      // Without its end, the last line may be a part of a row that looks like a whole one.
      std::optional<LossColumns> columns;
      while (std::getline(file, line) && !file.eof()) {
        if (!columns) columns = columns_told_by(line);
        if (!columns) continue;
        columns_ = *columns;
        const auto row = parse_loss_row(line, columns_);
        if (!row) continue;
        auto of_row = stage;
        while (of_row != kept.end() && of_row->stage != row->stage) ++of_row;
        const bool next =
            of_row != kept.end() && row->step > (of_row == stage ? last_step : 0) && row->step <= of_row->steps;
        if (!next) continue;
        stage = of_row;
        last_step = row->step;
        rows += line + "\n";
        --missing_rows_;
      }
      require(file.eof() && !file.bad(), "expected a table of losses to go on with, but '", path_.string(),
              "' cannot be read");
    }
    return std::string(loss_table_header_of(columns_)) + "\n" + rows;
  }

  std::filesystem::path path_;
  LossColumns columns_;
  std::uint64_t missing_rows_ = 0;
  AppendedFile file_;
  std::string rows_, diversity_;
};

} // namespace zoetrope
