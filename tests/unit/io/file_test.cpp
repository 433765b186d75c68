#include "support/error_of.hpp"
#include "zoetrope/io/file.hpp"

#include "file_size_limit.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

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

TEST_CASE("partial files that killed programs left are removed") {
  const TemporaryFolder folder;
  for (const char* name : {"a.partial", "a.1.partial", "a.2.partial"})
    write_bytes(folder / name, "something much longer than the new file");
  // Not even its owner may write it, as where the file that it was to replace is protected.
  ::chmod((folder / "a.1.partial").c_str(), 0400);
  write_file(folder / "a", bytes_of("new"));
  CHECK(read_bytes(folder / "a") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("writers of the same file do not disturb each other") {
  const TemporaryFolder folder;
  {
    AtomicFile first(folder / "a"), second(folder / "a"), third(folder / "a");
    first.write(bytes_of("first"));
    second.write(bytes_of("second"));
    third.write(bytes_of("third"));
    CHECK(folder.entries() == 3);
    second.commit();
    CHECK(read_bytes(folder / "a") == "second");
    AtomicFile fourth(folder / "a");
    fourth.write(bytes_of("fourth"));
    first.commit();
    CHECK(read_bytes(folder / "a") == "first");
    fourth.commit();
    CHECK(read_bytes(folder / "a") == "fourth");
  }
  CHECK(folder.entries() == 1);

  // In programs of their own, and in threads: each file that appears is somebody's as a whole.
  const auto write_often = [&folder](char letter) {
    for (int i = 0; i < 300; ++i) write_file(folder / "a", bytes_of(std::string(5000, letter)));
  };
  const ::pid_t other = ::fork();
  if (other == 0) {
    int code = 1;
    try {
      write_often('a');
      code = 0;
    } catch (const std::exception&) {
    }
    ::_exit(code);
  }
  std::string message;
  std::thread thread([&] { message = error_of([&] { write_often('b'); }); });
  CHECK(error_of([&] { write_often('c'); }) == "");
  thread.join();
  CHECK(message == "");
  int status = -1;
  CHECK(::waitpid(other, &status, 0) == other);
  CHECK(status == 0);
  const std::string last = read_bytes(folder / "a");
  CHECK(last == std::string(5000, last.front()));
  CHECK(folder.entries() == 1);
}

TEST_CASE("what is not ours under a partial file's name stays") {
  const TemporaryFolder folder;
  write_bytes(folder / "other", "other");
  std::filesystem::create_symlink("other", folder / "a.partial");
  std::filesystem::create_directory(folder / "a.1.partial");
  REQUIRE(::mkfifo((folder / "a.2.partial").c_str(), 0600) == 0);
  write_file(folder / "a", bytes_of("new"));
  CHECK(read_bytes(folder / "a") == "new");
  CHECK(read_bytes(folder / "other") == "other");
  CHECK(std::filesystem::is_symlink(folder / "a.partial"));
  CHECK(folder.entries() == 5);
}

TEST_CASE("a link stays, and the file behind it is replaced") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "sub");
  write_bytes(folder / "sub/file", "old");
  std::filesystem::create_symlink("sub/file", folder / "near");
  std::filesystem::create_symlink("../near", folder / "sub/far");
  std::filesystem::create_symlink(folder / "sub/none yet", folder / "dangling");
  write_file(folder / "sub/far", bytes_of("new"));
  CHECK(read_bytes(folder / "sub/file") == "new");
  write_file(folder / "dangling", bytes_of("first"));
  CHECK(read_bytes(folder / "sub/none yet") == "first");
  for (const char* name : {"near", "sub/far", "dangling"}) CHECK(std::filesystem::is_symlink(folder / name));
  CHECK(folder.entries() == 3);

  std::filesystem::create_symlink("round", folder / "about");
  std::filesystem::create_symlink("about", folder / "round");
  CHECK(
      contains(error_of([&] { write_file(folder / "about", bytes_of("new")); }), "Too many levels of symbolic links"));
  CHECK(std::filesystem::is_symlink(folder / "about"));
}

TEST_CASE("a file that is replaced hands on its permissions, and a new one has those of any new file") {
  const TemporaryFolder folder;
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(std::filesystem::status(folder / name).permissions());
  };
  const ::mode_t before = ::umask(027);
  for (const ::mode_t wanted : {0600, 0644, 0666, 0664, 0755}) {
    write_bytes(folder / "a", "old");
    ::chmod((folder / "a").c_str(), wanted);
    {
      AtomicFile file(folder / "a");
      file.write(bytes_of("new"));
      CHECK(mode("a.partial") == 0600);
      file.commit();
    }
    CHECK(mode("a") == wanted);
    CHECK(read_bytes(folder / "a") == "new");
  }
  write_file(folder / "b", bytes_of("new"));
  CHECK(mode("b") == 0640);
  ::umask(before);
}

TEST_CASE("what is not a regular file is not replaced") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(folder / "taken");
  std::filesystem::create_symlink("/dev/null", folder / "null");
  for (const auto& path : {folder / "pipe", folder / "taken", folder / "null", std::filesystem::path("/dev/null")}) {
    CAPTURE(path.string());
    CHECK(error_of([&] { write_file(path, bytes_of("new")); }) ==
          "expected to write '" + path.string() + "', but what has this name is not a regular file");
  }
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(std::filesystem::is_symlink(folder / "null"));
  CHECK(folder.entries() == 3);

  if (::geteuid() == 0) return; // root may write everything
  write_bytes(folder / "protected", "old");
  ::chmod((folder / "protected").c_str(), 0400);
  CHECK(contains(error_of([&] { write_file(folder / "protected", bytes_of("new")); }), "it is protected"));
  CHECK(read_bytes(folder / "protected") == "old");
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
  CHECK(folder.entries() == 1);
}
