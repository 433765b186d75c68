/// @file
/// Where a network's activations and their gradients lie in one piece of memory. In the backward pass a layer's
/// activations are done with once nothing below reads them, so gradients overwrite them.
#pragma once

#include "zoetrope/nn/layer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace zoetrope::detail {

/// Offsets for one member's sample, in scalars: multiples of 16, so that they are aligned for any batch.
template <std::size_t Count>
struct MemoryPlan {
  std::array<std::ptrdiff_t, Count> activations{};   ///< of each layer's output; that of its input where they share it
  std::array<std::ptrdiff_t, Count + 1> gradients{}; ///< of each layer's input, then of the last one's output
  std::ptrdiff_t activation_size = 0;                ///< of all activations
  std::ptrdiff_t size = 0;                           ///< with what the gradients need beyond them
};

constexpr std::ptrdiff_t in_units(std::ptrdiff_t size) { return (size + 15) / 16 * 16; }

/// What the plan is made from: a layer as its sizes and what its backward pass needs.
struct LayerMemory {
  std::ptrdiff_t input, output;
  bool in_place, gradient_in_place, reads_output;
  InputUse input_use; ///< none, for_parameters or always
};

/// A bound layer on a backend that @p keeps_signs, or does not, in a network that is @p frozen, or is not.
template <class Layer>
constexpr LayerMemory memory_of(bool keeps_signs, bool frozen) {
  constexpr InputUse use = Layer::input_use;
  const bool reads_input = use == InputUse::always || (use != InputUse::none && !frozen);
  return {Layer::Input::size,
          Layer::Output::size,
          Layer::in_place == InPlace::always || (Layer::in_place == InPlace::when_frozen && frozen),
          Layer::gradient_in_place,
          Layer::reads_output && !(Layer::reads_signs && keeps_signs),
          !reads_input                      ? InputUse::none
          : use == InputUse::for_parameters ? use
                                            : InputUse::always};
}

/// Whether layer @p i writes over its input: neither over the caller's, nor over what the layer before it reads again.
template <std::size_t Count>
constexpr bool overwrites_input(const std::array<LayerMemory, Count>& layers, std::size_t i) {
  return i > 0 && layers[i].in_place && !layers[i - 1].reads_output;
}

/// Finds offsets for gradients, from the last layer's to the first's, so that the memory ends as early as it can. A
/// gradient lies behind all activations that are still needed (the last output's may also lie before them), and beside
/// the gradient that it is computed from.
template <std::size_t Count>
class GradientPlanner {
public:
  constexpr GradientPlanner(const std::array<LayerMemory, Count>& layers, MemoryPlan<Count>& plan)
      : layers_(layers), plan_(plan) {
    best_ = plan.activation_size + 2 * largest() + 1;
    end_ = plan.activation_size;
    const std::ptrdiff_t last = in_units(layers[Count - 1].output);
    if (needed_from() >= last) search(Count, 0, last);
    search(Count, plan.activation_size, last);
    if (!found_) alternate();
    plan_.size = best_;
  }

private:
  [[nodiscard]] constexpr std::ptrdiff_t largest() const {
    std::ptrdiff_t result = 0;
    for (const auto& layer : layers_) result = std::max({result, in_units(layer.input), in_units(layer.output)});
    return result;
  }

  /// Where the activations end that are needed while layer @p layer writes its input's gradient: by itself, and by the
  /// layers below it.
  [[nodiscard]] constexpr std::ptrdiff_t free_from(std::size_t layer) const {
    std::ptrdiff_t end = 0;
    for (std::size_t i = 0; i <= layer; ++i) {
      const bool reads_input =
          i < layer ? layers_[i].input_use != InputUse::none : layers_[i].input_use == InputUse::always;
      if (reads_input && i > 0) end = std::max(end, plan_.activations[i - 1] + in_units(layers_[i].input));
      if (layers_[i].reads_output) end = std::max(end, plan_.activations[i] + in_units(layers_[i].output));
    }
    return end;
  }

  /// Where the activations begin that are needed while the loss writes the gradient of the last output, which it reads.
  [[nodiscard]] constexpr std::ptrdiff_t needed_from() const {
    std::ptrdiff_t begin = plan_.activations[Count - 1];
    for (std::size_t i = 0; i < Count; ++i) {
      if (layers_[i].input_use != InputUse::none && i > 0) begin = std::min(begin, plan_.activations[i - 1]);
      if (layers_[i].reads_output) begin = std::min(begin, plan_.activations[i]);
    }
    return begin;
  }

  /// What always works: two offsets behind all activations, used in turn.
  constexpr void alternate() {
    bool second = false;
    for (std::size_t index = Count + 1; index-- > 0;) {
      if (index < Count && !layers_[index].gradient_in_place) second = !second;
      plan_.gradients[index] = plan_.activation_size + (second ? largest() : 0);
    }
    best_ = plan_.activation_size + 2 * largest();
  }

  /// Tries @p offset for gradient number @p index, then the gradients below it.
  constexpr void search(std::size_t index, std::ptrdiff_t offset, std::ptrdiff_t size) {
    const std::ptrdiff_t end = std::max(end_, offset + size), end_before = end_;
    if (end >= best_) return;
    trial_[index] = offset;
    end_ = end;
    // In place, a gradient stays where it is.
    std::size_t layer = index;
    while (layer > 0 && layers_[layer - 1].gradient_in_place) trial_[--layer] = offset;
    if (layer == 0) {
      best_ = end_;
      found_ = true;
      plan_.gradients = trial_;
    } else {
      const std::ptrdiff_t free = free_from(layer - 1), below = in_units(layers_[layer - 1].input);
      const auto attempt = [&](std::ptrdiff_t candidate) {
        if (candidate >= free && (candidate + below <= offset || candidate >= offset + size))
          search(layer - 1, candidate, below);
      };
      attempt(free);
      attempt(offset - below);
      attempt(offset + size);
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
    if (overwrites_input(layers, i)) {
      plan.activations[i] = plan.activations[i - 1];
    } else {
      plan.activations[i] = plan.activation_size;
      plan.activation_size += in_units(layers[i].output);
    }
  }
  GradientPlanner<Count>(layers, plan);
  return plan;
}

template <class Bound, bool KeepsSigns, bool Frozen>
struct MemoryPlanOf;
template <class... Layers, bool KeepsSigns, bool Frozen>
struct MemoryPlanOf<std::tuple<Layers...>, KeepsSigns, Frozen> {
  static constexpr std::array<LayerMemory, sizeof...(Layers)> layers{memory_of<Layers>(KeepsSigns, Frozen)...};
  static_assert(std::ranges::none_of(layers,
                                     [](const LayerMemory& l) { return l.in_place && l.input_use != InputUse::none; }),
                "a layer that writes over its input cannot read it in the backward pass");
  static constexpr auto value = make_memory_plan(layers);
};

} // namespace zoetrope::detail
