/// @file
/// The one exception type of the library.
#pragma once

#include <initializer_list>
#include <locale>
#include <memory>
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

namespace detail {

/// One part of a message, and how it is streamed: so a type is streamed in one place, and not in every message that has
/// one of it, of which there are hundreds to compile.
struct MessagePart {
  const void* value;
  void (*stream)(std::ostream& message, const void* value);
};

inline MessagePart message_part(const char* text) {
  return {text, [](std::ostream& message, const void* value) { message << static_cast<const char*>(value); }};
}
inline MessagePart message_part(std::ios_base& (&manipulator)(std::ios_base&)) {
  return {reinterpret_cast<const void*>(manipulator), [](std::ostream& message, const void* value) {
            message << reinterpret_cast<std::ios_base& (*)(std::ios_base&)>(const_cast<void*>(value));
          }};
}
template <class Part>
MessagePart message_part(const Part& part) {
  return {std::addressof(part),
          [](std::ostream& message, const void* value) { message << *static_cast<const Part*>(value); }};
}

[[noreturn]] inline void fail_with(std::initializer_list<MessagePart> parts) {
  std::ostringstream message;
  message.imbue(std::locale::classic()); // 1234.5, in whatever language the program speaks to people
  for (const auto& part : parts) part.stream(message, part.value);
  throw Error(message.str());
}

} // namespace detail

/// Throws an Error whose message is the concatenation of the streamed @p parts.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  detail::fail_with({detail::message_part(parts)...});
}

/// Throws an Error made of @p parts unless @p condition holds.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) detail::fail_with({detail::message_part(parts)...});
}

} // namespace zoetrope
