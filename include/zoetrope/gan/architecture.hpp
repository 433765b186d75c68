/// @file
/// The paper's four networks as named architectures (sections 3 and 4; the sizes that the paper leaves open are those
/// of its reference code), with their widths divided by a parameter.
#pragma once

#include "zoetrope/fwd.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/initializer.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/sequential.hpp"
#include "zoetrope/nn/view.hpp"

#include <string>

namespace zoetrope {

/// A network by name: its layers, how their weights start, and a description that checkpoints compare.
template <class A>
concept Architecture = HasLayers<A> && Initializer<decltype(A::initializer)> && requires {
  { A::description() } -> std::convertible_to<std::string>;
};

template <class A>
concept EndsInOneLogit = A::Layers::Output::size == 1;

/// A network whose one output value is the logit that its input is real. Sample is what it judges before projection.
template <class A>
concept DiscriminatorArchitecture = Architecture<A> && SampleShape<typename A::Sample> && EndsInOneLogit<A>;

/// Batch norm on layers 2 and 3 of a discriminator: an option of the paper's reference code, off by default. Small
/// ensembles need it (docs/architecture.md).
enum class DiscriminatorNorm { none, batch };

/// What ends G_V: the paper's reference code puts a tanh there; small networks learn better from a linear output times
/// 3, which reaches all of the prior N(0, I) (docs/architecture.md).
enum class LatentOutput { tanh, scaled };

static_assert(detail::default_norm == DiscriminatorNorm::none && detail::default_latent_output == LatentOutput::tanh);

namespace arch {

namespace detail {
/// Layers in a row, with batch norm after the middle convolutions or without.
template <DiscriminatorNorm Norm, SampleShape In, class First, class Second, class Third, class Last>
struct DiscriminatorLayers {
  using type = Sequential<In, First, layer::LeakyRelu, Second, layer::LeakyRelu, Third, layer::LeakyRelu, Last>;
};
template <SampleShape In, class First, class Second, class Third, class Last>
struct DiscriminatorLayers<DiscriminatorNorm::batch, In, First, Second, Third, Last> {
  using type = Sequential<In, First, layer::LeakyRelu, Second, layer::BatchNorm, layer::LeakyRelu, Third,
                          layer::BatchNorm, layer::LeakyRelu, Last>;
};
inline std::string widths(int divisor) { return divisor == 1 ? "" : ", widths / " + std::to_string(divisor); }
inline std::string norm_text(DiscriminatorNorm norm) { return norm == DiscriminatorNorm::batch ? ", batch norm" : ""; }
} // namespace detail

/// G_F (DCGAN): latent -> one 30x30 grey frame in [-1, 1]. 27,694,337 parameters at WidthDivisor 1.
template <int WidthDivisor, int Latent>
struct DcganFrame {
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static constexpr int width = 1024 / WidthDivisor;
  template <int Channels, int Padding = 1, Operands OperandUse = Operands::rounded>
  using Up = layer::TransposedConvolution<Channels, Extents<4, 4>, Extents<2, 2>, Extents<Padding, Padding>, Bias::yes,
                                          OperandUse>;
  using Layers =
      Sequential<Shape<Latent>, layer::Linear<4 * width>, layer::BatchNorm, layer::Relu, layer::ViewAsGrid<width, 2, 2>,
                 Up<width>, layer::BatchNorm, layer::Relu, Up<width / 2>, layer::BatchNorm, layer::Relu, Up<width / 4>,
                 layer::BatchNorm, layer::Relu, Up<1, 2, Operands::exact>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() {
    return "DcganFrame, latent " + std::to_string(Latent) + detail::widths(WidthDivisor);
  }
};

/// One frame discriminator, after its projection to 15x15. 10,508,033 parameters at WidthDivisor 1.
template <int WidthDivisor, DiscriminatorNorm Norm>
struct FrameDiscriminator {
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static constexpr int width = 256 / WidthDivisor;
  using Sample = Shape<1, 30, 30>;
  template <int Channels, int Padding = 1, int Stride = 2, Operands OperandUse = Operands::rounded>
  using Down = layer::Convolution<Channels, Extents<4, 4>, Extents<Stride, Stride>, Extents<Padding, Padding>,
                                  Bias::yes, OperandUse>;
  using Layers =
      typename detail::DiscriminatorLayers<Norm, Shape<1, 15, 15>, Down<width, 2, 2, Operands::exact>, Down<2 * width>,
                                           Down<4 * width>, Down<1, 1, 1, Operands::exact>>::type;
  static constexpr NormalWeights initializer{};
  static std::string description() {
    return "FrameDiscriminator" + detail::widths(WidthDivisor) + detail::norm_text(Norm);
  }
};

/// G_V: z_v -> 30 latents of G_F, by four dense layers and a two-layer bidirectional LSTM. 12,970,596 parameters at
/// WidthDivisor 1 with Hidden 256.
template <int WidthDivisor, int Hidden, LatentOutput Ending, int Latent>
struct BiLstmSequence {
  static_assert(WidthDivisor > 0 && 128 % WidthDivisor == 0, "the width divisor divides 128");
  static constexpr int steps = 30;
  static constexpr int step_width = 128 / WidthDivisor;
  template <int Channels>
  using Dense = layer::Linear<Channels, Bias::no>;
  using End = std::conditional_t<Ending == LatentOutput::tanh, layer::Tanh, layer::Scale<3>>;
  using Layers =
      Sequential<Shape<100>, Dense<512 / WidthDivisor>, layer::BatchNorm, layer::Relu, Dense<1024 / WidthDivisor>,
                 layer::BatchNorm, layer::Relu, Dense<2048 / WidthDivisor>, layer::BatchNorm, layer::Relu,
                 Dense<steps * step_width>, layer::BatchNorm, layer::Relu, layer::ViewAsSequence<steps, step_width>,
                 layer::Lstm<Hidden, 2, true>, layer::Linear<Latent>, End>;
  static constexpr UniformByFanIn initializer{};
  static std::string description() {
    return "BiLstmSequence, hidden " + std::to_string(Hidden) + ", latent " + std::to_string(Latent) +
           (Ending == LatentOutput::tanh ? ", tanh" : ", scaled 3") + detail::widths(WidthDivisor);
  }
};

/// One video discriminator, after its projection of every frame to 9x9. 33,621,505 parameters at WidthDivisor 1.
template <int WidthDivisor, DiscriminatorNorm Norm>
struct VideoDiscriminator {
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static constexpr int width = 256 / WidthDivisor;
  using Sample = Shape<1, 30, 30, 30>;
  template <int Channels, class Stride, class Padding, Operands OperandUse = Operands::rounded>
  using Down = layer::Convolution<Channels, Extents<4, 4, 4>, Stride, Padding, Bias::yes, OperandUse>;
  using Layers = typename detail::DiscriminatorLayers<
      Norm, Shape<1, 30, 9, 9>, Down<width, Extents<2, 2, 2>, Extents<1, 1, 1>, Operands::exact>,
      Down<2 * width, Extents<2, 1, 1>, Extents<1, 1, 1>>, Down<3 * width, Extents<1, 1, 1>, Extents<0, 1, 1>>,
      Down<1, Extents<1, 1, 1>, Extents<0, 1, 1>, Operands::exact>>::type;
  static constexpr NormalWeights initializer{};
  static std::string description() {
    return "VideoDiscriminator" + detail::widths(WidthDivisor) + detail::norm_text(Norm);
  }
};

} // namespace arch
} // namespace zoetrope
