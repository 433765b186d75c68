#include "support/gradient_check.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/lstm.hpp"
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
