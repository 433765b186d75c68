/// @file
/// Layers in a row, as a type: every shape, size and offset is known at compile time.
#pragma once

#include "zoetrope/nn/layer.hpp"

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace zoetrope {

namespace detail {

template <class First, class Rest>
struct Before;
template <class First, class... Rest>
struct Before<First, std::tuple<Rest...>> {
  using type = std::tuple<First, Rest...>;
};

/// Bound is a list of types; no such tuple is ever made, and so none is compiled.
template <class In, class... Layers>
struct Chain {
  using Bound = std::tuple<>;
  using Output = In;
};
template <class In, class First, class... Rest>
struct Chain<In, First, Rest...> {
  static_assert(LayerFor<First, In>, "each layer of a network accepts the output shape of the layer before it");
  using Layer = typename First::template Bind<In>;
  using Tail = Chain<typename Layer::Output, Rest...>;
  using Bound = typename Before<Layer, typename Tail::Bound>::type;
  using Output = typename Tail::Output;
};

template <std::size_t Count>
constexpr std::array<std::ptrdiff_t, Count> sums_before(std::array<std::ptrdiff_t, Count> values) {
  std::ptrdiff_t sum = 0;
  for (auto& value : values) sum += std::exchange(value, sum);
  return values;
}

template <class Bound>
struct Totals;
template <class... Layers>
struct Totals<std::tuple<Layers...>> {
  static constexpr std::ptrdiff_t parameters = (std::ptrdiff_t{0} + ... + Layers::parameter_count);
  static constexpr std::ptrdiff_t statistics = (std::ptrdiff_t{0} + ... + Layers::statistic_count);
  static constexpr bool mix_samples = (false || ... || mixes_samples_of<Layers>());
  /// Where each layer begins in one member's share of the flat vectors.
  static constexpr auto parameter_offsets =
      sums_before(std::array<std::ptrdiff_t, sizeof...(Layers)>{Layers::parameter_count...});
  static constexpr auto statistic_offsets =
      sums_before(std::array<std::ptrdiff_t, sizeof...(Layers)>{Layers::statistic_count...});
};

} // namespace detail

/// The @p Layers applied one after another to samples of shape @p In, like PyTorch's nn.Sequential: a layer's index
/// names its parameters ("0.weight").
template <SampleShape In, class... Layers>
struct Sequential {
  static_assert(sizeof...(Layers) > 0, "a network has at least one layer");
  using Input = In;
  using Output = typename detail::Chain<In, Layers...>::Output;
  using Bound = typename detail::Chain<In, Layers...>::Bound;
  using Totals = detail::Totals<Bound>;
  static constexpr std::size_t layer_count = sizeof...(Layers);
  /// Trainable parameters, and running statistics, of one member.
  static constexpr std::ptrdiff_t parameter_count = Totals::parameters;
  static constexpr std::ptrdiff_t statistic_count = Totals::statistics;
  /// Whether a sample's output depends on the other samples of its batch.
  static constexpr bool mixes_samples = Totals::mix_samples;
};

namespace detail {
template <class>
inline constexpr bool is_sequential = false;
template <class In, class... Layers>
inline constexpr bool is_sequential<Sequential<In, Layers...>> = true;
} // namespace detail

/// A Sequential of some layers.
template <class T>
concept LayerSequence = detail::is_sequential<T>;

namespace detail {

/// Anything that names a row of layers, such as an architecture.
template <class T>
concept HasLayers = LayerSequence<typename T::Layers>;

} // namespace detail

} // namespace zoetrope
