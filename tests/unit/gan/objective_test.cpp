#include "zoetrope/gan/objective.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace zoetrope;

namespace {

struct Forgetful {
  void weigh(std::span<const double>) const {}
};
struct Unique {
  Unique(const Unique&) = delete;
  void weigh(std::span<const double>, std::span<double>) const {}
};

static_assert(Objective<SumObjective> && Objective<AverageObjective>);
static_assert(!Objective<int> && !Objective<Forgetful> && !Objective<Unique>);

template <Objective O>
std::vector<double> weights(const O& objective, const std::vector<double>& losses) {
  std::vector<double> result(losses.size(), std::numeric_limits<double>::quiet_NaN());
  objective.weigh(losses, result);
  return result;
}

} // namespace

TEST_CASE("the sum weighs every discriminator's loss with 1") {
  CHECK(weights(SumObjective{}, {0.5, 7, 0}) == std::vector<double>{1, 1, 1});
}

TEST_CASE("the average weighs every discriminator's loss with its share") {
  CHECK(weights(AverageObjective{}, {0.5, 7, 0, 2}) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  CHECK(weights(AverageObjective{}, {3}) == std::vector<double>{1});
}
