/// @file
/// Whether the program is compiled with the address sanitizer: under it a test may do less of the same, since its
/// numbers are checked without, and memory is used in the same way every time.
#pragma once

namespace support {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

} // namespace support
