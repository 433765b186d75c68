#include "support/error_of.hpp"
#include "zoetrope/io/file.hpp"

#include "file_size_limit.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

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
  const std::string message = error_of([] { write_file("bare", bytes_of("here")); });
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

TEST_CASE("write_at writes over bytes that were written, and over no others") {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "a");
    file.write(bytes_of("0123456789"));
    file.write_at(2, bytes_of("ab"));
    file.write_at(9, bytes_of("c"));
    file.write_at(10, {});
    CHECK(file.size() == 10);
    file.start_flush(0, 10); // changes nothing that a reader sees
    file.write(bytes_of("more"));
    const std::string where = "expected bytes in place of the 14 of '" + (folder / "a").string() + "', got ";
    CHECK(error_of([&] { file.write_at(13, bytes_of("xy")); }) == where + "2 from byte 13 on");
    CHECK(error_of([&] { file.write_at(15, {}); }) == where + "0 from byte 15 on");
    CHECK(error_of([&] { file.write_at(~std::uint64_t{0}, bytes_of("xy")); }) != "");
    file.commit();
  }
  CHECK(read_bytes(folder / "a") == "01ab45678cmore");
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
    message = error_of([&] { write_file(folder / "a", bytes_of(large)); });
  }
  CHECK(message.find((folder / "a").string()) != std::string::npos);
  CHECK(message.find("at byte 10000") != std::string::npos);
  CHECK(message.find("File too large") != std::string::npos);
  CHECK(read_bytes(folder / "a") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("paths that take no file, for root too") {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "x");
  const auto attempt = [&](const std::filesystem::path& path) {
    return error_of([&] { write_file(path, bytes_of("new")); });
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
