#include "zoetrope/io/scratch_bytes.hpp"

#include "support/error_of.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zoetrope;

namespace {

/// Appends 0, 1, 2, ... in pieces of 1, 2, 3, ... bytes, and checks that they come back.
void check_pieces(ScratchBytes& scratch, std::size_t pieces) {
  std::vector<std::byte> all;
  for (std::size_t piece = 1; piece <= pieces; ++piece) {
    std::vector<std::byte> added(piece);
    for (auto& byte : added) {
      byte = static_cast<std::byte>(all.size() % 251);
      all.push_back(byte);
    }
    scratch.append(added);
  }
  CHECK(scratch.size() == all.size());
  const auto found = scratch.bytes();
  CHECK(std::equal(found.begin(), found.end(), all.begin(), all.end()));
  CHECK(scratch.bytes().data() == found.data());
}

} // namespace

TEST_CASE("scratch bytes are in memory as far as the budget goes, and all of them in a file beyond it") {
  ScratchBytes none;
  CHECK(none.bytes().empty());

  ScratchBytes within({.memory = 55});
  check_pieces(within, 10);
  CHECK(!within.in_file());

  for (const std::uint64_t memory : {0, 1, 54}) {
    CAPTURE(memory);
    ScratchBytes beyond({.memory = memory});
    check_pieces(beyond, 10);
    CHECK(beyond.in_file());
  }
}

TEST_CASE("a file takes no more bytes than it may, and keeps those that it has") {
  ScratchBytes scratch({.memory = 3, .file = 60});
  check_pieces(scratch, 10);
  ScratchBytes full({.memory = 3, .file = 5});
  full.append(std::vector<std::byte>(5));
  const std::string message =
      "expected at most 5 bytes to keep in a temporary file, as the settings say, got 5 and 1 more";
  CHECK(test::error_of([&] { full.append(std::vector<std::byte>(1)); }) == message);
  CHECK(test::error_of([&] { full.reserve(1); }) == message);
  CHECK(full.bytes().size() == 5);
}

TEST_CASE("nothing of a scratch file is left, and a folder that does not take one is named") {
  const auto folder = std::filesystem::temp_directory_path() / "zoetrope_scratch_test";
  std::filesystem::create_directories(folder);
  {
    ScratchBytes scratch({.memory = 0, .folder = folder});
    check_pieces(scratch, 3);
    CHECK(std::filesystem::is_empty(folder));
  }
  std::filesystem::remove(folder);
  ScratchBytes nowhere({.memory = 3, .folder = folder});
  nowhere.append(std::vector<std::byte>(3));
  CHECK(test::error_of([&] { nowhere.append(std::vector<std::byte>(1)); }) ==
        "a temporary file in '" + folder.string() +
            "', for what is more than 3 bytes of memory, cannot be made: No such file or directory");
}

TEST_CASE("whoever reserves scratch bytes hears of it where there is no room") {
  ScratchBytes within({.memory = 55});
  within.reserve(55);
  CHECK(!within.in_file());
  check_pieces(within, 10);
  CHECK(!within.in_file());

  ScratchBytes beyond({.memory = 54});
  beyond.reserve(55);
  CHECK(beyond.in_file());
  check_pieces(beyond, 10);

  const std::uint64_t much = std::uint64_t{1} << 62;
  ScratchBytes too_much({.memory = 0, .file = 2 * much, .folder = "/tmp"});
  CHECK(test::error_of([&] { too_much.reserve(much); })
            .starts_with("a temporary file in '/tmp', for what is more than 0 bytes of memory, would take "
                         "4611686018427387904 bytes, and "));
  ScratchBytes allowed({.memory = 2 * much});
  CHECK(test::error_of([&] { allowed.reserve(2 * much); }) ==
        "expected memory for 9223372036854775808 bytes, as the settings of scratch bytes allow; there is none");
}
