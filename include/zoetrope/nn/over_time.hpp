/// @file
/// What recurrent generators of any length are made of beside the LSTM: the same vector at every step, and sums of
/// steps.
#pragma once

#include "zoetrope/nn/layer.hpp"

namespace zoetrope {

namespace detail {
template <class B>
concept AddsUpPositions = Backend<B> && requires(B& backend, std::ptrdiff_t positions, typename B::Scalar* values) {
  backend.add_up_positions(1, positions, 1, false, values);
};

/// With more members, backends order positions and members in different ways.
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

    // Of one member, steps lie as members of a layer without steps do.
    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar* input, typename B::Scalar* output) {
      call.backend.repeat_members(Steps, call.batch, In::channels, input, output);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar* output_gradient, typename B::Scalar* input_gradient) {
      if (input_gradient != nullptr)
        call.backend.sum_members(Steps, call.batch, In::channels, output_gradient, input_gradient);
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

    template <zoetrope::detail::AddsUpPositions B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar*, typename B::Scalar* output) {
      call.backend.add_up_positions(call.batch, In::positions, In::channels, false, output);
    }
    /// A change counts at its own step and at all after it.
    template <zoetrope::detail::AddsUpPositions B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar* gradient, typename B::Scalar*) {
      call.backend.add_up_positions(call.batch, In::positions, In::channels, true, gradient);
    }
  };
};

} // namespace layer
} // namespace zoetrope
