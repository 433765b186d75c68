#include "zoetrope/backend/eigen/buffer.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;

TEST_CASE("a buffer that was moved from is empty and grows again") {
  eigen::Buffer<float> first(10);
  first.fill(2);
  const float* memory = first.data();
  eigen::Buffer<float> second(std::move(first));
  CHECK(second.size() == 10);
  CHECK(second.data() == memory);
  CHECK(first.size() == 0); // NOLINT(bugprone-use-after-move): this is what the test is about
  first.resize(5);
  REQUIRE(first.data() != nullptr);
  first.fill(3);

  first = std::move(second);
  CHECK(first.data() == memory);
  CHECK(first.data()[9] == 2);
  CHECK(second.size() == 0);
  CHECK(second.data() == nullptr);
}
