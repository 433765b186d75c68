#include "zoetrope/gan/objective.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <numeric>
#include <vector>

using namespace zoetrope;

namespace {

struct Forgetful {
  void weigh(std::span<const double>) const {}
  static std::string description() { return ""; }
};
struct Unique {
  Unique(const Unique&) = delete;
  void weigh(std::span<const double>, std::span<double>) const {}
  static std::string description() { return ""; }
};
struct Anonymous {
  void weigh(std::span<const double>, std::span<double>) const {}
};

static_assert(Objective<SumObjective> && Objective<AverageObjective>);
static_assert(Objective<HypervolumeObjective> && Objective<SoftmaxObjective>);
static_assert(!Objective<int> && !Objective<Forgetful> && !Objective<Unique> && !Objective<Anonymous>);
static_assert(weights_depend_on_losses<HypervolumeObjective> && weights_depend_on_losses<SoftmaxObjective>);

template <Objective O>
std::vector<double> weights(const O& objective, const std::vector<double>& losses) {
  std::vector<double> result(losses.size(), std::numeric_limits<double>::quiet_NaN());
  objective.weigh(losses, result);
  return result;
}

void check_close(const std::vector<double>& values, const std::vector<double>& expected, double tolerance) {
  REQUIRE(values.size() == expected.size());
  for (std::size_t k = 0; k < values.size(); ++k)
    CHECK(values[k] == doctest::Approx(expected[k]).epsilon(tolerance).scale(0));
}

using JointLoss = std::function<double(const std::vector<double>&)>;

/// Checks that @p found are the derivatives of @p joint at @p losses.
void check_derivatives(const std::vector<double>& found, const JointLoss& joint, std::vector<double> losses) {
  constexpr double step = 1e-5;
  std::vector<double> numeric;
  for (double& loss : losses) {
    const double before = loss;
    loss = before + step;
    const double above = joint(losses);
    loss = before - step;
    numeric.push_back((above - joint(losses)) / (2 * step));
    loss = before;
  }
  check_close(found, numeric, 1e-8);
}

double sum(const std::vector<double>& losses) { return std::accumulate(losses.begin(), losses.end(), 0.0); }

/// What() of the Error that @p objective throws at @p losses; empty where it throws none.
template <Objective O>
std::string refusal(const O& objective, const std::vector<double>& losses) {
  try {
    (void)weights(objective, losses);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("the sum weighs every discriminator's loss with 1") {
  CHECK(weights(SumObjective{}, {0.5, 7, 0}) == std::vector<double>{1, 1, 1});
}

TEST_CASE("the average weighs every discriminator's loss with its share") {
  CHECK(weights(AverageObjective{}, {0.5, 7, 0, 2}) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  CHECK(weights(AverageObjective{}, {3}) == std::vector<double>{1});
}

TEST_CASE("hypervolume maximisation weighs a loss with 1 over its distance from the nadir") {
  // The nadir is 1.5 * 4 + 1e-8: 5, 4 and 2 above the losses.
  check_close(weights(HypervolumeObjective{}, {1, 2, 4}), {0.2, 0.25, 0.5}, 1e-8);
  // 2 * 0.5 + 0.25 = 1.25.
  check_close(weights(HypervolumeObjective{.nadir_factor = 2, .offset = 0.25}, {0.25, 0.5}), {1, 4.0 / 3}, 1e-15);
  check_close(weights(HypervolumeObjective{}, {3}), {2.0 / 3}, 1e-8);
  // The offset is there for losses that are all 0, and for what is below 0 beside a larger one.
  check_close(weights(HypervolumeObjective{}, {0, 0}), {1e8, 1e8}, 1e-12);
  check_close(weights(HypervolumeObjective{}, {-1, 2}), {0.25, 1}, 1e-8);
}

TEST_CASE("the softmax weighs the discriminator that is fooled least the most") {
  // exp(log 2 * (1, 2, 3)) = 2, 4, 8.
  check_close(weights(SoftmaxObjective{.sharpness = std::log(2.0)}, {1, 2, 3}), {1.0 / 7, 2.0 / 7, 4.0 / 7}, 1e-14);
  CHECK(weights(SoftmaxObjective{.sharpness = 0}, {5, -3, 0, 1}) == std::vector<double>(4, 0.25));
  CHECK(weights(SoftmaxObjective{.sharpness = 1e6}, {1, 2}) == std::vector<double>{0, 1});
  // Only differences count, so large losses neither overflow nor vanish.
  for (const double shift : {1024.0, -1024.0})
    CHECK(weights(SoftmaxObjective{}, {shift + 1, shift + 0.5}) == weights(SoftmaxObjective{}, {1, 0.5}));
}

TEST_CASE("weights are the derivatives of the joint loss") {
  const std::vector<double> losses{0.7, 2.5, 0.1, 1.3};
  check_derivatives(weights(SumObjective{}, losses), sum, losses);
  check_derivatives(
      weights(AverageObjective{}, losses), [](const auto& l) { return sum(l) / 4; }, losses);
  check_derivatives(
      weights(HypervolumeObjective{}, losses),
      [](const auto& l) {
        double joint = 0;
        for (const double loss : l) joint -= std::log(1.5 * 2.5 + 1e-8 - loss); // the nadir stays where it was
        return joint;
      },
      losses);
  check_derivatives(
      weights(SoftmaxObjective{.sharpness = 1.7}, losses),
      [](const auto& l) {
        double exponentials = 0;
        for (const double loss : l) exponentials += std::exp(1.7 * loss);
        return std::log(exponentials) / 1.7;
      },
      losses);
}

TEST_CASE("objectives that look at the losses say what is wrong with them") {
  constexpr double infinity = std::numeric_limits<double>::infinity(),
                   no_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal(HypervolumeObjective{}, {}) ==
        "HypervolumeObjective expected the loss of at least one discriminator, got none");
  CHECK(refusal(SoftmaxObjective{}, {}) ==
        "SoftmaxObjective expected the loss of at least one discriminator, got none");
  CHECK(refusal(HypervolumeObjective{}, {1, no_number, 2}) ==
        "HypervolumeObjective expected finite losses, got nan of discriminator 1");
  CHECK(refusal(SoftmaxObjective{}, {1, 2, infinity}) ==
        "SoftmaxObjective expected finite losses, got inf of discriminator 2");
  CHECK(refusal(HypervolumeObjective{}, {-4, -2}) ==
        "HypervolumeObjective expected a finite nadir above every loss, got -3 (1.5 times the largest loss plus 1e-08) "
        "and a largest loss of -2");
  CHECK(refusal(HypervolumeObjective{.nadir_factor = 1, .offset = 0}, {1}) != "");
  CHECK(refusal(HypervolumeObjective{.nadir_factor = no_number}, {1}) != "");
  CHECK(refusal(SoftmaxObjective{}, {-4, -2}) == "");
  CHECK(refusal(SoftmaxObjective{.sharpness = -1}, {1}) ==
        "SoftmaxObjective expected a sharpness of at least 0, got -1");
  CHECK(refusal(SoftmaxObjective{.sharpness = no_number}, {1}) != "");
}

TEST_CASE("objectives describe themselves with their settings") {
  CHECK(SumObjective::description() == "SumObjective");
  CHECK(AverageObjective::description() == "AverageObjective");
  CHECK(HypervolumeObjective{}.description() == "HypervolumeObjective, nadir factor 1.5, offset 1e-08");
  CHECK(SoftmaxObjective{.sharpness = 0.1}.description() == "SoftmaxObjective, sharpness 0.1");
  CHECK(SoftmaxObjective{.sharpness = std::nextafter(0.1, 1)}.description() !=
        SoftmaxObjective{.sharpness = 0.1}.description());
}
