/// @file
/// A file that is read as memory. POSIX.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/system_call.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace zoetrope {

/// The bytes of a file, which the system reads where they are looked at and may forget again, so files may be larger
/// than memory. The file must not become shorter meanwhile.
class MappedFile {
public:
  /// Throws Error where there is no such file, or it cannot be read or is none.
  explicit MappedFile(std::filesystem::path path) : path_(std::move(path)) {
    const int descriptor =
        detail::uninterrupted([&] { return ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
    if (descriptor < 0) fail("'", path_.string(), "' cannot be opened for reading: ", std::strerror(errno));
    struct ::stat found {};
    const bool known = ::fstat(descriptor, &found) == 0, file = known && S_ISREG(found.st_mode);
    if (file && found.st_size > 0) {
      size_ = static_cast<std::size_t>(found.st_size);
      begin_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    }
    const int reason = errno;
    ::close(descriptor);
    require(file, "'", path_.string(), "' is not a file");
    require(begin_ != MAP_FAILED, "'", path_.string(), "' cannot be read as memory: ", std::strerror(reason));
  }
  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)), begin_(std::exchange(other.begin_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile() {
    if (begin_ != nullptr && begin_ != MAP_FAILED) ::munmap(begin_, size_);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(begin_), size_}; }

private:
  std::filesystem::path path_;
  void* begin_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace zoetrope
