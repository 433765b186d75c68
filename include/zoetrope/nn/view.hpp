/// @file
/// Views a vector as a grid of positions (PyTorch's Unflatten).
#pragma once

#include "zoetrope/nn/layer.hpp"

namespace zoetrope {

namespace detail {
template <bool ChannelsFirst, int Channels, int... Sizes>
struct View {
  template <SampleShape In>
  struct Bind : StatelessLayer {
    using Input = In;
    using Output = Shape<Channels, Sizes...>;
    static_assert(In::rank == 0 && In::size == Output::size,
                  "a view takes a vector and has as many values before as after");
    static constexpr InPlace in_place = InPlace::never;
    static constexpr bool gradient_in_place = false;

    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C&, const typename B::Scalar* input, typename B::Scalar* output) {
      call.backend.split_positions(call.members, call.batch, Output::positions, Channels, ChannelsFirst, input, output);
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>& call, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar* output_gradient, typename B::Scalar* input_gradient) {
      if (input_gradient != nullptr)
        call.backend.merge_positions(call.members, call.batch, Output::positions, Channels, ChannelsFirst,
                                     output_gradient, input_gradient);
    }
  };
};
} // namespace detail

namespace layer {

/// A picture: feature c * positions + p is channel c at position p. PyTorch's Unflatten(1, (Channels, Sizes...)).
template <int Channels, int... Sizes>
using ViewAsGrid = zoetrope::detail::View<true, Channels, Sizes...>;

/// A sequence: feature t * Channels + c is channel c of step t, so samples and steps never mix (the paper's reference
/// code mixes them for batches above one). PyTorch's Unflatten(1, (Steps, Channels)).
template <int Steps, int Channels>
using ViewAsSequence = zoetrope::detail::View<false, Channels, Steps>;

} // namespace layer

} // namespace zoetrope
