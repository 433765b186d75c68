/// @file
/// A stack of LSTM layers over the time dimension (Hochreiter and Schmidhuber 1997), PyTorch's definition.
#pragma once

#include "zoetrope/nn/layer.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace zoetrope {

namespace detail {

template <class B>
concept HasLstm = Backend<B> && requires(B& backend, const LstmGeometry& geometry, typename B::LstmCache& cache,
                                         const std::array<LstmParameters<const typename B::Scalar*>, 2>& parameters,
                                         const std::array<LstmParameters<typename B::Scalar*>, 2>& gradients,
                                         const typename B::Scalar* x, typename B::Scalar* y) {
  cache.reserve(geometry, 1);
  backend.lstm_forward(geometry, 1, x, parameters, cache, y);
  backend.lstm_backward(geometry, 1, x, x, x, parameters, cache, WriteMode::add, gradients, y);
};

/// Of every layer and direction: weight_ih, weight_hh, bias_ih, bias_hh.
inline std::vector<ParameterInfo> lstm_parameters(int input, int hidden, int layers, int directions) {
  std::vector<ParameterInfo> result;
  for (int stage = 0; stage < layers; ++stage) {
    for (int direction = 0; direction < directions; ++direction) {
      const std::string suffix = "_l" + std::to_string(stage) + (direction == 1 ? "_reverse" : "");
      const int gates = 4 * hidden;
      result.push_back(matrix_info("weight_ih" + suffix, stage == 0 ? input : directions * hidden, gates, hidden));
      result.push_back(matrix_info("weight_hh" + suffix, hidden, gates, hidden));
      result.push_back(vector_info("bias_ih" + suffix, ParameterInfo::Role::bias, gates, hidden));
      result.push_back(vector_info("bias_hh" + suffix, ParameterInfo::Role::bias, gates, hidden));
    }
  }
  return result;
}

} // namespace detail

namespace layer {

/// Shape<C, Steps> -> Shape<Directions * Hidden, Steps>, zero initial state. Gate order i, f, g, o; PyTorch's
/// LSTM(C, Hidden, Layers, bidirectional, batch_first) with the same parameter names.
template <int Hidden, int Layers = 1, bool Bidirectional = false>
struct Lstm {
  template <SampleShape In>
  struct Bind {
    static_assert(In::rank == 1, "an LSTM takes a sequence: a shape of one dimension, time");
    static constexpr int steps = static_cast<int>(In::positions);
    static constexpr int directions = Bidirectional ? 2 : 1;
    static constexpr int width = directions * Hidden;
    using Input = In;
    using Output = Shape<width, steps>;
    static constexpr InPlace in_place = InPlace::never;
    static constexpr bool gradient_in_place = false;
    static constexpr InputUse input_use = InputUse::always;
    static constexpr bool reads_output = true;
    static constexpr bool reads_signs = false;
    static constexpr std::ptrdiff_t gates = 4 * Hidden;
    static constexpr int input_of(int stage) { return stage == 0 ? In::channels : width; }
    static constexpr std::ptrdiff_t direction_count(int stage) { return gates * (input_of(stage) + Hidden + 2); }
    static constexpr std::ptrdiff_t parameter_count =
        directions * (direction_count(0) + (Layers - 1) * direction_count(1));
    static constexpr std::ptrdiff_t statistic_count = 0;
    /// Values of one sample that forward() leaves for backward(): gates, cells, and the outputs between the layers.
    static constexpr std::ptrdiff_t cache_count = steps * (Layers * directions * 5 * Hidden + (Layers - 1) * width);

    static std::vector<ParameterInfo> parameters() {
      return zoetrope::detail::lstm_parameters(In::channels, Hidden, Layers, directions);
    }

    template <Backend B>
    struct Cache {
      std::vector<typename B::LstmCache> stages; ///< [member][layer]
      std::array<typename B::Buffer, Layers> outputs;
      typename B::Buffer gradient; ///< between the layers of one member, in turn
      void reserve(int members, int batch) {
        require(members == 1 || B::members_are_contiguous, "an LSTM on the ", B::name(),
                " backend expected a network of one member, got ", members);
        stages.resize(static_cast<std::size_t>(members * Layers));
        for (std::size_t i = 0; i < stages.size(); ++i)
          stages[i].reserve(geometry(static_cast<int>(i) % Layers), batch);
        const auto rows = static_cast<std::size_t>(members) * static_cast<std::size_t>(batch) * steps;
        for (std::size_t stage = 0; stage < Layers; ++stage) {
          // The last layer writes the network's own buffer.
          outputs[stage].resize(stage + 1 < Layers ? rows * width : 0);
        }
        gradient.resize(std::min(Layers - 1, 2) * (rows / static_cast<std::size_t>(members)) * width);
      }
    };

    template <zoetrope::detail::HasLstm B, class C>
    static void forward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input,
                        typename B::Scalar* output) {
      for (int member = 0; member < call.members; ++member) {
        for (int stage = 0; stage < Layers; ++stage)
          call.backend.lstm_forward(geometry(stage), call.batch, stage_input(call, cache, member, stage, input),
                                    point<B>(call, member, stage, call.parameters), stage_cache(cache, member, stage),
                                    stage_output(call, cache, member, stage, output));
      }
    }

    template <zoetrope::detail::HasLstm B, class C>
    static void backward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input,
                         const typename B::Scalar* output, typename B::Scalar* output_gradient,
                         typename B::Scalar* input_gradient) {
      using Scalar = typename B::Scalar;
      const std::ptrdiff_t rows = std::ptrdiff_t{steps} * call.batch;
      for (int member = 0; member < call.members; ++member) {
        const Scalar* gradient = output_gradient + member * rows * width;
        for (int stage = Layers - 1; stage >= 0; --stage) {
          Scalar* below = stage > 0                   ? cache.gradient.data() + ((stage - 1) % 2) * rows * width
                          : input_gradient == nullptr ? nullptr
                                                      : input_gradient + member * rows * In::channels;
          call.backend.lstm_backward(geometry(stage), call.batch, stage_input(call, cache, member, stage, input),
                                     stage_output(call, cache, member, stage, output), gradient,
                                     point<B>(call, member, stage, call.parameters), stage_cache(cache, member, stage),
                                     call.gradient_write, point<B>(call, member, stage, call.gradients), below);
          gradient = below;
        }
      }
    }

  private:
    static LstmGeometry geometry(int stage) {
      return {.steps = steps, .input = input_of(stage), .hidden = Hidden, .directions = directions};
    }

    /// The four parameters of each direction of one layer and member, among all members' copies.
    template <Backend B, class Pointer>
    static std::array<LstmParameters<Pointer>, 2> point(const LayerCall<B>& call, int member, int stage,
                                                        Pointer first) {
      std::array<LstmParameters<Pointer>, 2> result{};
      if (first == nullptr) return result;
      for (int s = 0; s < stage; ++s) first += call.members * directions * direction_count(s);
      const auto take = [&](std::ptrdiff_t size) {
        const Pointer at = first + member * size;
        first += call.members * size;
        return at;
      };
      for (std::size_t d = 0; d < directions; ++d) {
        result[d].weight_ih = take(gates * input_of(stage));
        result[d].weight_hh = take(gates * Hidden);
        result[d].bias_ih = take(gates);
        result[d].bias_hh = take(gates);
      }
      return result;
    }

    template <class C>
    static auto& stage_cache(C& cache, int member, int stage) {
      return cache.stages[static_cast<std::size_t>(member * Layers + stage)];
    }
    template <Backend B, class C>
    static const typename B::Scalar* stage_input(const LayerCall<B>& call, C& cache, int member, int stage,
                                                 const typename B::Scalar* input) {
      return stage == 0 ? input + std::ptrdiff_t{member} * steps * call.batch * In::channels
                        : stage_output(call, cache, member, stage - 1, static_cast<const typename B::Scalar*>(nullptr));
    }
    template <Backend B, class C, class Pointer>
    static Pointer stage_output(const LayerCall<B>& call, C& cache, int member, int stage, Pointer output) {
      const std::ptrdiff_t offset = std::ptrdiff_t{member} * steps * call.batch * width;
      return (stage == Layers - 1 ? output : cache.outputs[static_cast<std::size_t>(stage)].data()) + offset;
    }
  };
};

} // namespace layer
} // namespace zoetrope
