// The losses of one logit: their values by hand, their derivatives by differences, and what extreme logits do.

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/backend/loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace zoetrope;

namespace {

constexpr LogitRole roles[] = {LogitRole::real, LogitRole::generated, LogitRole::generator};
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

struct ValueOnly {
  double value(LogitRole, double) const;
};
struct Vague {
  float value(LogitRole, double) const;
  double derivative(LogitRole, double) const;
};
struct MutableLoss {
  double value(LogitRole, double);
  double derivative(LogitRole, double);
};
static_assert(LogitLoss<NonSaturating> && LogitLoss<Hinge> && LogitLoss<LeastSquares>);
static_assert(!LogitLoss<int> && !LogitLoss<ValueOnly> && !LogitLoss<Vague> && !LogitLoss<MutableLoss>);

/// At logits on either side of every kink of a hinge.
template <class Loss>
void check_derivatives(const Loss& loss) {
  constexpr double step = 1e-5;
  for (const LogitRole role : roles)
    for (double x = -12.03; x < 12; x += 0.25) {
      CAPTURE(static_cast<int>(role));
      CAPTURE(x);
      const double numeric = (loss.value(role, x + step) - loss.value(role, x - step)) / (2 * step);
      CHECK(loss.derivative(role, x) == doctest::Approx(numeric).epsilon(1e-8));
    }
}

template <class Loss>
void check_extremes(const Loss& loss) {
  for (const LogitRole role : roles) {
    CAPTURE(static_cast<int>(role));
    for (const double x : {1e4, -1e4}) {
      CAPTURE(x);
      CHECK(std::isfinite(loss.value(role, x)));
      CHECK(std::isfinite(loss.derivative(role, x)));
    }
    CHECK(std::isnan(loss.value(role, quiet_nan)));
    // So a member whose logits have one NaN has a loss that is NaN, and the others do not.
    backend::Eigen<float> backend;
    const std::vector<float> logits{0.5F, std::nanf(""), 0.25F, -0.75F};
    std::vector<double> losses(2);
    backend.losses(loss, role, 2, {2, 0, 2}, logits.data(), losses.data());
    CHECK(std::isnan(losses[0]));
    CHECK(losses[1] == (loss.value(role, 0.25) + loss.value(role, -0.75)) / 2);
  }
}

} // namespace

TEST_CASE("losses have the values of their definitions") {
  for (const double x : {-2.5, -0.75, 0.0, 0.5, 3.0}) {
    CAPTURE(x);
    const double probability = 1 / (1 + std::exp(-x));
    CHECK(NonSaturating{}.value(LogitRole::real, x) == doctest::Approx(-std::log(probability)).epsilon(1e-14));
    CHECK(NonSaturating{}.value(LogitRole::generator, x) == doctest::Approx(-std::log(probability)).epsilon(1e-14));
    CHECK(NonSaturating{}.value(LogitRole::generated, x) == doctest::Approx(-std::log(1 - probability)).epsilon(1e-14));
    CHECK(Hinge{}.value(LogitRole::real, x) == std::max(0.0, 1 - x));
    CHECK(Hinge{}.value(LogitRole::generated, x) == std::max(0.0, 1 + x));
    CHECK(Hinge{}.value(LogitRole::generator, x) == -x);
    CHECK(LeastSquares{}.value(LogitRole::real, x) == (x - 1) * (x - 1));
    CHECK(LeastSquares{}.value(LogitRole::generated, x) == x * x);
    CHECK(LeastSquares{}.value(LogitRole::generator, x) == (x - 1) * (x - 1));
  }
}

TEST_CASE("losses' derivatives are those of their values") {
  check_derivatives(NonSaturating{});
  check_derivatives(Hinge{});
  check_derivatives(LeastSquares{});
}

TEST_CASE("the hinge's derivative changes at its margin and nowhere else") {
  constexpr double little = 1e-12;
  const Hinge hinge;
  CHECK(hinge.derivative(LogitRole::real, 1 - little) == -1);
  CHECK(hinge.derivative(LogitRole::real, 1) == 0);
  CHECK(hinge.derivative(LogitRole::real, 1 + little) == 0);
  CHECK(hinge.derivative(LogitRole::generated, -1 - little) == 0);
  CHECK(hinge.derivative(LogitRole::generated, -1) == 0);
  CHECK(hinge.derivative(LogitRole::generated, -1 + little) == 1);
  for (const double x : {-1.0, 0.0, 1.0}) CHECK(hinge.derivative(LogitRole::generator, x) == -1);
}

TEST_CASE("losses stay finite at extreme logits and let no NaN pass for a number") {
  check_extremes(NonSaturating{});
  check_extremes(Hinge{});
  check_extremes(LeastSquares{});
}

TEST_CASE("the non-saturating loss keeps its precision where it is nearly zero") {
  for (const LogitRole role : {LogitRole::real, LogitRole::generator}) {
    CHECK(NonSaturating{}.value(role, 60) == doctest::Approx(std::exp(-60.0)).epsilon(1e-12).scale(0));
    CHECK(NonSaturating{}.value(role, 200) == doctest::Approx(std::exp(-200.0)).epsilon(1e-12).scale(0));
    CHECK(NonSaturating{}.value(role, -60) == doctest::Approx(60).epsilon(1e-12));
  }
}

TEST_CASE("a backend's loss is the mean over a range of samples, its gradient that of the weighted mean") {
  backend::Eigen<double> backend;
  constexpr int members = 2, batch = 5;
  const std::vector<double> logits{0.1, -2, 0.4, 1.7, 9, -0.3, 0.2, -1.5, 0.6, 9}; // [member][sample]
  const std::vector<double> weights{0.5, 3};
  const SampleRange range{batch, 1, 3};
  for (const LogitRole role : roles) {
    CAPTURE(static_cast<int>(role));
    std::vector<double> losses(members, quiet_nan), gradient(logits.size(), quiet_nan);
    backend.losses(Hinge{}, role, members, range, logits.data(), losses.data());
    backend.loss_gradient(Hinge{}, role, members, range, logits.data(), weights.data(), gradient.data());
    for (std::size_t k = 0; k < members; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < batch; ++i) {
        const double x = logits[k * batch + i];
        const bool within = i >= 1 && i < 4;
        if (within) sum += Hinge{}.value(role, x);
        CHECK(std::isnan(gradient[k * batch + i]) == !within);
        if (within) CHECK(gradient[k * batch + i] == doctest::Approx(weights[k] * Hinge{}.derivative(role, x) / 3));
      }
      CHECK(losses[k] == doctest::Approx(sum / 3));
    }
  }
}
