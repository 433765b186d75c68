/// @file
/// Networks on which every backend must agree: each layer with its neighbours, and the paper's four, narrow.
#pragma once

#include "backends/agreement.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/gan/random_waves.hpp"
#include "zoetrope/gan/recurrent_sequence.hpp"

namespace agreement {

struct OneLstm {
  using Layers = Sequential<Shape<5, 6>, layer::Lstm<7>>;
};
struct TwoLstms {
  using Layers = Sequential<Shape<5, 6>, layer::Lstm<9, 2, true>, layer::Linear<4>, layer::Scale<3>>;
};
/// Convolutions of channels by eights and of others, batch norm, and a view of features as a grid.
struct Ensemble {
  using Layers = Sequential<Shape<6>, layer::Linear<72>, layer::ViewAsGrid<8, 3, 3>, layer::BatchNorm, layer::LeakyRelu,
                            layer::Convolution<16, Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>, layer::BatchNorm,
                            layer::Tanh, layer::TransposedConvolution<8, Extents<4, 4>, Extents<2, 2>, Extents<1, 1>>,
                            layer::Relu, layer::Convolution<3, Extents<3, 3>, Extents<2, 2>, Extents<0, 0>>>;
};
/// Its second filter begins at no multiple of 16 bytes.
struct Unaligned {
  using Layers =
      Sequential<Shape<3>, layer::Linear<8, Bias::no>, layer::Linear<3>, layer::Linear<72>, layer::ViewAsGrid<8, 3, 3>,
                 layer::Convolution<8, Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>>;
};
/// Convolutions of every kind behind each other: of one channel and of odd ones, cut in two parts, without a bias, with
/// leaky ReLUs in between or none, and a float one at the end.
struct Chain {
  using Ones = Extents<1, 1, 1>;
  using Layers =
      Sequential<Shape<1, 4, 5, 5>, layer::Convolution<8, Extents<3, 3, 3>, Ones, Ones, Bias::yes, Operands::exact>,
                 layer::LeakyRelu, layer::Convolution<16, Extents<4, 4, 4>, Ones, Extents<2, 1, 1>>,
                 layer::Convolution<8, Extents<1, 3, 3>, Ones, Extents<0, 1, 1>, Bias::no>, layer::Relu,
                 layer::Convolution<5, Extents<2, 2, 2>, Ones, Extents<0, 0, 0>>, layer::LeakyRelu,
                 layer::Convolution<3, Extents<2, 2, 2>, Ones, Extents<0, 0, 0>, Bias::yes, Operands::exact>>;
};

struct Sequence {
  using Layers = Sequential<Shape<6>, layer::Linear<20>, layer::ViewAsSequence<4, 5>, layer::Linear<3>, layer::Tanh>;
};

/// check_network() of all of them.
template <class B>
void check_networks(double tolerance) {
  const auto backend = std::make_shared<B>();
  const auto every_mode = [&]<class Description>(Description, int members, int batch) {
    for (const Mode mode : {Mode::training, Mode::evaluation, Mode::frozen})
      check_network<Description, B>(backend, members, batch, mode, tolerance);
  };
  every_mode(OneLstm{}, 1, 3);
  every_mode(TwoLstms{}, 1, 4);
  every_mode(Ensemble{}, 1, 4);
  every_mode(Ensemble{}, 3, 5);
  every_mode(Unaligned{}, 1, 3);
  every_mode(Unaligned{}, 3, 2);
  every_mode(Sequence{}, 1, 3);
  every_mode(arch::SeriesDiscriminator<32>{}, 2, 3);
  every_mode(Sequence{}, 4, 2);
  every_mode(arch::DcganFrame<32>{}, 1, 3);
  every_mode(arch::BiLstmSequence<32, 8, LatentOutput::scaled>{}, 1, 3);
  every_mode(arch::RecurrentSequence<64, 8, LatentOutput::scaled>{}, 1, 3);
  every_mode(arch::FrameDiscriminator<32, DiscriminatorNorm::batch>{}, 3, 2);
  every_mode(arch::FrameDiscriminator<32>{}, 2, 3);
  every_mode(arch::FilmDiscriminator<32, DiscriminatorNorm::batch>{}, 2, 2);
  every_mode(arch::FilmDiscriminator<32>{}, 2, 2);
  every_mode(Chain{}, 2, 3);
  // At first this one's films are nearly alike, so its last layer divides by little what differs, and what was rounded.
  if (tolerance < 1e-3)
    for (const Mode mode : {Mode::training, Mode::evaluation, Mode::frozen})
      check_network<arch::BiLstmSequence<32, 8, LatentOutput::normalized>, B>(backend, 1, 8, mode, 10 * tolerance);
}

} // namespace agreement
