#include "support/gradient_check.hpp"
#include "zoetrope/nn/convolution.hpp"

using namespace zoetrope;
using support::check_network;
using support::smooth_step;

namespace {

// Below 8 input channels patches are gathered, from 8 on taps are linked: each kind is here in both ways.
struct LineOfFew {
  using Layers = Sequential<Shape<3, 11>, layer::Convolution<5, Extents<4>, Extents<2>, Extents<3>>>;
};
struct PictureOfFew {
  using Layers = Sequential<Shape<2, 7, 6>, layer::Convolution<9, Extents<3, 4>, Extents<2, 1>, Extents<1, 2>>>;
};
struct PictureOfMany {
  using Layers =
      Sequential<Shape<9, 5, 6>, layer::Convolution<11, Extents<4, 3>, Extents<1, 2>, Extents<2, 0>, Bias::no>>;
};
struct FilmOfMany {
  using Layers = Sequential<Shape<8, 5, 4, 3>,
                            layer::Convolution<3, Extents<4, 2, 3>, Extents<2, 1, 1>, Extents<1, 0, 2>, Bias::no>>;
};
struct FilmOfFew {
  using Layers =
      Sequential<Shape<1, 6, 5, 5>, layer::Convolution<10, Extents<4, 4, 4>, Extents<2, 2, 1>, Extents<1, 1, 1>>>;
};
struct TransposedToFew {
  using Layers =
      Sequential<Shape<10, 3, 4>, layer::TransposedConvolution<3, Extents<4, 4>, Extents<2, 2>, Extents<2, 1>>>;
};
struct TransposedToMany {
  using Layers =
      Sequential<Shape<7, 3, 2>, layer::TransposedConvolution<9, Extents<4, 3>, Extents<2, 3>, Extents<1, 0>>>;
};
struct TransposedFilm {
  using Layers =
      Sequential<Shape<3, 2, 3, 2>,
                 layer::TransposedConvolution<8, Extents<3, 2, 4>, Extents<1, 2, 2>, Extents<1, 0, 1>, Bias::no>>;
};
struct LinearOnVectors {
  using Layers = Sequential<Shape<13>, layer::Linear<21>>;
};
struct LinearOnSequences {
  using Layers = Sequential<Shape<6, 5>, layer::Linear<10>>;
};
struct LinearWithoutBias {
  using Layers = Sequential<Shape<6>, layer::Linear<10, Bias::no>>;
};

template <class Description>
void check_convolution() {
  check_network<Description>(1, 5, Mode::training, smooth_step);
  check_network<Description>(3, 3, Mode::training, smooth_step);
}

} // namespace

TEST_CASE("the gradients of convolutions agree with finite differences") {
  check_convolution<LineOfFew>();
  check_convolution<PictureOfFew>();
  check_convolution<PictureOfMany>();
  check_convolution<FilmOfMany>();
  check_convolution<FilmOfFew>();
}

TEST_CASE("the gradients of transposed convolutions agree with finite differences") {
  check_convolution<TransposedToFew>();
  check_convolution<TransposedToMany>();
  check_convolution<TransposedFilm>();
}

TEST_CASE("the gradients of linear layers agree with finite differences") {
  check_convolution<LinearOnVectors>();
  check_convolution<LinearOnSequences>();
  check_convolution<LinearWithoutBias>();
}
