// A second translation unit with everything that the tests beside it include, so that the linker sees both.
#include "zoetrope/io/pictures.hpp"
#include "zoetrope/io/safetensors.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

TEST_CASE("pictures and tensors are written from a second translation unit") {
  const zoetrope::test::TemporaryFolder folder;
  zoetrope::write_png(folder / "a.png", {1, 1, 1, {9}});
  zoetrope::SafetensorsWriter().write(folder / "a");
  CHECK(folder.entries() == 2);
}
