#include "support/numbers.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/optimizer.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace zoetrope;

namespace {

using Backend64 = backend::Eigen<double>;
constexpr std::size_t size = 37;

void never(Updated) { FAIL("an update of finite numbers was said not to be finite"); }

/// Parameters after three steps.
template <OptimizerFor<Backend64> Optimizer>
std::vector<double> after_three_steps(const Optimizer& optimizer) {
  Backend64 backend;
  OptimizerState<Backend64> state;
  // In the backend's aligned memory, as a network's are: elsewhere vectors begin at other elements, and round
  // otherwise.
  Backend64::Buffer parameters(size);
  const auto initial = support::normals(size, 1);
  std::copy(initial.begin(), initial.end(), parameters.data());
  optimizer.reset(backend, state, size);
  for (std::uint32_t step = 0; step < 3; ++step)
    optimizer.update(backend, state, size, support::normals(size, 10 + step).data(), parameters.data(), never);
  CHECK(state.updates == 3);
  return {parameters.data(), parameters.data() + size};
}

} // namespace

TEST_CASE("an optimizer chosen at run time makes the steps of the one that it holds") {
  using Choice = OptimizerChoice<RmsProp, zoetrope::Adam>;
  const RmsProp rms_prop{.learning_rate = 3e-3, .alpha = 0.9};
  const zoetrope::Adam adam{.learning_rate = 2e-3, .beta1 = 0.5};
  CHECK(after_three_steps(Choice{rms_prop}) == after_three_steps(rms_prop));
  CHECK(after_three_steps(Choice{adam}) == after_three_steps(adam));
  CHECK(after_three_steps(Choice{adam}) != after_three_steps(Choice{rms_prop}));
  // Without a choice it is the first one, with its defaults.
  CHECK(after_three_steps(Choice{}) == after_three_steps(RmsProp{}));
}

TEST_CASE("the first steps of both optimizers are those of their definitions") {
  Backend64 backend;
  OptimizerState<Backend64> state;
  const std::vector<double> gradient(size, -4.0);
  std::vector<double> parameters(size, 1.0);
  RmsProp{.learning_rate = 0.1, .alpha = 0.75, .epsilon = 0.5}.reset(backend, state, size);
  RmsProp{.learning_rate = 0.1, .alpha = 0.75, .epsilon = 0.5}.update(backend, state, size, gradient.data(),
                                                                      parameters.data(), never);
  // s = 0.25 * 16 = 4, so the step is 0.1 * 4 / (2 + 0.5).
  for (const double value : parameters) CHECK(value == doctest::Approx(1.16).epsilon(1e-14));
  CHECK(state.average.size() == 0);

  parameters.assign(size, 1.0);
  zoetrope::Adam{.learning_rate = 0.1, .epsilon = 1}.reset(backend, state, size);
  zoetrope::Adam{.learning_rate = 0.1, .epsilon = 1}.update(backend, state, size, gradient.data(), parameters.data(),
                                                            never);
  // Both corrections undo the averages' start at zero: the step is 0.1 * 4 / (4 + 1).
  for (const double value : parameters) CHECK(value == doctest::Approx(1.08).epsilon(1e-12));
}

TEST_CASE("reset forgets what an optimizer remembered") {
  Backend64 backend;
  OptimizerState<Backend64> state;
  const zoetrope::Adam adam;
  Backend64::Buffer once(size), again(size);
  once.fill(1);
  again.fill(1);
  const auto gradient = support::normals(size, 2);
  adam.reset(backend, state, size);
  adam.update(backend, state, size, gradient.data(), once.data(), never);
  adam.reset(backend, state, size);
  CHECK(state.updates == 0);
  adam.update(backend, state, size, gradient.data(), again.data(), never);
  CHECK(std::equal(once.data(), once.data() + size, again.data()));
}

TEST_CASE_TEMPLATE("an update says what it has written that is not finite", Optimizer, RmsProp, zoetrope::Adam) {
  Backend64 backend;
  const auto found = [&](double gradient, double parameter) {
    OptimizerState<Backend64> state;
    Optimizer{}.reset(backend, state, size);
    std::vector<double> gradients(size, 1.0), parameters(size, 1.0);
    gradients.back() = gradient;
    parameters.front() = parameter;
    std::vector<Updated> said;
    Optimizer{}.update(backend, state, size, gradients.data(), parameters.data(),
                       [&](Updated updated) { said.push_back(updated); });
    return said;
  };
  CHECK(found(1.0, 1.0).empty());
  CHECK((found(1.0, HUGE_VAL) == std::vector{Updated::parameters}));
  // Its square is infinite, and then the step is zero or not a number.
  const auto said = found(1e200, 1.0);
  CHECK(std::find(said.begin(), said.end(), Updated::averages) != said.end());
}
