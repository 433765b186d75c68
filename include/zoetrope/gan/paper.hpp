/// @file
/// The paper's four networks and two projections (sections 3 and 4; what the paper leaves open is as in its reference
/// code). Widths may be divided; shapes, time steps and latents are the paper's unless told otherwise.
#pragma once

#include "zoetrope/fwd.hpp"
#include "zoetrope/gan/architecture.hpp"
#include "zoetrope/gan/layer_sizes.hpp"
#include "zoetrope/gan/projection.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/view.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

namespace zoetrope {

/// Batch norm between a discriminator's first convolution and its last: an option of the paper's reference code, off by
/// default. Small ensembles need it (docs/architecture.md).
enum class DiscriminatorNorm { none, batch };

/// What ends G_V: the paper's reference code puts a tanh there; small networks learn better from a linear output times
/// 3, which reaches all of the prior N(0, I) (docs/architecture.md). With batch norm of each step the latents begin at
/// the prior's mean and deviation over the films, at every step, and stay near: G_V does not walk where G_F has never
/// been, and films do not all begin alike.
enum class LatentOutput { tanh, scaled, normalized };

static_assert(detail::default_norm == DiscriminatorNorm::none && detail::default_latent_output == LatentOutput::tanh);

namespace projection {
/// The paper's projection of a frame, to half of each side (30x30 to 15x15) and one channel.
struct PaperFrame : UnitNormConvolution<Extents<8, 8>, Extents<2, 2>, Extents<3, 3>> {};
/// The paper's projection of each frame of a film, to a third of each side (30x30 to 9x9) and one channel: a 3-D
/// convolution of depth 1.
struct PaperFilm : UnitNormConvolution<Extents<1, 8, 8>, Extents<1, 3, 3>, Extents<0, 2, 2>> {};
} // namespace projection

namespace arch {

namespace detail {

template <int Channels, int Height, int Width>
constexpr bool check_frame() {
  static_assert(Channels == 1 || Channels == 3, "frames have 1 or 3 channels");
  static_assert(Height >= 16 && Width >= 16 && Height <= 128 && Width <= 128, "frames have 16 to 128 pixels a side");
  return true;
}
template <int Steps>
constexpr bool check_steps() {
  static_assert(Steps >= 8 && Steps <= 64, "films have 8 to 64 time steps");
  return true;
}

/// Whether @p P makes a view of samples of shape @p In that has as many dimensions.
template <class P, class In>
concept Projects = SampleShape<typename P::template OutputOf<In>> && P::template OutputOf<In>::rank == In::rank;

inline std::string widths(int divisor) { return divisor == 1 ? "" : ", widths / " + std::to_string(divisor); }
/// What ends a G_V, whose batch norm is @p Norm.
template <LatentOutput Ending, class Norm>
using EndOf = std::conditional_t<Ending == LatentOutput::tanh, layer::Tanh,
                                 std::conditional_t<Ending == LatentOutput::scaled, layer::Scale<3>, Norm>>;
inline std::string ending_text(LatentOutput ending) {
  return ending == LatentOutput::tanh ? ", tanh" : ending == LatentOutput::scaled ? ", scaled 3" : ", normalized";
}
inline std::string norm_text(DiscriminatorNorm norm) { return norm == DiscriminatorNorm::batch ? ", batch norm" : ""; }
/// Nothing for the paper's shape: checkpoints and generators of older files go without.
template <SampleShape Found, SampleShape Paper>
std::string shape_text() {
  if (std::is_same_v<Found, Paper>) return "";
  std::string text = ", shape " + std::to_string(Found::channels);
  for (const int size : Found::extents::sizes) text += "x" + std::to_string(size);
  return text;
}

/// G_F's layers: Width channels of 2x2, upwards through transposed convolutions of half the width each.
template <int Latent, int Width, int Channels, Upward... Sides>
class UpwardLayers {
  static constexpr int last = std::max({Sides.depth()...}) - 1;
  template <int Layer, int Outputs, Operands Use = Operands::rounded>
  using Up = layer::TransposedConvolution<Outputs, Extents<Sides.window(Layer, last + 1).kernel...>,
                                          Extents<Sides.window(Layer, last + 1).stride...>,
                                          Extents<Sides.window(Layer, last + 1).padding...>, Bias::yes, Use>;
  template <int... Layer>
  static auto join(std::integer_sequence<int, Layer...>)
      -> Joined<Shape<Latent>,
                LayerList<layer::Linear<4 * Width>, layer::BatchNorm, layer::Relu, layer::ViewAsGrid<Width, 2, 2>>,
                LayerList<Up<Layer, std::max(Width >> Layer, 1)>, layer::BatchNorm, layer::Relu>...,
                LayerList<Up<last, Channels, Operands::exact>, layer::Tanh>>;

public:
  using type = typename decltype(join(std::make_integer_sequence<int, last>{}))::type;
};

/// A discriminator's layers: convolutions of once, twice and then Widest times the width, and one to a logit.
template <SampleShape View, DiscriminatorNorm Norm, int Width, int Widest, Downward... Dimensions>
class DownwardLayers {
  static constexpr int last = std::max({3, Dimensions.depth()...});
  template <int Layer, int Outputs, Operands Use>
  using Down = layer::Convolution<Outputs, Extents<Dimensions.window(Layer, last).kernel...>,
                                  Extents<Dimensions.window(Layer, last).stride...>,
                                  Extents<Dimensions.window(Layer, last).padding...>, Bias::yes, Use>;
  template <int Layer, class Here = Down<Layer, Width*(Layer < 2 ? Layer + 1 : Widest),
                                         Layer == 0 ? Operands::exact : Operands::rounded>>
  using Block =
      std::conditional_t<Norm == DiscriminatorNorm::batch && Layer != 0,
                         LayerList<Here, layer::BatchNorm, layer::LeakyRelu>, LayerList<Here, layer::LeakyRelu>>;
  template <int... Layer>
  static auto join(std::integer_sequence<int, Layer...>)
      -> Joined<View, Block<Layer>..., LayerList<Down<last, 1, Operands::exact>>>;

public:
  using type = typename decltype(join(std::make_integer_sequence<int, last>{}))::type;
};

} // namespace detail

/// G_F (DCGAN): a latent -> one frame in [-1, 1], Shape<channels, height, width>. 27,694,337 parameters at WidthDivisor
/// 1. Larger frames have more layers, as their larger side needs.
template <int WidthDivisor, int Latent, class Frame>
struct DcganFrame {
  static_assert(Frame::rank == 2, "a frame's shape is Shape<channels, height, width>");
  static constexpr auto sides = Frame::extents::sizes;
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static_assert(detail::check_frame<Frame::channels, sides[0], sides[1]>());
  using Layers = typename detail::UpwardLayers<Latent, 1024 / WidthDivisor, Frame::channels, detail::Upward{sides[0]},
                                               detail::Upward{sides[1]}>::type;
  static constexpr NormalWeights initializer{};
  static std::string description() {
    return "DcganFrame, latent " + std::to_string(Latent) + detail::shape_text<Frame, paper::Frame>() +
           detail::widths(WidthDivisor);
  }
};

/// One frame discriminator, after @p Projection. 10,508,033 parameters at WidthDivisor 1 after the paper's. @p Frame is
/// Shape<channels, height, width>. Larger views have more layers.
template <int WidthDivisor, DiscriminatorNorm Norm, class Frame, class Projection>
struct FrameDiscriminator {
  static_assert(Frame::rank == 2, "a frame's shape is Shape<channels, height, width>");
  static constexpr auto sides = Frame::extents::sizes;
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static_assert(detail::check_frame<Frame::channels, sides[0], sides[1]>());
  using Sample = Frame;
  static_assert(detail::Projects<Projection, Frame>, "a frame discriminator stands behind a projection of its frames");
  using View = typename Projection::template OutputOf<Frame>;
  static constexpr detail::Downward down(int size) { return {.size = size, .end = 2, .odd_padding = 2, .padding = 1}; }
  using Layers = typename detail::DownwardLayers<View, Norm, 256 / WidthDivisor, 4, down(View::extents::sizes[0]),
                                                 down(View::extents::sizes[1])>::type;
  static constexpr NormalWeights initializer{};
  static std::string description() {
    return "FrameDiscriminator" + detail::shape_text<Frame, paper::Frame>() + detail::widths(WidthDivisor) +
           detail::norm_text(Norm);
  }
};

/// G_V: one latent of a film, of FilmLatent values -> Steps latents of G_F, of Latent values each, by four dense layers
/// and a two-layer bidirectional LSTM. 12,970,596 parameters at WidthDivisor 1 with Hidden 256.
template <int WidthDivisor, int Hidden, LatentOutput Ending, int Latent, int Steps, int FilmLatent>
struct BiLstmSequence {
  static_assert(WidthDivisor > 0 && 128 % WidthDivisor == 0, "the width divisor divides 128");
  static_assert(detail::check_steps<Steps>());
  static constexpr int step_width = 128 / WidthDivisor;
  template <int Channels>
  using Dense = layer::Linear<Channels, Bias::no>;
  using End = detail::EndOf<Ending, layer::BatchNormOfPositions>;
  using Layers =
      Sequential<Shape<FilmLatent>, Dense<512 / WidthDivisor>, layer::BatchNorm, layer::Relu,
                 Dense<1024 / WidthDivisor>, layer::BatchNorm, layer::Relu, Dense<2048 / WidthDivisor>,
                 layer::BatchNorm, layer::Relu, Dense<Steps * step_width>, layer::BatchNorm, layer::Relu,
                 layer::ViewAsSequence<Steps, step_width>, layer::Lstm<Hidden, 2, true>, layer::Linear<Latent>, End>;
  static constexpr UniformByFanIn initializer{};
  static std::string description() {
    return "BiLstmSequence, hidden " + std::to_string(Hidden) + ", latent " + std::to_string(Latent) +
           (Steps == paper::time_steps ? "" : ", " + std::to_string(Steps) + " time steps") +
           (FilmLatent == paper::latent ? "" : ", film latent " + std::to_string(FilmLatent)) +
           detail::ending_text(Ending) + detail::widths(WidthDivisor);
  }
};

/// One film discriminator, after @p Projection. 33,621,505 parameters at WidthDivisor 1 after the paper's. @p Film is
/// Shape<channels, time, height, width>. Larger views have more layers.
template <int WidthDivisor, DiscriminatorNorm Norm, class Film, class Projection>
struct FilmDiscriminator {
  static_assert(Film::rank == 3, "a film's shape is Shape<channels, time, height, width>");
  static constexpr auto sizes = Film::extents::sizes;
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static_assert(detail::check_steps<sizes[0]>() && detail::check_frame<Film::channels, sizes[1], sizes[2]>());
  using Sample = Film;
  static_assert(detail::Projects<Projection, Film>, "a film discriminator stands behind a projection of its films");
  using View = typename Projection::template OutputOf<Film>;
  static constexpr detail::Downward down(int size) { return {.size = size, .end = 2, .odd_padding = 1, .padding = 1}; }
  using Layers =
      typename detail::DownwardLayers<View, Norm, 256 / WidthDivisor, 3,
                                      detail::Downward{
                                          .size = View::extents::sizes[0], .end = 4, .odd_padding = 1, .padding = 0},
                                      down(View::extents::sizes[1]), down(View::extents::sizes[2])>::type;
  static constexpr NormalWeights initializer{};
  /// Says "video", the network's name in checkpoints.
  static std::string description() {
    return "VideoDiscriminator" + detail::shape_text<Film, paper::Film>() + detail::widths(WidthDivisor) +
           detail::norm_text(Norm);
  }
};

} // namespace arch
} // namespace zoetrope
