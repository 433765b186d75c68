/// @file
/// Writing a file as a whole or not at all. POSIX.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/partial_file.hpp"
#include "zoetrope/io/system_call.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zoetrope {

/// A file that appears under its name only when it is complete and on the disk. Bytes go to a partial file in the
/// same folder, of a name of its own for each writer (`<path>.partial`, `<path>.1.partial`, ...); commit() renames
/// it to @p path. Without commit() the partial file is removed and what stood at @p path before stays untouched,
/// whether the disk is full, a write fails or an exception passes by. A symbolic link stays, and the file that it leads
/// to is replaced; a file that is replaced hands on its permissions and, where the system allows it, its owner.
class AtomicFile {
public:
  /// Opens the partial file. Throws Error if the folder does not take it, and for a @p path that names something else
  /// than a regular file or one that may not be written.
  explicit AtomicFile(std::filesystem::path path) : path_(std::move(path)), target_(detail::behind_links(path_)) {
    require(path_.has_filename(), "expected the name of a file to write, got '", path_.string(), "'");
    replaces_ = ::stat(path_.c_str(), &old_) == 0;
    if (!replaces_ && errno != ENOENT) fail_here("its name leads nowhere", 0);
    require(!replaces_ || S_ISREG(old_.st_mode), "expected to write '", path_.string(),
            "', but what has this name is not a regular file");
    if (replaces_ && ::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) != 0) fail_here("it is protected", 0);
    // The partial file of a private one is private, too.
    descriptor_ = detail::open_partial(target_, replaces_ ? 0600 : 0666, partial_);
    if (descriptor_ < 0) fail_here("its partial file does not open", 0);
    lock_ = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
    if (lock_ < 0) {
      const int reason = errno;
      discard();
      errno = reason;
      fail_here("its partial file cannot be held", 0);
    }
  }

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  ~AtomicFile() { discard(); }

  /// Appends @p bytes. Throws Error, with the reason, unless the system takes every one of them.
  void write(std::span<const std::byte> bytes) { write_from(written_, bytes); }

  /// Has the system begin to bring the @p count bytes from byte @p first on to the disk, where it can, so that commit()
  /// waits for less.
  void start_flush([[maybe_unused]] std::uint64_t first, [[maybe_unused]] std::uint64_t count) {
#if defined(SYNC_FILE_RANGE_WRITE)
    // A hint: what goes wrong, commit() finds out.
    (void)::sync_file_range(descriptor_, static_cast<::off64_t>(first), static_cast<::off64_t>(count),
                            SYNC_FILE_RANGE_WRITE);
#endif
  }
  [[nodiscard]] std::uint64_t size() const { return written_; }

  /// Writes @p bytes over those that were written from byte @p offset on. Throws Error, otherwise as write().
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
    require(offset <= written_ && bytes.size() <= written_ - offset, "expected bytes in place of the ", written_,
            " of '", path_.string(), "', got ", bytes.size(), " from byte ", offset, " on");
    write_from(offset, bytes);
  }

  /// Brings the bytes to the disk and the file to its name. Throws Error; the old file is then still there, unless the
  /// message speaks of the folder: only then the new one has replaced it without being known to survive a crash.
  void commit() {
    hand_on_permissions();
    if (!detail::synced(descriptor_)) fail_here("the disk did not confirm it", written_);
    // The lock keeps the name until the file has another one.
    const bool closed = ::close(std::exchange(descriptor_, -1)) == 0 || errno == EINTR;
    if (!closed) fail_here("closing failed", written_);
    if (::rename(partial_.c_str(), target_.c_str()) != 0)
      fail_here("the finished file does not take its name", written_);
    ::close(std::exchange(lock_, -1));
    sync_folder();
  }

private:
  /// Removes the partial file unless it has taken its name.
  void discard() {
    // Removed while it is locked: the name may be another writer's afterwards.
    if (descriptor_ >= 0 || lock_ >= 0) ::unlink(partial_.c_str());
    for (int* open : {&descriptor_, &lock_})
      if (*open >= 0) ::close(std::exchange(*open, -1));
  }

  void hand_on_permissions() {
    detail::FileStatus now{};
    if (!replaces_ || ::fstat(descriptor_, &now) != 0) return;
    // Only root may give a file away: anybody else's new file is their own.
    const bool other_owner = now.st_uid != old_.st_uid || now.st_gid != old_.st_gid;
    [[maybe_unused]] const bool given = other_owner && ::fchown(descriptor_, old_.st_uid, old_.st_gid) == 0;
    constexpr ::mode_t permissions = 0777;
    const ::mode_t wanted = old_.st_mode & permissions;
    if ((now.st_mode & permissions) != wanted && ::fchmod(descriptor_, wanted) != 0)
      fail_here("it cannot keep its permissions", written_);
  }

  void write_from(std::uint64_t offset, std::span<const std::byte> bytes) {
    // Linux moves at most about 2^31 bytes a call.
    constexpr std::size_t most = std::size_t{1} << 30;
    while (!bytes.empty()) {
      const ::ssize_t taken = detail::uninterrupted([&] {
        return ::pwrite(descriptor_, bytes.data(), std::min(bytes.size(), most), static_cast<::off_t>(offset));
      });
      if (taken == 0) errno = ENOSPC;
      if (taken <= 0) fail_here("writing stopped", offset);
      offset += static_cast<std::uint64_t>(taken);
      written_ = std::max(written_, offset);
      bytes = bytes.subspan(static_cast<std::size_t>(taken));
    }
  }

  [[noreturn]] void fail_here(const char* what, std::uint64_t offset) const {
    const int reason = errno;
    fail("expected to write '", path_.string(), "', but ", what, " at byte ", offset, ": ",
         std::generic_category().message(reason));
  }

  void sync_folder() const {
    const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // A folder that may be written but not read cannot be opened, and some file systems do not sync folders at all.
    if (descriptor < 0) return;
    const bool confirmed = detail::synced(descriptor) || errno == EINVAL || errno == EROFS;
    const int reason = errno;
    ::close(descriptor);
    errno = reason;
    if (!confirmed) fail_here("its folder was not confirmed by the disk", written_);
  }

  std::filesystem::path path_;
  std::filesystem::path target_; ///< what path_ leads to
  std::filesystem::path partial_;
  detail::FileStatus old_{};
  bool replaces_ = false; ///< the file of old_
  int descriptor_ = -1;
  int lock_ = -1; ///< the same open file: its lock outlives the closing of descriptor_
  std::uint64_t written_ = 0;
};

/// Writes @p bytes to @p path as a whole or not at all. Throws Error.
inline void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}
/// Writes @p text, otherwise as write_file().
inline void write_text(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

} // namespace zoetrope
