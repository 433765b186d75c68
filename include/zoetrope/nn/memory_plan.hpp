/// @file
/// Where a network's activations and their gradients lie in one piece of memory. On the way back a layer's activations
/// are done with once the layer below them has been passed, so gradients take their place.
#pragma once

#include "zoetrope/nn/layer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace zoetrope::detail {

/// Places of one member's sample, in scalars: multiples of 16, so that they are aligned for any batch.
template <std::size_t Count>
struct MemoryPlan {
  std::array<std::ptrdiff_t, Count> activations{};   ///< of each layer's output; that of its input where they share it
  std::array<std::ptrdiff_t, Count + 1> gradients{}; ///< of each layer's input, then of the last one's output
  std::ptrdiff_t activation_size = 0;                ///< of all activations
  std::ptrdiff_t size = 0;                           ///< with what the gradients need beyond them
};

constexpr std::ptrdiff_t in_units(std::ptrdiff_t size) { return (size + 15) / 16 * 16; }

/// Whether layer I writes over its input: neither over the caller's, nor over what the layer before it reads again.
template <class Bound, std::size_t I>
constexpr bool overwrites_input() {
  if constexpr (I > 0)
    return std::tuple_element_t<I, Bound>::in_place && !std::tuple_element_t<I - 1, Bound>::reads_output;
  else
    return false;
}

/// What the plan is made from: a layer as its sizes.
struct LayerMemory {
  std::ptrdiff_t input, output;
  bool overwrites, gradient_in_place, reads_output;
};

/// Finds places for gradients, from the last layer's to the first's, so that the memory ends as early as it can. A
/// gradient lies behind all activations that are still needed, and beside the gradient that it is computed from.
template <std::size_t Count>
class GradientPlacer {
public:
  constexpr GradientPlacer(const std::array<LayerMemory, Count>& layers, MemoryPlan<Count>& plan)
      : layers_(layers), plan_(plan) {
    best_ = plan.activation_size + 2 * largest() + 1;
    // The loss reads the last output while it writes that output's gradient.
    const std::ptrdiff_t first = plan.activation_size;
    place(Count, first, in_units(layers[Count - 1].output));
    if (!found_) alternate();
    plan_.size = best_;
  }

private:
  [[nodiscard]] constexpr std::ptrdiff_t largest() const {
    std::ptrdiff_t result = 0;
    for (const auto& layer : layers_) result = std::max({result, in_units(layer.input), in_units(layer.output)});
    return result;
  }

  /// Where the memory begins that layer @p layer does not need on the way back.
  [[nodiscard]] constexpr std::ptrdiff_t free_from(std::size_t layer) const {
    if (layers_[layer].reads_output) return plan_.activations[layer] + in_units(layers_[layer].output);
    return layer == 0 ? 0 : plan_.activations[layer - 1] + in_units(layers_[layer - 1].output);
  }

  /// What always works: two places behind all activations, taken in turn.
  constexpr void alternate() {
    bool second = false;
    for (std::size_t index = Count + 1; index-- > 0;) {
      if (index < Count && !layers_[index].gradient_in_place) second = !second;
      plan_.gradients[index] = plan_.activation_size + (second ? largest() : 0);
    }
    best_ = plan_.activation_size + 2 * largest();
  }

  /// Tries @p where for gradient number @p index, then the gradients below it.
  constexpr void place(std::size_t index, std::ptrdiff_t where, std::ptrdiff_t size) {
    const std::ptrdiff_t end = std::max(end_, where + size), end_before = end_;
    if (end >= best_) return;
    trial_[index] = where;
    end_ = end;
    // In place, a gradient stays where it is.
    std::size_t layer = index;
    while (layer > 0 && layers_[layer - 1].gradient_in_place) trial_[--layer] = where;
    if (layer == 0) {
      best_ = end_;
      found_ = true;
      plan_.gradients = trial_;
    } else {
      const std::ptrdiff_t free = free_from(layer - 1), below = in_units(layers_[layer - 1].input);
      const auto attempt = [&](std::ptrdiff_t candidate) {
        if (candidate >= free && (candidate + below <= where || candidate >= where + size))
          place(layer - 1, candidate, below);
      };
      attempt(free);
      attempt(where - below);
      attempt(where + size);
      // Leaves room in front of it for the gradient after it.
      std::size_t next = layer - 1;
      while (next > 0 && layers_[next - 1].gradient_in_place) --next;
      if (next > 0) attempt(free_from(next - 1) + in_units(layers_[next - 1].input));
    }
    end_ = end_before;
  }

  const std::array<LayerMemory, Count>& layers_;
  MemoryPlan<Count>& plan_;
  std::array<std::ptrdiff_t, Count + 1> trial_{};
  std::ptrdiff_t best_ = 0, end_ = 0;
  bool found_ = false;
};

template <std::size_t Count>
constexpr MemoryPlan<Count> make_memory_plan(const std::array<LayerMemory, Count>& layers) {
  MemoryPlan<Count> plan;
  for (std::size_t i = 0; i < Count; ++i) {
    if (layers[i].overwrites) {
      plan.activations[i] = plan.activations[i - 1];
    } else {
      plan.activations[i] = plan.activation_size;
      plan.activation_size += in_units(layers[i].output);
    }
  }
  GradientPlacer<Count>(layers, plan);
  return plan;
}

template <class Bound>
struct MemoryPlanOf;
template <class... Layers>
struct MemoryPlanOf<std::tuple<Layers...>> {
  static constexpr std::array<LayerMemory, sizeof...(Layers)> layers = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<LayerMemory, sizeof...(Layers)>{LayerMemory{Layers::Input::size, Layers::Output::size,
                                                                  overwrites_input<std::tuple<Layers...>, I>(),
                                                                  Layers::gradient_in_place, Layers::reads_output}...};
  }
  (std::make_index_sequence<sizeof...(Layers)>{});
  static constexpr auto value = make_memory_plan(layers);
};

} // namespace zoetrope::detail
