/// @file
/// What a terminal can show, for lines that redraw themselves.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace zoetrope {

/// Whether a line that is written to @p descriptor, standard output unless said, can be erased and written anew: it is
/// a terminal, and not one that calls itself dumb.
[[nodiscard]] inline bool redraws_lines(int descriptor = STDOUT_FILENO) {
  const char* kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

/// How many characters fit in a line of the terminal on @p descriptor at this moment; 80 where it does not say.
[[nodiscard]] inline int terminal_columns(int descriptor = STDOUT_FILENO) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace zoetrope
