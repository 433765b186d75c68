/// @file
/// Numbers in descriptions, which checkpoints record and compare.
#pragma once

#include <charconv>
#include <string>

namespace zoetrope {

/// @p value in the fewest digits that give it back exactly: "1.5", "1e-08". No two numbers have the same text.
[[nodiscard]] inline std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

} // namespace zoetrope
