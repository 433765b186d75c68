/// @file
/// Pictures as PNG files. Opt-in: needs stb_image_write. A translation unit that has included that header before
/// this one brings the implementation itself.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/io/picture.hpp"

#include <cstddef>
#include <filesystem>
#include <vector>

#ifndef INCLUDE_STB_IMAGE_WRITE_H
#define STB_IMAGE_WRITE_STATIC // so that several translation units link
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#undef STB_IMAGE_WRITE_STATIC
#endif

namespace zoetrope {

/// Writes @p picture as a PNG, as a whole or not at all. Throws Error.
inline void write_png(const std::filesystem::path& path, const Picture& picture) {
  detail::check(picture);
  std::vector<std::byte> bytes;
  const auto append = [](void* context, void* data, int size) {
    const auto* first = static_cast<const std::byte*>(data);
    auto& all = *static_cast<std::vector<std::byte>*>(context);
    all.insert(all.end(), first, first + size);
  };
  const int encoded = stbi_write_png_to_func(append, &bytes, picture.width, picture.height, picture.channels,
                                             picture.pixels.data(), picture.width * picture.channels);
  require(encoded != 0 && !bytes.empty(), "'", path.string(), "' could not be encoded as a PNG");
  write_file(path, bytes);
}

} // namespace zoetrope
