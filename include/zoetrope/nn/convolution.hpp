/// @file
/// Convolution, transposed convolution and linear layers: one operation with three directions, used in two senses.
#pragma once

#include "zoetrope/nn/layer.hpp"

#include <array>
#include <optional>

namespace zoetrope {

/// Whether a linear layer or a convolution adds a value to each output channel.
enum class Bias { no, yes };

namespace detail {

template <SampleShape In, int Channels, ExtentList Kernel, ExtentList Stride, ExtentList Padding>
struct ConvolvedShape {
  using Output = In; // so that the sentence below is all that a compiler says
  static_assert(In::rank == Kernel::rank && In::rank == Stride::rank && In::rank == Padding::rank,
                "a convolution's kernel, stride and padding have one size for each dimension of its input");
};
template <int InChannels, int... I, int Channels, int... K, int... S, int... P>
requires(sizeof...(I) == sizeof...(K) && sizeof...(I) == sizeof...(S) &&
         sizeof...(I) == sizeof...(P)) struct ConvolvedShape<Shape<InChannels, I...>, Channels, Extents<K...>,
                                                             Extents<S...>, Extents<P...>> {
  static_assert(((I + 2 * P >= K) && ...), "a convolution's kernel is no larger than its padded input");
  using Output = Shape<Channels, ((I + 2 * P - K) / S + 1)...>;
};

template <SampleShape In, int Channels, ExtentList Kernel, ExtentList Stride, ExtentList Padding>
struct TransposedShape {
  using Output = In; // so that the sentence below is all that a compiler says
  static_assert(In::rank == Kernel::rank && In::rank == Stride::rank && In::rank == Padding::rank,
                "a convolution's kernel, stride and padding have one size for each dimension of its input");
};
template <int InChannels, int... I, int Channels, int... K, int... S, int... P>
requires(sizeof...(I) == sizeof...(K) && sizeof...(I) == sizeof...(S) &&
         sizeof...(I) == sizeof...(P)) struct TransposedShape<Shape<InChannels, I...>, Channels, Extents<K...>,
                                                              Extents<S...>, Extents<P...>> {
  static_assert((((I - 1) * S + K > 2 * P) && ...), "a transposed convolution's padding leaves some of its output");
  using Output = Shape<Channels, ((I - 1) * S + K - 2 * P)...>;
};

/// weight, and bias unless @p biases is 0. A kernel of rank 0 makes it a matrix.
inline std::vector<ParameterInfo> convolution_parameters(const ConvolutionGeometry& geometry, int kernel_rank,
                                                         int biases) {
  // PyTorch counts a weight's second dimension as inputs, for a transposed convolution too.
  const std::ptrdiff_t fan_in = geometry.input_channels * geometry.taps();
  ParameterInfo weight{.name = "weight",
                       .shape = {geometry.output_channels, geometry.input_channels},
                       .taps = geometry.taps(),
                       .rows = geometry.input_channels,
                       .columns = geometry.output_channels,
                       .fan_in = fan_in};
  for (int d = 3 - kernel_rank; d < 3; ++d) weight.shape.push_back(geometry.kernel[static_cast<std::size_t>(d)]);
  std::vector<ParameterInfo> result{weight};
  if (biases > 0) result.push_back(vector_info("bias", ParameterInfo::Role::bias, biases, fan_in));
  return result;
}

/// What a convolution and a transposed one share: parameters, weight, then bias, and the three directions. @p Described
/// is the convolution's geometry; "small" is the side of its output, which of a transposed one is the input.
template <SampleShape In, SampleShape Out, ConvolutionGeometry Described, int KernelRank, Bias HasBias,
          Operands OperandUse>
struct BoundConvolution {
  using Base = BoundConvolution;
  using Input = In;
  using Output = Out;
  static constexpr ConvolutionGeometry geometry = Described;
  static constexpr Operands operands = OperandUse;
  static constexpr bool has_bias = HasBias == Bias::yes;
  static constexpr std::ptrdiff_t weight_count = geometry.taps() * geometry.input_channels * geometry.output_channels;
  static constexpr std::ptrdiff_t parameter_count = weight_count + (has_bias ? Out::channels : 0);
  static constexpr std::ptrdiff_t statistic_count = 0;
  static constexpr InPlace in_place = InPlace::never;
  static constexpr bool gradient_in_place = false;
  static constexpr InputUse input_use = InputUse::for_parameters;
  static constexpr bool reads_output = false;
  static constexpr bool reads_signs = false;

  static std::vector<ParameterInfo> parameters() {
    return convolution_parameters(geometry, KernelRank, has_bias ? Out::channels : 0);
  }

  template <Backend B>
  struct Cache {
    typename B::ConvolutionPlan plan{geometry, operands};
    bool narrow_output_gradient = false;
    void reserve(int, int) {}
  };

protected:
  template <Backend B>
  static const typename B::Scalar* bias(const LayerCall<B>& call) {
    return has_bias ? call.parameters + call.members * weight_count : nullptr;
  }
  template <Backend B, class C>
  static void bias_gradient(const LayerCall<B>& call, const C& cache, const typename B::Scalar* gradient) {
    if (has_bias)
      call.backend.sum_rows(call.members, Out::positions * call.batch, Out::channels, gradient,
                            cache.narrow_output_gradient, call.gradient_write,
                            call.gradients + call.members * weight_count);
  }
  template <Backend B, class C>
  static void to_small(const LayerCall<B>& call, C& cache, const typename B::Scalar* large,
                       const typename B::Scalar* bias, typename B::Scalar* small) {
    call.backend.convolution_forward(cache.plan, call.members, call.batch, large, call.parameters, bias, small);
  }
  template <Backend B, class C>
  static void to_large(const LayerCall<B>& call, C& cache, const typename B::Scalar* small,
                       const typename B::Scalar* bias, typename B::Scalar* large) {
    call.backend.convolution_data_gradient(cache.plan, call.members, call.batch, small, call.parameters, bias, large);
  }
  template <Backend B, class C>
  static void weight_gradient(const LayerCall<B>& call, C& cache, const typename B::Scalar* large,
                              const typename B::Scalar* small) {
    call.backend.convolution_filter_gradient(cache.plan, call.members, call.batch, large, small, call.gradient_write,
                                             call.gradients);
  }
};

} // namespace detail

namespace layer {

/// Convolution of one to three dimensions. Shape<C, sizes...> -> Shape<Channels, (size + 2 padding - kernel) / stride
/// + 1 ...>. PyTorch's Conv1d, Conv2d, Conv3d; weight (Channels, C, kernel...). With Operands::exact nothing is rounded
/// on its way into the products, on any backend.
template <int Channels, ExtentList Kernel, ExtentList Stride, ExtentList Padding, Bias HasBias = Bias::yes,
          Operands OperandUse = Operands::rounded>
struct Convolution {
  template <SampleShape In>
  using OutputOf = typename zoetrope::detail::ConvolvedShape<In, Channels, Kernel, Stride, Padding>::Output;

  template <SampleShape In>
  struct Bind
      : zoetrope::detail::BoundConvolution<In, OutputOf<In>, make_geometry<In, OutputOf<In>, Kernel, Stride, Padding>(),
                                           Kernel::rank, HasBias, OperandUse> {
    static constexpr bool may_apply_leaky_relu = true;
    template <Backend B>
    static constexpr NarrowUse narrow_use() {
      return B::narrow_use(Bind::geometry, OperandUse);
    }

    template <Backend B>
    struct Cache : Bind::Base::template Cache<B> {
      void set_surroundings(const LayerSurroundings& surroundings) {
        this->narrow_output_gradient = surroundings.narrow_output_gradient;
        if constexpr (requires { this->plan.set_surroundings(surroundings); })
          this->plan.set_surroundings(surroundings);
      }
    };

    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input,
                        typename B::Scalar* output) {
      Bind::to_small(call, cache, input, Bind::bias(call), output);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input, const typename B::Scalar*,
                         typename B::Scalar* output_gradient, typename B::Scalar* input_gradient) {
      if (call.gradients != nullptr) {
        Bind::bias_gradient(call, cache, output_gradient);
        Bind::weight_gradient(call, cache, input, output_gradient);
      }
      if (input_gradient != nullptr) Bind::to_large(call, cache, output_gradient, nullptr, input_gradient);
    }
  };
};

/// Transposed convolution: the data gradient of a convolution, used forward. Shape<C, sizes...> -> Shape<Channels,
/// (size - 1) stride + kernel - 2 padding ...>. PyTorch's ConvTranspose2d; weight (C, Channels, kernel...).
/// Operands as in Convolution.
template <int Channels, ExtentList Kernel, ExtentList Stride, ExtentList Padding, Bias HasBias = Bias::yes,
          Operands OperandUse = Operands::rounded>
struct TransposedConvolution {
  template <SampleShape In>
  using OutputOf = typename zoetrope::detail::TransposedShape<In, Channels, Kernel, Stride, Padding>::Output;

  template <SampleShape In>
  struct Bind
      : zoetrope::detail::BoundConvolution<In, OutputOf<In>, make_geometry<OutputOf<In>, In, Kernel, Stride, Padding>(),
                                           Kernel::rank, HasBias, OperandUse> {
    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input,
                        typename B::Scalar* output) {
      Bind::to_large(call, cache, input, Bind::bias(call), output);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input, const typename B::Scalar*,
                         typename B::Scalar* output_gradient, typename B::Scalar* input_gradient) {
      if (call.gradients != nullptr) {
        Bind::weight_gradient(call, cache, output_gradient, input);
        Bind::bias_gradient(call, cache, output_gradient);
      }
      if (input_gradient != nullptr) Bind::to_small(call, cache, output_gradient, nullptr, input_gradient);
    }
  };
};

} // namespace layer

namespace detail {
template <class Sizes>
struct PointwiseOf;
template <int Channels, int... Sizes>
struct PointwiseOf<Shape<Channels, Sizes...>> {
  template <int>
  static constexpr int one = 1;
  using Ones = Extents<one<Sizes>...>;
  using Zeros = Extents<(one<Sizes> - 1)...>;
};
} // namespace detail

namespace layer {

/// A matrix product on the channels of every position: Shape<C, sizes...> -> Shape<Channels, sizes...>. PyTorch's
/// Linear; weight (Channels, C).
template <int Channels, Bias HasBias = Bias::yes>
struct Linear {
  template <SampleShape In>
  struct Bind : Convolution<Channels, typename zoetrope::detail::PointwiseOf<In>::Ones,
                            typename zoetrope::detail::PointwiseOf<In>::Ones,
                            typename zoetrope::detail::PointwiseOf<In>::Zeros, HasBias>::template Bind<In> {
    /// A matrix, whatever the input's positions.
    static std::vector<ParameterInfo> parameters() {
      return zoetrope::detail::convolution_parameters(Bind::geometry, 0, HasBias == Bias::yes ? Channels : 0);
    }
  };
};

} // namespace layer
} // namespace zoetrope
