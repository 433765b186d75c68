/// @file
/// What recurrent generators of any length are made of beside the LSTM: the same vector at every step, and sums of
/// steps.
#pragma once

#include "zoetrope/nn/layer.hpp"

namespace zoetrope {

namespace detail {
/// Steps lie behind each other in memory only where there is one member: with more, backends order positions and
/// members in different ways.
struct OneMemberCache {
  void reserve(int members, int) {
    require(members == 1, "a layer over time expected a network of one member, got ", members);
  }
};
} // namespace detail

namespace layer {

/// The same vector at each of @p Steps steps: Shape<C> -> Shape<C, Steps>. For networks of one member.
template <int Steps>
struct RepeatOverTime {
  static_assert(Steps > 0, "a vector is repeated over a positive number of steps");

  template <SampleShape In>
  struct Bind : StatelessLayer {
    static_assert(In::rank == 0, "what is repeated over time is a vector");
    using Input = In;
    using Output = Shape<In::channels, Steps>;
    static constexpr InPlace in_place = InPlace::never;
    static constexpr bool gradient_in_place = false;

    template <Backend B>
    using Cache = zoetrope::detail::OneMemberCache;

    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar* input, typename B::Scalar* output) {
      const auto size = static_cast<std::size_t>(call.template values<In>());
      for (std::size_t step = 0; step < Steps; ++step) call.backend.copy(input, size, output + step * size);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar* output_gradient, typename B::Scalar* input_gradient) {
      if (input_gradient == nullptr) return;
      const auto size = static_cast<std::size_t>(call.template values<In>());
      call.backend.copy(output_gradient, size, input_gradient);
      for (std::size_t step = 1; step < Steps; ++step)
        call.backend.add_to(output_gradient + step * size, size, input_gradient);
    }
  };
};

/// Each step's values added to those of all steps before it, PyTorch's cumsum over time: Shape<C, Steps> -> the same,
/// in place. What comes in are changes, what goes out is what they add up to. For networks of one member.
struct CumulativeSum {
  template <SampleShape In>
  struct Bind : StatelessLayer {
    static_assert(In::rank == 1, "a sum over time takes a sequence: a shape of one dimension, time");
    using Input = In;
    using Output = In;
    static constexpr InPlace in_place = InPlace::always;
    static constexpr bool gradient_in_place = true;

    template <Backend B>
    using Cache = zoetrope::detail::OneMemberCache;

    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar*, typename B::Scalar* output) {
      const auto size = step_size(call);
      for (std::size_t step = 1; step < In::positions; ++step)
        call.backend.add_to(output + (step - 1) * size, size, output + step * size);
    }
    /// A change counts at its own step and at all after it.
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar* gradient, typename B::Scalar*) {
      const auto size = step_size(call);
      for (std::size_t step = In::positions - 1; step > 0; --step)
        call.backend.add_to(gradient + step * size, size, gradient + (step - 1) * size);
    }

  private:
    template <Backend B>
    static std::size_t step_size(const LayerCall<B>& call) {
      return static_cast<std::size_t>(call.batch) * In::channels;
    }
  };
};

} // namespace layer
} // namespace zoetrope
