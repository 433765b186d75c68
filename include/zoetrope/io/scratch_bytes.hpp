/// @file
/// Bytes that are kept while a program runs: in memory up to a budget, beyond it in a file without a name. POSIX.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/system_call.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

namespace zoetrope {

/// How much memory ScratchBytes may take, and where the rest goes.
struct ScratchSettings {
  std::uint64_t memory = std::uint64_t{1} << 30; ///< bytes; with more, all of them are in a file
  std::uint64_t file = std::uint64_t{64} << 30;  ///< bytes; with more than these, it is an error
  std::filesystem::path folder = {};             ///< for that file; empty: the system's folder for temporary files
};

/// Bytes that are appended once and then read in any order, by any number of threads. The file that holds more of them
/// than memory may has no name, so that nothing is left of it, however the program ends.
class ScratchBytes {
public:
  explicit ScratchBytes(ScratchSettings settings = {}) : settings_(std::move(settings)) {}
  ScratchBytes(const ScratchBytes&) = delete;
  ScratchBytes& operator=(const ScratchBytes&) = delete;
  ~ScratchBytes() {
    if (mapped_ != nullptr) ::munmap(mapped_, size_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// Makes room for @p added bytes more. Throws Error where there is none: whoever knows how many will come hears it
  /// before the first is made.
  void reserve(std::uint64_t added) {
    if (fits(added)) {
      try {
        return memory_.reserve(memory_.size() + added);
      } catch (const std::exception&) {
        fail("expected memory for ", added, " bytes, as the settings of scratch bytes allow; there is none");
      }
    }
    require_in_bounds(added);
    if (!in_file()) move_to_file();
    struct ::statvfs found {};
    if (detail::uninterrupted([&] { return ::fstatvfs(descriptor_, &found); }) != 0) fail_here("cannot be looked at");
    const std::uint64_t free = std::uint64_t{found.f_bavail} * found.f_frsize;
    require(added <= free, "a temporary file in '", settings_.folder.string(), "', for what is more than ",
            settings_.memory, " bytes of memory, would take ", added, " bytes, and ", free, " are free there");
  }

  /// Throws Error where the file cannot be made or does not take them. Not after bytes().
  void append(std::span<const std::byte> added) {
    require(mapped_ == nullptr, "expected no more bytes after the first were read");
    if (fits(added.size())) {
      memory_.insert(memory_.end(), added.begin(), added.end());
    } else {
      require_in_bounds(added.size());
      if (!in_file()) move_to_file();
      write(descriptor_, size_, added);
    }
    size_ += added.size();
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool in_file() const { return descriptor_ >= 0; }

  /// All that was appended; stays where it is. Throws Error where the file cannot be read as memory. The first call is
  /// one thread's.
  [[nodiscard]] std::span<const std::byte> bytes() {
    if (!in_file()) return memory_;
    if (mapped_ == nullptr) {
      void* const begin = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
      if (begin == MAP_FAILED) fail_here("cannot be read as memory");
      mapped_ = begin;
    }
    return {static_cast<const std::byte*>(mapped_), size_};
  }

private:
  [[nodiscard]] bool fits(std::uint64_t added) const {
    return !in_file() && added <= settings_.memory - std::min(settings_.memory, size_);
  }

  void require_in_bounds(std::uint64_t added) const {
    require(added <= settings_.file - std::min(settings_.file, size_), "expected at most ", settings_.file,
            " bytes to keep in a temporary file, as the settings say, got ", size_, " and ", added, " more");
  }

  [[noreturn]] void fail_here(const char* what) const {
    fail("a temporary file in '", settings_.folder.string(), "', for what is more than ", settings_.memory,
         " bytes of memory, ", what, ": ", std::strerror(errno));
  }

  void move_to_file() {
    if (settings_.folder.empty()) {
      std::error_code problem;
      settings_.folder = std::filesystem::temp_directory_path(problem);
      if (problem) settings_.folder = "/tmp";
    }
    std::string name = (settings_.folder / "zoetrope-XXXXXX").string();
    const int descriptor = detail::uninterrupted([&] { return ::mkostemp(name.data(), O_CLOEXEC); });
    if (descriptor < 0) fail_here("cannot be made");
    ::unlink(name.c_str());
    try {
      write(descriptor, 0, memory_);
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    descriptor_ = descriptor;
    memory_ = {};
  }

  void write(int descriptor, std::uint64_t offset, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ::ssize_t count = detail::uninterrupted(
          [&] { return ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<::off_t>(offset)); });
      if (count < 0) fail_here("does not take them");
      offset += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  ScratchSettings settings_;
  std::vector<std::byte> memory_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  void* mapped_ = nullptr;
};

} // namespace zoetrope
