/// @file
/// How much memory a stage of training cannot do without, from its types: what stays (parameters, gradients, the
/// optimizer's state) and the activations that the backward pass reads.
#pragma once

#include <zoetrope/zoetrope.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>

namespace zoetrope::benchmarks {

/// Values of one sample and member that the gradients are made from: inputs of layers with parameters and of batch
/// norm, outputs of activations, and what an LSTM keeps; of a frozen network, the outputs of activations alone. The CPU
/// backend reads the signs of a ReLU's output instead; such outputs count here all the same.
template <class Network>
constexpr double activations_for_backward(bool frozen = false) {
  const auto reads_input = [=](InputUse use) { return use == InputUse::always || (use != InputUse::none && !frozen); };
  return [&]<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    constexpr std::size_t count = sizeof...(Layers);
    const std::array<InputUse, count> uses{Layers::input_use...};
    const std::array<bool, count> outputs_read{Layers::reads_output...};
    const std::array<std::ptrdiff_t, count> sizes{Layers::Output::size...};
    std::ptrdiff_t values = reads_input(uses[0]) ? Network::Layers::Input::size : 0;
    for (std::size_t i = 0; i < count; ++i)
      if (outputs_read[i] || (i + 1 < count && reads_input(uses[i + 1]))) values += sizes[i];
    const auto cached = []<class Layer>(std::type_identity<Layer>) -> std::ptrdiff_t {
      if constexpr (requires { Layer::cache_count; })
        return Layer::cache_count;
      else
        return 0;
    };
    return static_cast<double>(values + (cached(std::type_identity<Layers>{}) + ...));
  }(std::type_identity<typename Network::Layers::Bound>{});
}

/// In bytes.
struct StageMemory {
  double kept = 0, activations = 0;

  /// What @p bytes in all are beyond what stays, as a share of the activations.
  [[nodiscard]] double activation_share(double bytes) const { return (bytes - kept) / activations; }
};

/// How many values Optimizer keeps for each parameter.
template <class Optimizer>
requires std::same_as<Optimizer, Adam> || std::same_as<Optimizer, RmsProp>
inline constexpr int state_values = std::same_as<Optimizer, Adam> ? 2 : 1;

/// Of W, a Workload, while G_F learns; the trainer has G_V's parameters already.
template <class W>
StageMemory frame_stage_memory() {
  constexpr double learning = 2 + state_values<typename W::FrameOptimizer>;
  using D = typename W::FrameD;
  const double members = W::members, batch = W::frame_batch;
  return {sizeof(float) * (learning * (W::FrameG::parameter_count + members * D::parameter_count_per_member) +
                           W::SequenceG::parameter_count),
          sizeof(float) * batch *
              (activations_for_backward<typename W::FrameG>() + members * activations_for_backward<D>())};
}

/// The same while G_V learns, in front of the frozen G_F.
template <class W>
StageMemory sequence_stage_memory() {
  constexpr double learning = 2 + state_values<RmsProp>;
  using D = typename W::FilmD;
  const double members = W::members, batch = W::film_batch, length = W::SequenceG::Output::positions;
  return {sizeof(float) * (learning * (W::SequenceG::parameter_count + members * D::parameter_count_per_member) +
                           W::FrameG::parameter_count),
          sizeof(float) * batch *
              (activations_for_backward<typename W::SequenceG>() +
               length * activations_for_backward<typename W::FrameG>(true) + members * activations_for_backward<D>())};
}

} // namespace zoetrope::benchmarks
