// A run's table of losses, as `report` reads it and as a run goes on with it.
#include "fuzz.hpp"
#include "loss_curves.hpp"
#include "zoetrope/train/loss_table.hpp"

#include <cstdint>
#include <fstream>
#include <string>

namespace {

using namespace zoetrope;

/// A table that goes on has a first line of one kind, and below it whole rows of that kind, as many as it says.
void go_on(const std::filesystem::path& path) {
  constexpr std::uint64_t frames = 5, sequences = 3;
  LossColumns columns{};
  std::uint64_t missing = 0;
  {
    LossTable table(path, {{"frames", frames}, {"sequences", sequences}}, LossColumns::with_diversity);
    columns = table.columns();
    missing = table.missing_rows();
    constexpr double losses[] = {1.5};
    table.note_diversity(0.97);
    table({"sequences", sequences + 1, sequences + 1, losses, losses});
  }
  std::ifstream file(path);
  std::string line;
  fuzz::expect(std::getline(file, line) && line == loss_table_header_of(columns), "a table begins with its columns");
  std::uint64_t rows = 0;
  for (; std::getline(file, line); ++rows)
    fuzz::expect(!file.eof() && parse_loss_row(line, columns).has_value(), "a table consists of whole rows");
  fuzz::expect(rows == frames + sequences - missing + 1, "what is missing is said, and a row is added");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input;
  fuzz::accepts([&] {
    for (const int rows : {1, 7}) {
      const std::string thinned = program::thinned_losses(input.with(bytes, size), rows);
      fuzz::expect(thinned.ends_with('\n'), "a table ends with its last line");
    }
  });
  fuzz::expect(fuzz::accepts([&] { go_on(input.with(bytes, size)); }), "any table of losses goes on");
  return 0;
}
