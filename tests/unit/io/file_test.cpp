#include "zoetrope/io/file.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include <sys/resource.h>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// The message of the Error that @p action throws; empty if it throws none.
template <class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// No file may grow beyond this many bytes; a write that tries fails as on a full disk, part of it done.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  void (*handler_)(int);
};

} // namespace

TEST_CASE("write_file writes all bytes and leaves nothing else behind") {
  const TemporaryFolder folder;
  const std::string bytes("with\0zero and \xff", 15);
  write_file(folder / "a", bytes_of(bytes));
  CHECK(read_bytes(folder / "a") == bytes);
  write_file(folder / "a", bytes_of("shorter"));
  CHECK(read_bytes(folder / "a") == "shorter");
  write_file(folder / "empty", {});
  CHECK(read_bytes(folder / "empty").empty());
  CHECK(folder.entries() == 2);
}

TEST_CASE("a bare file name goes to the current folder") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / "");
  const std::string message = message_of([] { write_file("bare", bytes_of("here")); });
  std::filesystem::current_path(before);
  CHECK(message == "");
  CHECK(read_bytes(folder / "bare") == "here");
}

TEST_CASE("an AtomicFile that is not committed leaves the old file and no other") {
  const TemporaryFolder folder;
  write_bytes(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write(bytes_of("new"));
    CHECK(std::filesystem::exists(folder / "a.partial"));
    CHECK(read_bytes(folder / "a") == "old");
  }
  CHECK(read_bytes(folder / "a") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a partial file that a killed program left is overwritten") {
  const TemporaryFolder folder;
  write_bytes(folder / "a.partial", "something much longer than the new file");
  write_file(folder / "a", bytes_of("new"));
  CHECK(read_bytes(folder / "a") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a disk that fills half-way: an Error with file and reason, the old file stays, nothing else does") {
  const TemporaryFolder folder;
  write_bytes(folder / "a", "old");
  std::string message;
  {
    const FileSizeLimit limit(10'000);
    const std::string large(1'000'000, 'x');
    message = message_of([&] { write_file(folder / "a", bytes_of(large)); });
  }
  CHECK(message.find((folder / "a").string()) != std::string::npos);
  CHECK(message.find("at byte 10000") != std::string::npos);
  CHECK(message.find("File too large") != std::string::npos);
  CHECK(read_bytes(folder / "a") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("places that take no file, for root too") {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "x");
  const auto attempt = [&](const std::filesystem::path& path) {
    return message_of([&] { write_file(path, bytes_of("new")); });
  };
  CHECK(attempt(folder / "file/inside").find("Not a directory") != std::string::npos);
  CHECK(attempt(folder / "missing/inside").find("No such file or directory") != std::string::npos);
  CHECK(attempt(folder / "").find("the name of a file") != std::string::npos);
  CHECK(attempt("").find("the name of a file") != std::string::npos);
  CHECK(read_bytes(folder / "file") == "x");

  std::filesystem::create_directory(folder / "taken");
  CHECK(attempt(folder / "taken").find("does not take its name") != std::string::npos);
  CHECK(std::filesystem::is_directory(folder / "taken"));
  CHECK(folder.entries() == 2);
}
