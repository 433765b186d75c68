// A second translation unit with everything that the tests beside it include, so that the linker sees both.
#include "zoetrope/io/pictures.hpp"
#include "zoetrope/io/safetensors.hpp"

// A program's own copy of stb, whose settings do not reach ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

TEST_CASE("a program's own settings of stb do not change our pictures") {
  const zoetrope::test::TemporaryFolder folder;
  const zoetrope::Picture picture{1, 2, 1, {9, 200}};
  zoetrope::write_png(folder / "a.png", picture);
  stbi_flip_vertically_on_write(1);
  stbi_write_png_compression_level = 1;
  zoetrope::write_png(folder / "b.png", picture);
  CHECK(zoetrope::test::read_bytes(folder / "a.png") == zoetrope::test::read_bytes(folder / "b.png"));
}

TEST_CASE("pictures and tensors are written from a second translation unit") {
  const zoetrope::test::TemporaryFolder folder;
  zoetrope::write_png(folder / "a.png", {1, 1, 1, {9}});
  zoetrope::SafetensorsWriter().write(folder / "a");
  CHECK(folder.entries() == 2);
}
