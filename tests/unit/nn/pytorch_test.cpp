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
  backend::Eigen<float> backend;
  OptimizerState<backend::Eigen<float>> state;
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

/// Against PyTorch's mean, single losses and gradient of the mean.
template <class Loss>
void check_loss(const Loss& loss, LogitRole role, const SafetensorsFile& file, const char* logits_name,
                const std::string& prefix) {
  const auto logits = file.tensor<float>(logits_name);
  const auto count = static_cast<int>(logits.size());
  backend::Eigen<float> backend;
  // PyTorch 1.13 takes the logarithm of 1 + exp(-|x|), and so has an error of float64's precision.
  constexpr double floor = 1e-15;
  double mean = std::nan("");
  backend.losses(loss, role, 1, {count, 0, count}, logits.data(), &mean);
  support::check_error(prefix + ".loss", excess(std::vector{mean}, file.tensor<float>(prefix + ".loss"), floor));
  // As many members of one logit each: their losses are the single ones.
  auto losses = support::poison<double>(count);
  backend.losses(loss, role, count, {1, 0, 1}, logits.data(), losses.data());
  support::check_error(prefix + ".losses", excess(losses, file.tensor<float>(prefix + ".losses"), floor));
  auto gradient = support::poison<float>(count);
  const double weight = 1;
  backend.loss_gradient(loss, role, 1, {count, 0, count}, logits.data(), &weight, gradient.data());
  support::check_error(prefix + ".gradient", excess(gradient, file.tensor<float>(prefix + ".gradient"), floor));
}

} // namespace

TEST_CASE("an LSTM computes what PyTorch computes, alone and among others") {
  support::check_parity<TwoLayers>("lstm", 1, 0, "0.");
  support::check_parity<TwoLayers>("lstm", 3, 1, "0.");
}

TEST_CASE("the losses compute what PyTorch computes, at extreme logits too") {
  const auto file = support::fixture("losses");
  check_loss(NonSaturating{}, LogitRole::real, file, "logits", "ones");
  check_loss(NonSaturating{}, LogitRole::generator, file, "logits", "ones");
  check_loss(NonSaturating{}, LogitRole::generated, file, "logits", "zeros");
  for (const auto& [role, name] : {std::pair(LogitRole::real, "real"), std::pair(LogitRole::generated, "generated"),
                                   std::pair(LogitRole::generator, "generator")}) {
    check_loss(Hinge{}, role, file, "logits_with_kinks", std::string("hinge.") + name);
    check_loss(LeastSquares{}, role, file, "logits_with_kinks", std::string("least_squares.") + name);
  }
}

TEST_CASE("RMSprop makes PyTorch's steps") {
  check_optimizer("rmsprop", RmsProp{.learning_rate = 3e-4}, nullptr, "state.square_avg");
}

TEST_CASE("Adam makes PyTorch's steps") {
  check_optimizer("adam", zoetrope::Adam{.learning_rate = 1e-3, .beta1 = 0.5}, "state.exp_avg", "state.exp_avg_sq");
}
