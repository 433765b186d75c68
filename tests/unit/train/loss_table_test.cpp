// The table of losses, and what a run that goes on keeps of it.

#include "support/error_of.hpp"
#include "support/foreign_locale.hpp"
#include "unit/io/file_size_limit.hpp"
#include "unit/io/temporary_folder.hpp"
#include "unit/train/step_reports.hpp"
#include "zoetrope/train/loss_table.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

const std::string header = "stage,step,discriminator_loss,generator_loss\n";

std::string row(const std::string& stage, int step) { return stage + "," + std::to_string(step) + ",1.5,0.375\n"; }

std::string rows(const std::string& stage, int first, int last) {
  std::string text;
  for (int step = first; step <= last; ++step) text += row(stage, step);
  return text;
}

/// What is kept of @p text by a run with @p frames and @p sequences steps behind it.
std::string kept(const std::string& text, std::uint64_t frames, std::uint64_t sequences, std::uint64_t missing) {
  const TemporaryFolder folder;
  write_bytes(folder / "losses.csv", text);
  {
    const LossTable table(folder / "losses.csv", {{"frames", frames}, {"sequences", sequences}});
    CHECK(table.missing_rows() == missing);
  }
  CHECK(folder.entries() == 1);
  const std::string all = read_bytes(folder / "losses.csv");
  REQUIRE(all.starts_with(header));
  return all.substr(header.size());
}

} // namespace

static_assert(Observer<LossTable>);

TEST_CASE("a table of losses, and one that goes on") {
  const TemporaryFolder folder;
  const auto path = folder / "losses.csv";
  {
    LossTable table(path);
    CHECK(read_bytes(path) == header);
    for (std::uint64_t step = 1; step <= 4; ++step) CHECK(table(report_of("frames", step, 4)) == Flow::carry_on);
    table.flush();
    CHECK(read_bytes(path) == header + rows("frames", 1, 4));
  }
  {
    // Back to a checkpoint after three steps: the fourth row goes.
    LossTable table(path, {{"frames", 3}, {"sequences", 0}});
    CHECK(table.missing_rows() == 0);
    CHECK(read_bytes(path) == header + rows("frames", 1, 3));
    table(report_of("sequences", 1, 1));
  }
  CHECK(read_bytes(path) == header + rows("frames", 1, 3) + row("sequences", 1));
  CHECK_THROWS_AS(LossTable(folder / "none" / "losses.csv"), Error);

  const LossTable anew(path);
  CHECK(read_bytes(path) == header);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a table that lost rows, or was lost as a whole, does not keep a run from going on") {
  const std::string table = header + rows("frames", 1, 3) + rows("sequences", 1, 2);
  CHECK(kept(table, 3, 2, 0) == rows("frames", 1, 3) + rows("sequences", 1, 2));
  CHECK(kept(table, 6, 2, 3) == rows("frames", 1, 3) + rows("sequences", 1, 2));
  CHECK(kept(table, 3, 1, 0) == rows("frames", 1, 3) + row("sequences", 1));
  CHECK(kept(header, 3, 0, 3) == "");
  CHECK(kept("", 3, 0, 3) == "");
  // What is behind a gap is counted by its step, not by its place.
  CHECK(kept(header + row("frames", 1) + rows("frames", 5, 9), 6, 0, 3) == row("frames", 1) + rows("frames", 5, 6));
  const TemporaryFolder folder;
  CHECK(LossTable(folder / "losses.csv", {{"frames", 5}}).missing_rows() == 5);
}

TEST_CASE("only whole rows of the run are kept") {
  const std::string good = header + rows("frames", 1, 3);
  // Wherever the last row was cut short, it goes: what is left of "1.5,0.375" may be a number as well.
  const std::string last = row("frames", 4);
  for (std::size_t bytes = 0; bytes < last.size(); ++bytes) {
    CAPTURE(bytes);
    CHECK(kept(good + last.substr(0, bytes), 4, 0, 1) == rows("frames", 1, 3));
  }
  for (const std::string& bad :
       {std::string("frames,4,1.5,\n"), std::string("frames,4,1.5\n"), std::string("frames,,1,2\n"),
        std::string("frames,4,1,2,3\n"), std::string("frames,4,1,x\n"), std::string("frames,-4,1,2\n"),
        std::string("frames,4,1;2\n"), std::string(40, '\0') + "\n", std::string("\n"), std::string("films,4,1,2\n"),
        std::string(",4,1,2\n"), std::string("frames,3,1,2\n"), std::string("frames,0,1,2\n"),
        std::string("frames,99,1,2\n"), std::string("frames,4,1,2 \n"), std::string("sequences,1,1,2\n")}) {
    CAPTURE(bad);
    CHECK(kept(good + bad + rows("frames", 5, 6), 6, 0, 1) == rows("frames", 1, 3) + rows("frames", 5, 6));
  }
  // A stage that is over does not come again.
  CHECK(kept(good + row("sequences", 1) + row("frames", 4), 4, 1, 1) == rows("frames", 1, 3) + row("sequences", 1));
}

TEST_CASE("a table that cannot be read is not replaced by an empty one") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "losses.csv");
  CHECK(error_of([&] {
          LossTable(folder / "losses.csv", {{"frames", 3}});
        }).find("cannot be read") != std::string::npos);
  CHECK(std::filesystem::is_directory(folder / "losses.csv"));
}

TEST_CASE("a disk that fills in the midst of the rows: an Error with the reason, and whole rows") {
  const TemporaryFolder folder;
  std::string message;
  LossTable table(folder / "losses.csv");
  for (std::uint64_t step = 1; step <= 9; ++step) table(report_of("frames", step, 200));
  table.flush();
  {
    const FileSizeLimit limit(300);
    for (std::uint64_t step = 10; step <= 200; ++step) table(report_of("frames", step, 200));
    message = error_of([&] { table.flush(); });
  }
  CHECK(message ==
        "expected to add to '" + (folder / "losses.csv").string() + "', but writing stopped: File too large");
  CHECK(read_bytes(folder / "losses.csv") == header + rows("frames", 1, 9));
  // Where there is room again, nothing is missing.
  table.flush();
  CHECK(read_bytes(folder / "losses.csv") == header + rows("frames", 1, 200));
}

TEST_CASE("losses keep nine digits, which tell every float apart") {
  const TemporaryFolder folder;
  constexpr double third[] = {1.0 / 3}, small[] = {1.25e-7}, none[] = {std::numeric_limits<double>::infinity()};
  {
    LossTable table(folder / "losses.csv");
    table({"frames", 12, 12, third, small});
    table({"frames", 13, 13, none, small});
  }
  CHECK(read_bytes(folder / "losses.csv") == header + "frames,12,0.333333333,1.25e-07\nframes,13,inf,1.25e-07\n");
  const auto row = parse_loss_row("frames,12,0.333333333,1.25e-07");
  REQUIRE(row.has_value());
  CHECK(row->stage == "frames");
  CHECK(row->step == 12);
  CHECK(row->discriminator_loss == 0.333333333);
  CHECK(row->generator_loss == 1.25e-7);
  CHECK(parse_loss_row("frames,13,inf,1.25e-07").has_value());
}

TEST_CASE("a table with diversity, and one that goes on") {
  const TemporaryFolder folder;
  const auto path = folder / "losses.csv";
  const std::string wide = "stage,step,discriminator_loss,generator_loss,diversity\n";
  {
    LossTable table(path, {}, LossColumns::with_diversity);
    CHECK(table.columns() == LossColumns::with_diversity);
    table(report_of("frames", 1, 4));
    table.note_diversity(0.3333333);
    table.note_diversity(0.96875);
    table(report_of("frames", 2, 4));
    table(report_of("frames", 3, 4));
    table.note_diversity(std::numeric_limits<double>::quiet_NaN());
    table(report_of("frames", 4, 4));
  }
  const std::string rows = "frames,1,1.5,0.375,\nframes,2,1.5,0.375,0.9688\nframes,3,1.5,0.375,\n";
  CHECK(read_bytes(path) == wide + rows + "frames,4,1.5,0.375,\n");
  {
    // Whoever goes on need not know.
    LossTable table(path, {{"frames", 3}});
    CHECK(table.columns() == LossColumns::with_diversity);
    CHECK(table.missing_rows() == 0);
    CHECK(read_bytes(path) == wide + rows);
    table.note_diversity(1.25);
    table(report_of("frames", 4, 4));
  }
  CHECK(read_bytes(path) == wide + rows + "frames,4,1.5,0.375,1.25\n");
  const LossTable anew(path);
  CHECK(read_bytes(path) == header);
}

TEST_CASE("an old table goes on with its own columns") {
  const TemporaryFolder folder;
  const auto path = folder / "losses.csv";
  write_bytes(path, header + rows("frames", 1, 3));
  {
    LossTable table(path, {{"frames", 3}}, LossColumns::with_diversity);
    CHECK(table.columns() == LossColumns::losses);
    table.note_diversity(0.9);
    table(report_of("frames", 4, 4));
  }
  CHECK(read_bytes(path) == header + rows("frames", 1, 4));
  // A table that has lost its first line is known by its first row; one that has lost all is new.
  write_bytes(path, std::string(20, '\0') + "\n" + row("frames", 1) + "frames,2,1.5,0.375,0.9\n");
  CHECK(LossTable(path, {{"frames", 2}}, LossColumns::with_diversity).missing_rows() == 1);
  CHECK(read_bytes(path) == header + row("frames", 1));
  write_bytes(path, "");
  CHECK(LossTable(path, {{"frames", 2}}, LossColumns::with_diversity).columns() == LossColumns::with_diversity);
}

TEST_CASE("only whole rows of a table with diversity are kept") {
  const TemporaryFolder folder;
  const std::string wide = std::string(loss_table_header_of(LossColumns::with_diversity)) + "\n",
                    good = "frames,1,1.5,0.375,0.5\nframes,2,1.5,0.375,\n", last = "frames,3,1.5,0.375,0.97";
  const auto kept_of = [&](const std::string& text) {
    write_bytes(folder / "losses.csv", text);
    const LossTable table(folder / "losses.csv", {{"frames", 3}});
    CHECK(table.missing_rows() == 1);
    return read_bytes(folder / "losses.csv");
  };
  for (std::size_t bytes = 0; bytes <= last.size(); ++bytes)
    CHECK(kept_of(wide + good + last.substr(0, bytes)) == wide + good);
  for (const std::string bad : {"frames,3,1.5,0.375", "frames,3,1.5,0.375,x", "frames,3,1.5,0.375,1,",
                                "frames,3,1.5,,1", "frames,3,1.5,0.375,1 ", "frames,3,1.5,0.375,,"})
    CHECK(kept_of(wide + good + bad + "\n") == wide + good);
}

TEST_CASE("rows and first lines of both kinds") {
  CHECK(loss_columns_of(loss_table_header) == LossColumns::losses);
  CHECK(loss_columns_of(loss_table_header_of(LossColumns::with_diversity)) == LossColumns::with_diversity);
  for (const std::string_view other : {"", "stage", "stage,step,discriminator_loss,generator_loss,",
                                       "stage,step,discriminator_loss,generator_loss,diversity,"})
    CHECK(!loss_columns_of(other));
  CHECK(parse_loss_row("frames,1,2,3,0.5")->diversity == 0.5);
  CHECK(!parse_loss_row("frames,1,2,3,")->diversity);
  CHECK(!parse_loss_row("frames,1,2,3,nan")->diversity);
  CHECK(!parse_loss_row("frames,1,2,3")->diversity);
  CHECK(!parse_loss_row("frames,1,2,3", LossColumns::with_diversity));
  CHECK(!parse_loss_row("frames,1,2,3,", LossColumns::losses));
  CHECK(!parse_loss_row("frames,1,2,3,0.5", LossColumns::losses));
}

TEST_CASE("a table of losses reads the same in every locale") {
  const TemporaryFolder folder;
  {
    const support::ForeignLocale foreign;
    {
      LossTable table(folder / "losses.csv");
      table(report_of("frames", 1234, 2000));
    }
    LossTable table(folder / "losses.csv", {{"frames", 1234}});
    CHECK(table.missing_rows() == 1233);
  }
  CHECK(read_bytes(folder / "losses.csv") == header + row("frames", 1234));
}
