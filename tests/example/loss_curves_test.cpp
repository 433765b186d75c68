#include "loss_curves.hpp"

#include <doctest/doctest.h>

#include "unit/io/temporary_folder.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"

using program::thinned_losses;
using zoetrope::test::TemporaryFolder;

namespace {

const std::string head = "stage,step,discriminator_loss,generator_loss\n";

std::string error_of(const std::filesystem::path& path, const std::string& text) {
  zoetrope::write_text(path, text);
  try {
    (void)thinned_losses(path, 2);
  } catch (const zoetrope::Error& error) {
    return error.what();
  }
  return "no error";
}

} // namespace

TEST_CASE("losses are averaged over neighbouring steps, each stage on its own") {
  const TemporaryFolder folder;
  zoetrope::write_text(folder / "losses.csv", head + "frames,1,1,10\nframes,2,2,20\nframes,3,3,30\nframes,4,4,40\n"
                                                     "frames,5,6,60\nsequences,1,0.5,7\n");
  CHECK(thinned_losses(folder / "losses.csv", 2) == head + "frames,3,2,20\nframes,5,5,50\nsequences,1,0.5,7\n");
  CHECK(thinned_losses(folder / "losses.csv", 100) ==
        head + "frames,1,1,10\nframes,2,2,20\nframes,3,3,30\nframes,4,4,40\nframes,5,6,60\nsequences,1,0.5,7\n");
  zoetrope::write_text(folder / "losses.csv", head);
  CHECK(thinned_losses(folder / "losses.csv", 2) == head);
}

TEST_CASE("a last row that is being written, or was cut short, does not count") {
  const TemporaryFolder folder;
  const std::string rows = head + "frames,1,1,10\nframes,2,2,20\n";
  for (const std::string rest : {"f", "frames,", "frames,3,3,3"}) {
    zoetrope::write_text(folder / "losses.csv", rows + rest);
    CHECK(thinned_losses(folder / "losses.csv", 100) == rows);
  }
}

TEST_CASE("a file that is no table of losses is named, with its line") {
  const TemporaryFolder folder;
  const auto path = folder / "losses.csv";
  CHECK(error_of(path, "").find("expected the line 'stage,step,") != std::string::npos);
  CHECK(error_of(path, "a,b\n").find("got 'a,b'") != std::string::npos);
  for (const std::string line : {"frames,1,2", "frames,1,2,x", "frames,1,2,3,4", "frames", "frames;1;2;3"}) {
    CAPTURE(line);
    const std::string error = error_of(path, head + "frames,1,2,3\n" + line + "\n");
    CHECK(error.find("'" + path.string() + "', line 3: expected a stage, a step and two losses, got '" + line + "'") !=
          std::string::npos);
  }
  CHECK_THROWS_AS((void)thinned_losses(folder / "none.csv", 2), zoetrope::Error);
}
