/// @file
/// The four kinds of networks with a few hundred parameters each: the tests' own, and
/// tests/pytorch/training_steps.py's.
#pragma once

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/gan/generator.hpp"

namespace zoetrope::test {

/// A frame of 8x8.
struct TinyFrame {
  template <int Channels, Bias HasBias>
  using Up = layer::TransposedConvolution<Channels, Extents<4, 4>, Extents<2, 2>, Extents<1, 1>, HasBias>;
  using Layers =
      Sequential<Shape<5>, layer::Linear<32, Bias::no>, layer::BatchNorm, layer::Relu, layer::ViewAsGrid<8, 2, 2>,
                 Up<4, Bias::no>, layer::BatchNorm, layer::Relu, Up<1, Bias::yes>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "TinyFrame"; }
};

/// A sequence of four latents of TinyFrame.
struct TinySequence {
  using Layers = Sequential<Shape<5>, layer::Linear<12, Bias::no>, layer::BatchNorm, layer::Relu,
                            layer::ViewAsSequence<4, 3>, layer::Lstm<4, 1, true>, layer::Linear<5>, layer::Scale<3>>;
  static constexpr UniformByFanIn initializer{};
  static std::string description() { return "TinySequence"; }
};

struct TinyFrameDiscriminator {
  using Sample = Shape<1, 8, 8>;
  using Layers =
      Sequential<Shape<1, 4, 4>, layer::Convolution<4, Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>, layer::LeakyRelu,
                 layer::Convolution<6, Extents<4, 4>, Extents<2, 2>, Extents<1, 1>, Bias::no>, layer::BatchNorm,
                 layer::LeakyRelu, layer::Convolution<1, Extents<2, 2>, Extents<1, 1>, Extents<0, 0>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "TinyFrameDiscriminator"; }
};

struct TinyFilmDiscriminator {
  using Sample = Shape<1, 4, 8, 8>;
  using Ones = Extents<1, 1, 1>;
  using Layers = Sequential<Shape<1, 4, 4, 4>, layer::Convolution<3, Extents<3, 3, 3>, Ones, Ones>, layer::LeakyRelu,
                            layer::Convolution<4, Extents<4, 4, 4>, Extents<2, 2, 2>, Ones, Bias::no>, layer::BatchNorm,
                            layer::LeakyRelu, layer::Convolution<1, Extents<2, 2, 2>, Ones, Extents<0, 0, 0>>>;
  static constexpr NormalWeights initializer{};
  /// As the fixtures of format 1 have it.
  static std::string description() { return "TinyVideoDiscriminator"; }
};

using TinyFrameProjection = projection::UnitNormConvolution<Extents<4, 4>, Extents<2, 2>, Extents<1, 1>>;
using TinyFilmProjection = projection::UnitNormConvolution<Extents<1, 4, 4>, Extents<1, 2, 2>, Extents<0, 1, 1>>;

} // namespace zoetrope::test
