/// @file
/// Writing a file as a whole or not at all. POSIX.
#pragma once

#include "zoetrope/core/error.hpp"

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
#include <unistd.h>

namespace zoetrope {

/// A file that appears under its name only when it is complete and on the disk. Bytes go to `<path>.partial` in the
/// same folder; commit() renames that file to @p path. Without commit() the partial file is removed and what
/// stood at @p path before stays untouched, whether the disk is full, a write fails or an exception passes by.
class AtomicFile {
public:
  /// Opens `<path>.partial`. Throws Error if the folder does not take it.
  explicit AtomicFile(std::filesystem::path path) : path_(std::move(path)), partial_(path_) {
    require(path_.has_filename(), "expected the name of a file to write, got '", path_.string(), "'");
    partial_ += ".partial";
    descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_here("its partial file does not open", 0);
  }

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  ~AtomicFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!committed_) ::unlink(partial_.c_str());
  }

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
    if (::fsync(descriptor_) != 0) fail_here("the disk did not confirm it", written_);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail_here("closing failed", written_);
    if (::rename(partial_.c_str(), path_.c_str()) != 0) fail_here("the finished file does not take its name", written_);
    committed_ = true;
    sync_folder();
  }

private:
  void write_from(std::uint64_t offset, std::span<const std::byte> bytes) {
    // Linux moves at most about 2^31 bytes a call.
    constexpr std::size_t most = std::size_t{1} << 30;
    while (!bytes.empty()) {
      const ::ssize_t taken =
          ::pwrite(descriptor_, bytes.data(), std::min(bytes.size(), most), static_cast<::off_t>(offset));
      if (taken < 0 && errno == EINTR) continue;
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
    const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // A folder that may be written but not read cannot be opened, and some file systems do not sync folders at all.
    if (descriptor < 0) return;
    const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS;
    const int reason = errno;
    ::close(descriptor);
    errno = reason;
    if (!synced) fail_here("its folder was not confirmed by the disk", written_);
  }

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
  std::uint64_t written_ = 0;
  bool committed_ = false;
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
