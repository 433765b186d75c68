/// @file
/// Adding to the end of a file. POSIX.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/system_call.hpp"

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace zoetrope {

/// A file that grows by whole texts.
class AppendedFile {
public:
  /// Opens the file @p path, which must be there. Throws Error.
  explicit AppendedFile(std::filesystem::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)) {
    if (descriptor_ < 0) fail_here("it does not open");
  }
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;
  ~AppendedFile() { ::close(descriptor_); }

  /// Adds @p text as a whole. Throws Error, with the reason, where the system does not take all of it; the file then
  /// ends where it did before.
  void append(std::string_view text) {
    const ::off_t before = ::lseek(descriptor_, 0, SEEK_END);
    while (!text.empty()) {
      const ::ssize_t taken = detail::uninterrupted([&] { return ::write(descriptor_, text.data(), text.size()); });
      if (taken == 0) errno = ENOSPC;
      if (taken <= 0) {
        const int reason = errno;
        [[maybe_unused]] const bool back = before >= 0 && ::ftruncate(descriptor_, before) == 0;
        errno = reason;
        fail_here("writing stopped");
      }
      text.remove_prefix(static_cast<std::size_t>(taken));
    }
  }

  /// Waits until everything is on the disk. Throws Error where the disk does not confirm it.
  void sync() {
    // Not every file that can be written can be brought to a disk.
    if (!detail::synced(descriptor_) && errno != EINVAL && errno != EROFS) fail_here("the disk did not confirm it");
  }

private:
  [[noreturn]] void fail_here(const char* what) const {
    const int reason = errno;
    fail("expected to add to '", path_.string(), "', but ", what, ": ", std::generic_category().message(reason));
  }

  std::filesystem::path path_;
  int descriptor_;
};

} // namespace zoetrope
