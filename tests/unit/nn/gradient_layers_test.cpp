#include "support/gradient_check.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/over_time.hpp"
#include "zoetrope/nn/view.hpp"

using namespace zoetrope;
using support::check_network;
using support::narrow_step;
using support::smooth_step;

namespace {

struct NormOfPictures {
  using Layers = Sequential<Shape<19, 3, 2>, layer::BatchNorm>;
};
struct NormOfVectors {
  using Layers = Sequential<Shape<67>, layer::BatchNorm>;
};
struct NormOfPositions {
  using Layers = Sequential<Shape<5, 4>, layer::BatchNormOfPositions>;
};
struct NormOfRows {
  using Layers = Sequential<Shape<20>, layer::BatchNorm>;
};
struct NormAfterLinear {
  using Layers = Sequential<Shape<7>, layer::Linear<10>, layer::BatchNorm, layer::Tanh>;
};

template <class Activation>
struct Activated {
  using Layers = Sequential<Shape<33>, layer::ViewAsGrid<3, 11>, Activation>;
};
// Activations write over their input, but not where the layer before them reads it again, and not over the caller's.
struct ActivationsInARow {
  using Layers = Sequential<Shape<33>, layer::Tanh, layer::Scale<3>, layer::LeakyRelu, layer::Tanh, layer::LeakyRelu>;
};
struct ActivationAfterLstm {
  using Layers = Sequential<Shape<3, 5>, layer::Lstm<4>, layer::Tanh, layer::Scale<-2>>;
};
struct Grid {
  using Layers = Sequential<Shape<30>, layer::ViewAsGrid<5, 2, 3>>;
};
struct Steps {
  using Layers = Sequential<Shape<30>, layer::ViewAsSequence<6, 5>>;
};

struct Repeated {
  using Layers = Sequential<Shape<7>, layer::RepeatOverTime<5>>;
};
struct Summed {
  using Layers = Sequential<Shape<3, 5>, layer::CumulativeSum>;
};
struct RepeatedThenSummed {
  using Layers = Sequential<Shape<3>, layer::RepeatOverTime<4>, layer::CumulativeSum>;
};
// As in a recurrent generator: the sum writes over its input, where the layer before it has nothing to read again.
struct RepeatedAndSummed {
  using Layers = Sequential<Shape<7>, layer::Linear<4>, layer::RepeatOverTime<5>, layer::Lstm<6>, layer::Linear<3>,
                            layer::CumulativeSum, layer::Linear<5, Bias::no>, layer::BatchNorm, layer::Relu>;
};
// A sum straight after an LSTM, which reads its own output in the backward pass.
struct SummedAfterLstm {
  using Layers = Sequential<Shape<3, 5>, layer::Lstm<4>, layer::CumulativeSum, layer::CumulativeSum>;
};

template <class Description>
void check_layers(double step) {
  check_network<Description>(1, 5, Mode::training, step);
  check_network<Description>(3, 3, Mode::training, step);
}

} // namespace

TEST_CASE("the gradients of batch norm agree with finite differences in both modes") {
  for (const Mode mode : {Mode::training, Mode::evaluation}) {
    CAPTURE(mode == Mode::training);
    check_network<NormOfPictures>(1, 5, mode, smooth_step);
    check_network<NormOfPictures>(3, 3, mode, smooth_step);
    check_network<NormOfVectors>(2, 5, mode, smooth_step);
  }
}

TEST_CASE("batch norm of each step is that of all steps' values as one row") {
  for (const Mode mode : {Mode::training, Mode::evaluation}) check_network<NormOfPositions>(1, 5, mode, smooth_step);

  using Backend64 = backend::Eigen<double>;
  const auto backend = std::make_shared<Backend64>();
  Network<NormOfPositions, Backend64> steps(backend, 1);
  Network<NormOfRows, Backend64> rows(backend, 1);
  support::initialize(steps, 3);
  REQUIRE(steps.parameters().size() == rows.parameters().size());
  REQUIRE(steps.statistics().size() == rows.statistics().size());
  std::copy_n(steps.parameters().data(), steps.parameters().size(), rows.parameters().data());
  std::copy_n(steps.statistics().data(), steps.statistics().size(), rows.statistics().data());
  const int batch = 6;
  std::vector<float> samples(batch * 20);
  RandomStream(1, Stream::user).fill_normal(0, samples.data(), samples.size());
  Backend64::Buffer as_steps(samples.size()), as_rows(samples.size());
  backend->import_samples(batch, 4, 5, samples.data(), as_steps.data());
  backend->import_samples(batch, 1, 20, samples.data(), as_rows.data());
  for (const Mode mode : {Mode::training, Mode::evaluation}) {
    std::vector<float> of_steps(samples.size()), of_rows(samples.size());
    backend->export_samples(batch, 4, 5, steps.forward(batch, as_steps.data(), mode), of_steps.data());
    backend->export_samples(batch, 1, 20, rows.forward(batch, as_rows.data(), mode), of_rows.data());
    for (std::size_t i = 0; i < samples.size(); ++i) CHECK(of_steps[i] == doctest::Approx(of_rows[i]).epsilon(1e-6));
  }
  CHECK(std::equal(steps.statistics().data(), steps.statistics().data() + steps.statistics().size(),
                   rows.statistics().data(), [](double a, double b) { return std::abs(a - b) < 1e-12; }));

  using Members = Network<NormOfPositions, Backend64>;
  Members two(backend, 2);
  CHECK_THROWS_WITH_AS(two.forward(batch, as_steps.data(), Mode::training),
                       "batch norm of positions expected a network of one member, got 2", Error);
}

TEST_CASE("a bias in front of batch norm has no gradient in training, and one in evaluation") {
  check_network<NormAfterLinear>(3, 5, Mode::training, smooth_step, 1, {"0.bias"});
  check_network<NormAfterLinear>(3, 5, Mode::evaluation, smooth_step);
}

TEST_CASE("the gradients of activations agree with finite differences") {
  check_layers<Activated<layer::LeakyRelu>>(narrow_step);
  check_layers<Activated<layer::Relu>>(narrow_step);
  check_layers<Activated<layer::Tanh>>(smooth_step);
  check_layers<Activated<layer::Scale<3>>>(smooth_step);
}

TEST_CASE("activations can follow any layer, and stand first") {
  check_layers<ActivationsInARow>(narrow_step);
  check_layers<ActivationAfterLstm>(smooth_step);
}

TEST_CASE("the gradients of views agree with finite differences") {
  check_layers<Grid>(smooth_step);
  check_layers<Steps>(smooth_step);
}

TEST_CASE("the gradients of layers over time agree with finite differences") {
  for (const Mode mode : {Mode::training, Mode::evaluation}) {
    check_network<Repeated>(1, 5, mode, smooth_step);
    check_network<Summed>(1, 5, mode, smooth_step);
    check_network<RepeatedAndSummed>(1, 5, mode, narrow_step);
    check_network<SummedAfterLstm>(1, 4, mode, smooth_step);
  }
}

TEST_CASE("a vector is repeated at every step, and a sum of steps holds all steps so far") {
  using Backend64 = backend::Eigen<double>;
  const auto backend = std::make_shared<Backend64>();
  constexpr int batch = 2;
  Network<RepeatedThenSummed, Backend64> network(backend, 1);
  const std::vector<float> input{1, 10, 100, -2, -20, -200};
  Backend64::Buffer samples(input.size());
  backend->import_samples(batch, 1, 3, input.data(), samples.data());
  std::vector<float> output(static_cast<std::size_t>(batch * 3 * 4));
  backend->export_samples(batch, 4, 3, network.forward(batch, samples.data(), Mode::evaluation), output.data());
  CHECK(output == std::vector<float>{1,  10,  100,  2,  20,  200,  3,  30,  300,  4,  40,  400,
                                     -2, -20, -200, -4, -40, -400, -6, -60, -600, -8, -80, -800});
}

TEST_CASE("layers over time refuse an ensemble in a sentence") {
  using Backend64 = backend::Eigen<double>;
  const auto backend = std::make_shared<Backend64>();
  const std::vector<double> input(100);
  Network<Repeated, Backend64> repeated(backend, 2);
  CHECK_THROWS_WITH_AS(repeated.forward(1, input.data(), Mode::training),
                       "a layer over time expected a network of one member, got 2", Error);
  Network<Summed, Backend64> summed(backend, 3);
  CHECK_THROWS_WITH_AS(summed.forward(1, input.data(), Mode::training),
                       "a layer over time expected a network of one member, got 3", Error);
}

TEST_CASE("the derivative of leaky ReLU at zero is its slope, as in PyTorch") {
  backend::Eigen<double> backend;
  std::vector<double> values(11, 0.0), gradient(11, 2.0);
  backend::Eigen<double>::Signs signs;
  signs.reserve(11);
  backend.leaky_relu(11, 0.2, values.data(), signs);
  CHECK(values == std::vector<double>(11, 0.0));
  backend.leaky_relu_gradient(11, 0.2, values.data(), signs, gradient.data());
  CHECK(gradient == std::vector<double>(11, 0.4));
}
