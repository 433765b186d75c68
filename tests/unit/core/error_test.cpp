#include "zoetrope/core/error.hpp"

#include <doctest/doctest.h>

#include <iomanip>
#include <string>
#include <string_view>

using namespace zoetrope;

TEST_CASE("fail joins its parts into one message") {
  CHECK_THROWS_WITH_AS(fail("expected ", 3, " frames, got ", 2.5, '!'), "expected 3 frames, got 2.5!", Error);
}

TEST_CASE("a message's parts are what a stream takes: numbers, texts of every kind, manipulators") {
  const char letters[] = "abc";
  const char* const pointer = "pointer";
  CHECK_THROWS_WITH_AS(fail(letters, ' ', pointer, ' ', std::string_view("view"), ' ', std::hex, 255, ' ',
                            std::setprecision(3), 1.23456, ' ', true),
                       "abc pointer view ff 1.23 1", Error);
}

TEST_CASE("require throws only where the condition does not hold") {
  CHECK_NOTHROW(require(true, "unused"));
  CHECK_THROWS_WITH_AS(require(false, "size ", std::string("seven")), "size seven", Error);
}

TEST_CASE("an Error is a std::runtime_error, for programs that catch only that") {
  CHECK_THROWS_AS(fail("anything"), std::runtime_error);
}
