/// @file
/// Numbers as text, with a decimal point whatever the locale: in descriptions, which checkpoints record and compare,
/// and in tables.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>

namespace zoetrope {

/// @p value in the fewest digits that give it back exactly: "1.5", "1e-08". No two numbers have the same text.
[[nodiscard]] inline std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// @p value in at most @p digits significant digits, as printf's "%.*g".
[[nodiscard]] inline std::string rounded_text(double value, int digits) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, std::min(digits, 40)).ptr};
}

/// @p value with @p decimals digits behind the point, as printf's "%.*f".
[[nodiscard]] inline std::string fixed_text(double value, int decimals) {
  char text[400]; // the largest double has 309 digits before the point
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, std::min(decimals, 40)).ptr};
}

} // namespace zoetrope
