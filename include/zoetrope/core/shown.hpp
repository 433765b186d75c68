/// @file
/// Text from files as a terminal may show it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace zoetrope::detail {

/// @p text of a file as a terminal may show it.
inline std::string shown(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

} // namespace zoetrope::detail
