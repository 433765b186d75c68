/// @file
/// The one exception type of the library.
#pragma once

#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error                                                                                                                 \
    "zoetrope expected numbers that may be infinite or NaN, for training to notice that it diverges; this compiler \
was told that there are none, by -ffast-math, -Ofast or -ffinite-math-only: add -fno-finite-math-only behind it"
#endif

namespace zoetrope {

/// Every failure that zoetrope reports. The message is one sentence for a person: what was expected,
/// what came instead, and where (file, tensor, byte, stage or step).
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Throws an Error whose message is the concatenation of the streamed @p parts.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream message;
  message.imbue(std::locale::classic()); // 1234.5, in whatever language the program speaks to people
  (message << ... << parts);
  throw Error(message.str());
}

/// Throws an Error made of @p parts unless @p condition holds.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) fail(parts...);
}

} // namespace zoetrope
