/// @file
/// What all harnesses share: the input as a file, and what a parser may do with it.
#pragma once

#include "zoetrope/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace fuzz {

/// Stops with a message that libFuzzer reports, with the input that led there.
inline void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "what was to hold: %s\n", what);
  std::abort();
}

/// A file of its own, where the system has memory for files.
class InputFile {
public:
  InputFile() {
    const std::filesystem::path memory = "/dev/shm";
    const auto folder = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    static int made = 0;
    path_ = folder / ("zoetrope-fuzz-" + std::to_string(::getpid()) + "-" + std::to_string(made++));
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  /// The path of a file of these bytes.
  const std::filesystem::path& with(const void* bytes, std::size_t size) {
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    expect(file >= 0 && ::write(file, bytes, size) == static_cast<ssize_t>(size), "the input can be written to a file");
    ::close(file);
    return path_;
  }

private:
  std::filesystem::path path_;
};

/// Runs @p action, which may throw zoetrope::Error with a message, and nothing else. Whether it threw none.
template <class Action>
bool accepts(const Action& action) {
  try {
    action();
    return true;
  } catch (const zoetrope::Error& error) {
    expect(error.what()[0] != '\0', "an error says something");
    return false;
  }
}

} // namespace fuzz
