/// @file
/// Activations, in place: their gradients follow from their outputs, or from these outputs' signs alone.
#pragma once

#include "zoetrope/nn/layer.hpp"

#include <ratio>

namespace zoetrope {

namespace detail {
/// What activations have in common: a value in, a value out that overwrites it, and so with the gradients.
template <SampleShape In>
struct Activation : StatelessLayer {
  using Input = In;
  using Output = In;
  static constexpr InPlace in_place = InPlace::always;
  static constexpr bool gradient_in_place = true;
};
} // namespace detail

namespace layer {

/// max(x, slope x) with the slope @p Slope, a std::ratio. Input and output: any shape.
template <class Slope>
struct LeakyReluOf {
  static_assert(Slope::num >= 0 && Slope::num <= Slope::den, "a leaky ReLU's slope lies between 0 and 1");

  template <SampleShape In>
  struct Bind : zoetrope::detail::Activation<In> {
    static constexpr bool reads_output = true;
    static constexpr bool reads_signs = true;
    static constexpr double slope = double(Slope::num) / double(Slope::den);

    template <Backend B>
    static constexpr NarrowUse narrow_use() {
      return NarrowUse::passes;
    }

    template <Backend B>
    struct Cache {
      typename B::Signs signs;
      void set_surroundings(const LayerSurroundings& surroundings) {
        if constexpr (requires { signs.set_surroundings(surroundings); }) signs.set_surroundings(surroundings);
      }
      void reserve(int members, int batch) { signs.reserve(members * batch * In::size); }
    };

    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C& cache, const typename B::Scalar*, typename B::Scalar* output) {
      call.backend.leaky_relu(call.template values<In>(), static_cast<typename B::Scalar>(slope), output, cache.signs);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C& cache, const typename B::Scalar*,
                         const typename B::Scalar* output, typename B::Scalar* gradient, typename B::Scalar*) {
      call.backend.leaky_relu_gradient(call.template values<In>(), static_cast<typename B::Scalar>(slope), output,
                                       cache.signs, gradient);
    }
  };
};

/// LeakyReLU of slope 0.2, as in the paper's discriminators (DCGAN).
using LeakyRelu = LeakyReluOf<std::ratio<1, 5>>;
using Relu = LeakyReluOf<std::ratio<0>>;

/// y = tanh(x), in place.
struct Tanh {
  template <SampleShape In>
  struct Bind : zoetrope::detail::Activation<In> {
    static constexpr bool reads_output = true;

    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar*, typename B::Scalar* output) {
      call.backend.tanh(call.template values<In>(), output);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar* output,
                         typename B::Scalar* gradient, typename B::Scalar*) {
      call.backend.tanh_gradient(call.template values<In>(), output, gradient);
    }
  };
};

/// Multiplies by the constant @p Factor.
template <int Factor>
struct Scale {
  template <SampleShape In>
  struct Bind : zoetrope::detail::Activation<In> {
    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar*, typename B::Scalar* output) {
      call.backend.scale(call.template values<In>(), static_cast<typename B::Scalar>(Factor), output);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar* gradient, typename B::Scalar*) {
      call.backend.scale(call.template values<In>(), static_cast<typename B::Scalar>(Factor), gradient);
    }
  };
};

} // namespace layer
} // namespace zoetrope
