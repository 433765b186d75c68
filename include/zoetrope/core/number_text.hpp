/// @file
/// Numbers as text, with a decimal point whatever the locale: in descriptions, which checkpoints record and compare,
/// and in tables.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdio>
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

/// A time as a clock shows it: 75 -> "1:15", 4000 -> "1:06:40".
[[nodiscard]] inline std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  return text;
}

} // namespace zoetrope
