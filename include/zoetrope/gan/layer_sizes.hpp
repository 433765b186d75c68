/// @file
/// How the paper's convolutions go on to other shapes: kernels, strides and paddings of every layer, for each side of a
/// frame, and for time, on its own.
#pragma once

#include "zoetrope/gan/window.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/sequential.hpp"

namespace zoetrope::arch::detail {

/// One side of a frame on its way up from 2: each layer doubles it and, where the side needs it, crops one at each edge
/// (the paper: 2, 4, 8, 16, 30). All sizes but the last are even, so kernels are 4, and 5 where an odd side ends.
struct Upward {
  int side;

  /// How many layers this side needs.
  [[nodiscard]] constexpr int depth() const {
    int layers = 0;
    for (int size = 2; size < side; size *= 2) ++layers;
    return layers;
  }
  /// The size after the first @p layer of @p layers. Where another side needs more of them, the first ones stay at 2.
  [[nodiscard]] constexpr int size(int layer, int layers) const {
    int size = side;
    for (; layers > layer; --layers) {
      const int half = (size + 1) / 2;
      size = half + half % 2;
    }
    return size;
  }
  /// Of the transposed convolution number @p layer, from 0.
  [[nodiscard]] constexpr Window window(int layer, int layers) const {
    const int from = size(layer, layers), to = size(layer + 1, layers), kernel = 4 + to % 2;
    return {kernel, 2, (2 * (from - 1) + kernel - to) / 2};
  }
};

/// One dimension on its way down to one logit. As few of the first layers as will do halve it (kernel 4, stride 2); the
/// others have stride 1 and take less away, or nothing (kernel 3) from what is small enough; the last one sees the
/// rest. The paper's frames: 15, 8, 4, 2, 1; its films: 9, 4, 3, 2, 1 a side and 30, 15, 7, 4, 1 time steps.
struct Downward {
  int size;
  int end;         ///< what is small enough for the last layer
  int odd_padding; ///< of a layer that halves an odd size: 1 rounds down, 2 up
  int padding;     ///< of a layer of stride 1 and kernel 4, which takes 3 - 2 * padding away, and of the last one

  /// How many layers this dimension needs if all of them halve.
  [[nodiscard]] constexpr int depth() const {
    int layers = 0;
    while (left(layers, layers) > end) ++layers;
    return layers;
  }
  /// Of the convolution number @p layer, from 0, before the last one or the last one itself (@p layer == @p layers).
  [[nodiscard]] constexpr Window window(int layer, int layers) const {
    int halvings = 0;
    while (left(layers, halvings) > end) ++halvings;
    const int before = left(layer, halvings);
    return layer == layers ? Window{before + 2 * padding, 1, padding} : window_of(before, layer < halvings);
  }

private:
  [[nodiscard]] constexpr Window window_of(int left, bool halves) const {
    if (halves) return {4, 2, left % 2 == 0 ? 1 : odd_padding};
    return left > end ? Window{4, 1, padding} : Window{3, 1, 1};
  }
  /// The size after the first @p layer layers, of which at most @p halvings halve.
  [[nodiscard]] constexpr int left(int layer, int halvings) const {
    int result = size;
    for (int i = 0; i < layer; ++i) result = window_of(result, i < halvings).after(result);
    return result;
  }
};

/// Layers in a row, before they are joined with others.
template <class... Layers>
struct LayerList {};

/// Joined<In, LayerList<A, B>, LayerList<C>>::type is Sequential<In, A, B, C>.
template <class In, class... Lists>
struct Joined;
template <class In, class... Layers>
struct Joined<In, LayerList<Layers...>> {
  using type = Sequential<In, Layers...>;
};
template <class In, class... First, class... Second, class... Rest>
struct Joined<In, LayerList<First...>, LayerList<Second...>, Rest...>
    : Joined<In, LayerList<First..., Second...>, Rest...> {};

} // namespace zoetrope::arch::detail
