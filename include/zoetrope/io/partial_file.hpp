/// @file
/// Where a file grows before it takes its name. POSIX.
#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zoetrope::detail {

/// The function of this name hides it.
using FileStatus = struct ::stat;

/// The file that @p path leads to through symbolic links, which need not be there yet.
inline std::filesystem::path behind_links(std::filesystem::path path) {
  constexpr int most_links = 40; // as many as Linux follows
  std::error_code error;
  for (int links = 0; links < most_links && std::filesystem::is_symlink(path, error); ++links) {
    const auto target = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / target;
  }
  return path;
}

/// Whether @p path still names the file that is open as @p descriptor.
inline bool names(const std::filesystem::path& path, int descriptor) {
  FileStatus named{}, open{};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(descriptor, &open) == 0 && named.st_dev == open.st_dev &&
         named.st_ino == open.st_ino;
}

/// Removes a partial file whose writer is gone: nobody holds its lock. False where there is none to remove.
inline bool remove_abandoned(const std::filesystem::path& path) {
  // Without waiting, and not through a link: whatever has this name need not be ours.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return false;
  FileStatus status{};
  const bool removed = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                       ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && names(path, descriptor) &&
                       ::unlink(path.c_str()) == 0;
  ::close(descriptor);
  return removed;
}

inline std::filesystem::path partial_name(std::filesystem::path path, int writer) {
  return path += writer == 0 ? ".partial" : "." + std::to_string(writer) + ".partial";
}

/// Opens a new, empty file beside @p path that is this writer's alone, locked until the last copy of the descriptor is
/// closed, and gives its name: `<path>.partial`, or `<path>.1.partial` and so on where other programs or threads write
/// the same file. What killed writers left there is removed. -1 and errno where that cannot be.
inline int open_partial(const std::filesystem::path& path, ::mode_t mode, std::filesystem::path& name) {
  constexpr int most_writers = 1000;
  for (int writer = 0; writer < most_writers;) {
    name = partial_name(path, writer);
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) {
      if (errno != EEXIST) return -1;
      if (!remove_abandoned(name)) ++writer;
      continue;
    }
    // Another writer may have taken it for abandoned before it was locked. On a file system without locks nobody can,
    // and the name alone keeps writers apart.
    const bool taken = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && names(name, descriptor)) {
      while (remove_abandoned(partial_name(path, ++writer))) {
      }
      return descriptor;
    }
    ::close(descriptor);
  }
  errno = EEXIST;
  return -1;
}

} // namespace zoetrope::detail
