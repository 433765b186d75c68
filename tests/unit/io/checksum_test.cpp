#include "zoetrope/io/checksum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace zoetrope;

namespace {

std::string sum_of(const std::vector<std::byte>& bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.text();
}

} // namespace

TEST_CASE("the checksum of three small inputs, worked out apart from this code") {
  Checksum sum;
  CHECK(sum.text() == "cbf29ce484222325");
  sum.add(std::uint64_t{1});
  CHECK(sum.text() == "5a8419103ebe48e4");
  CHECK(sum_of({std::byte{'a'}, std::byte{'b'}, std::byte{'c'}}) == "3bc09e26ed50868a");
}

TEST_CASE("every flip of one bit, every cut and every added zero changes the checksum") {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 21; ++i) bytes.push_back(static_cast<std::byte>(i * 37));
  std::set<std::string> seen{sum_of(bytes)};
  std::size_t inputs = 1;
  for (auto& byte : bytes)
    for (int bit = 0; bit < 8; ++bit, ++inputs) {
      byte ^= std::byte{1} << bit;
      seen.insert(sum_of(bytes));
      byte ^= std::byte{1} << bit;
    }
  for (std::size_t length = 0; length < bytes.size(); ++length, ++inputs)
    seen.insert(sum_of({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}));
  for (int added = 0; added < 9; ++added, ++inputs) {
    bytes.push_back(std::byte{0});
    seen.insert(sum_of(bytes));
  }
  CHECK(seen.size() == inputs);
}

TEST_CASE("a checksum of pieces is that of the whole, where all but the last are whole words") {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 45; ++i) bytes.push_back(static_cast<std::byte>(i * 37));
  for (const std::size_t piece : {8, 16, 24, 40, 48}) {
    Checksum sum;
    sum.add(std::uint64_t{bytes.size()});
    for (std::span rest(bytes); !rest.empty(); rest = rest.subspan(std::min(piece, rest.size())))
      sum.add_piece(rest.first(std::min(piece, rest.size())));
    CAPTURE(piece);
    CHECK(sum.text() == sum_of(bytes));
  }
}

TEST_CASE("the checksum depends on order and on where one text ends and the next begins") {
  const auto sum = [](const std::vector<std::string>& texts) {
    Checksum result;
    for (const auto& text : texts) result.add(text);
    return result.value();
  };
  CHECK(sum({"ab", "c"}) == sum({"ab", "c"}));
  CHECK(sum({"ab", "c"}) != sum({"a", "bc"}));
  CHECK(sum({"ab", "c"}) != sum({"c", "ab"}));
}
