/// @file
/// Calls of the system that a signal may interrupt. POSIX.
#pragma once

#include <cerrno>

#include <unistd.h>

namespace zoetrope::detail {

/// What @p call gives, which is negative where it fails, made anew for as long as signals interrupt it.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Whether the disk confirms all that was written to @p descriptor; errno says why not.
inline bool synced(int descriptor) {
  return uninterrupted([&] { return ::fsync(descriptor); }) == 0;
}

} // namespace zoetrope::detail
