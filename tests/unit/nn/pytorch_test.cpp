#include "support/pytorch.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/optimizer.hpp"

using namespace zoetrope;

namespace {

struct TwoLayers {
  using Layers = Sequential<Shape<5, 6>, layer::Lstm<7, 2, true>>;
};

/// |value - expected| <= tolerance |expected| + floor, for every element.
template <class Values, class Expected>
double excess(const Values& values, const Expected& expected, double floor) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(static_cast<double>(values[i]) - static_cast<double>(expected[i]));
    // A NaN must not pass.
    if (!(difference <= floor)) worst = std::max(worst, (difference - floor) / std::abs(double{expected[i]}));
    if (std::isnan(difference)) return difference;
  }
  return worst;
}

/// Ten steps; @p optimizer is one that the fixture's metadata describes.
template <class Optimizer>
void check_optimizer(const char* name, const Optimizer& optimizer, const char* average, const char* square_average) {
  const auto file = support::fixture(name);
  const auto initial = file.tensor<float>("initial"), gradients = file.tensor<float>("gradients"),
             expected = file.tensor<float>("parameters");
  const std::size_t size = initial.size(), zero_column = 5;
  EigenBackend<float> backend;
  OptimizerState<EigenBackend<float>> state;
  optimizer.reset(backend, state, size);
  std::vector<float> parameters(initial.begin(), initial.end());
  for (std::size_t step = 0; step < 10; ++step) {
    optimizer.update(backend, state, size, gradients.data() + step * size, parameters.data(),
                     [](Updated) { FAIL("a value is not finite"); });
    support::check_error(std::string(name) + " step " + std::to_string(step),
                         support::relative_error(parameters, expected.subspan(step * size, size)));
    // The steps taken, of which a parameter's own size hides the errors.
    std::vector<double> moved(size), should_move(size);
    for (std::size_t i = 0; i < size; ++i) {
      moved[i] = double{parameters[i]} - double{initial[i]};
      should_move[i] = double{expected[step * size + i]} - double{initial[i]};
    }
    support::check_error(std::string(name) + " moved " + std::to_string(step),
                         support::relative_error(moved, should_move));
    CHECK(parameters[zero_column] == initial[zero_column]);
  }
  CHECK(state.updates == 10);
  const std::span<const float> squares(state.square_average.data(), size);
  support::check_error(square_average, excess(squares, file.tensor<float>(square_average), 0));
  if (average != nullptr) {
    const std::span<const float> averages(state.average.data(), size);
    support::check_close(file, average, averages);
  }
}

} // namespace

TEST_CASE("an LSTM computes what PyTorch computes, alone and among others") {
  support::check_parity<TwoLayers>("lstm", 1, 0, "0.");
  support::check_parity<TwoLayers>("lstm", 3, 1, "0.");
}

TEST_CASE("binary cross entropy computes what PyTorch computes, at extreme logits too") {
  const auto file = support::fixture("losses");
  const auto logits = file.tensor<float>("logits");
  const auto count = static_cast<int>(logits.size());
  EigenBackend<float> backend;
  // PyTorch 1.13 takes the logarithm of 1 + exp(-|x|), and so has an error of float64's precision.
  constexpr double floor = 1e-15;
  for (const auto& [name, target] : {std::pair("ones", 1.0), std::pair("zeros", 0.0)}) {
    const std::string prefix = name;
    double loss = std::nan("");
    backend.binary_cross_entropy(1, {count, 0, count}, logits.data(), target, &loss);
    support::check_error(prefix + ".loss", excess(std::vector{loss}, file.tensor<float>(prefix + ".loss"), floor));
    // As many members of one logit each: their losses are the single ones.
    auto losses = support::poison<double>(count);
    backend.binary_cross_entropy(count, {1, 0, 1}, logits.data(), target, losses.data());
    support::check_error(prefix + ".losses", excess(losses, file.tensor<float>(prefix + ".losses"), floor));
    auto gradient = support::poison<float>(count);
    const double weight = 1;
    backend.binary_cross_entropy_gradient(1, {count, 0, count}, logits.data(), target, &weight, gradient.data());
    support::check_error(prefix + ".gradient", excess(gradient, file.tensor<float>(prefix + ".gradient"), floor));
  }
}

TEST_CASE("binary cross entropy keeps its precision and its NaN where it is nearly zero or not a number") {
  EigenBackend<float> backend;
  const std::vector<float> logits{60, 200, -60, std::nanf("")};
  auto losses = support::poison<double>(4);
  backend.binary_cross_entropy(4, {1, 0, 1}, logits.data(), 1.0, losses.data());
  CHECK(losses[0] == doctest::Approx(std::exp(-60.0)).epsilon(1e-12).scale(0));
  CHECK(losses[1] == doctest::Approx(std::exp(-200.0)).epsilon(1e-12).scale(0));
  CHECK(losses[2] == doctest::Approx(60).epsilon(1e-12));
  CHECK(std::isnan(losses[3]));
}

TEST_CASE("RMSprop makes PyTorch's steps") {
  check_optimizer("rmsprop", RmsProp{.learning_rate = 3e-4}, nullptr, "state.square_avg");
}

TEST_CASE("Adam makes PyTorch's steps") {
  check_optimizer("adam", zoetrope::Adam{.learning_rate = 1e-3, .beta1 = 0.5}, "state.exp_avg", "state.exp_avg_sq");
}
