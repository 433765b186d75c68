#include "zoetrope/core/error.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zoetrope;

TEST_CASE("fail joins its parts into one message") {
  CHECK_THROWS_WITH_AS(fail("expected ", 3, " frames, got ", 2.5, '!'), "expected 3 frames, got 2.5!", Error);
}

TEST_CASE("require throws only where the condition does not hold") {
  CHECK_NOTHROW(require(true, "unused"));
  CHECK_THROWS_WITH_AS(require(false, "size ", std::string("seven")), "size seven", Error);
}

TEST_CASE("an Error is a std::runtime_error, for programs that catch only that") {
  CHECK_THROWS_AS(fail("anything"), std::runtime_error);
}
