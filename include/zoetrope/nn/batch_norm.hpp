/// @file
/// Batch norm with learned scale and shift (Ioffe and Szegedy 2015), PyTorch's definition and defaults.
#pragma once

#include "zoetrope/nn/layer.hpp"

namespace zoetrope {

namespace detail {

template <class B>
concept HasBatchNorm = Backend<B> && requires(B& backend, const BatchNormArguments<typename B::Scalar>& arguments,
                                              const typename B::Scalar* x, typename B::Scalar* y) {
  backend.batch_norm_statistics(arguments, x, 1e-5, 0.1, y, y);
  backend.batch_norm_running_statistics(arguments, 1e-5, x, x);
  backend.batch_norm_apply(arguments, x, y);
  backend.batch_norm_gradient(arguments, x, true, y, WriteMode::add, y, y);
};

inline std::vector<ParameterInfo> batch_norm_parameters(int channels) {
  return {vector_info("weight", ParameterInfo::Role::norm_weight, channels, channels),
          vector_info("bias", ParameterInfo::Role::norm_bias, channels, channels)};
}
inline std::vector<ParameterInfo> batch_norm_statistics(int channels) {
  std::vector<ParameterInfo> result;
  for (const char* name : {"running_mean", "running_var"})
    result.push_back(vector_info(name, ParameterInfo::Role::bias, channels, channels));
  result.back().initial_value = 1;
  result.back().least = 0;
  result.push_back(vector_info("num_batches_tracked", ParameterInfo::Role::bias, 1, channels));
  result.back().shape.clear();
  result.back().least = 0;
  return result;
}
} // namespace detail

namespace layer {

/// Whether batch norm takes a channel's values at all positions together, or each position's by themselves.
enum class NormPositions { together, apart };

/// Normalises every channel over batch and positions, or over the batch alone. eps 1e-5, momentum 0.1.
template <NormPositions Positions>
struct BatchNormOver {
  static constexpr bool apart = Positions == NormPositions::apart;
  static constexpr double epsilon = 1e-5;
  static constexpr double momentum = 0.1;

  template <SampleShape In>
  struct Bind {
    using Input = In;
    using Output = In;
    static constexpr InPlace in_place = InPlace::when_frozen;
    static constexpr bool gradient_in_place = true;
    static constexpr InputUse input_use = InputUse::unless_frozen;
    static constexpr bool reads_output = false;
    static constexpr bool mixes_samples = true;
    static constexpr bool may_apply_leaky_relu = true;
    static constexpr bool reads_signs = false;
    static constexpr int features = In::channels * (apart ? static_cast<int>(In::positions) : 1);
    static constexpr std::ptrdiff_t parameter_count = 2 * features;
    /// Running mean, running variance, and how many batches they have seen.
    static constexpr std::ptrdiff_t statistic_count = 2 * features + 1;

    static std::vector<ParameterInfo> parameters() { return zoetrope::detail::batch_norm_parameters(features); }
    static std::vector<ParameterInfo> statistics() { return zoetrope::detail::batch_norm_statistics(features); }

    template <Backend B>
    struct Cache {
      typename B::Buffer mean, inverse_deviation;
      Mode mode = Mode::training; ///< of the last forward pass
      double slope_after = 1;
      void set_surroundings(const LayerSurroundings& surroundings) { slope_after = surroundings.slope_after; }
      void reserve(int members, int) {
        require(!apart || members == 1, "batch norm of positions expected a network of one member, got ", members);
        mean.resize(static_cast<std::size_t>(members * features));
        inverse_deviation.resize(static_cast<std::size_t>(members * features));
      }
    };

    template <zoetrope::detail::HasBatchNorm B, class C>
    static void forward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input,
                        typename B::Scalar* output) {
      cache.mode = call.mode;
      const auto a = arguments(call, cache);
      auto* mean = call.statistics;
      auto* variance = mean + call.members * features;
      if (call.mode == Mode::training) {
        require(a.rows > 1, "batch norm in training expected more than one value to normalise, got a batch of ",
                call.batch);
        call.backend.batch_norm_statistics(a, input, epsilon, momentum, mean, variance);
        auto* batches = variance + call.members * features;
        call.backend.add(batches, static_cast<std::size_t>(call.members), typename B::Scalar(1));
      } else {
        call.backend.batch_norm_running_statistics(a, epsilon, mean, variance);
      }
      call.backend.batch_norm_apply(a, input, output);
    }

    template <zoetrope::detail::HasBatchNorm B, class C>
    static void backward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input, const typename B::Scalar*,
                         typename B::Scalar* gradient, typename B::Scalar*) {
      auto* gradients = call.gradients;
      call.backend.batch_norm_gradient(arguments(call, cache), input, cache.mode == Mode::training, gradient,
                                       call.gradient_write, gradients,
                                       gradients ? gradients + call.members * features : nullptr);
    }

  private:
    template <Backend B, class C>
    static auto arguments(const LayerCall<B>& call, C& cache) {
      // A position of one member lies in memory as a member of one position does.
      return BatchNormArguments<typename B::Scalar>{.members = apart ? static_cast<int>(In::positions) : call.members,
                                                    .rows = (apart ? 1 : In::positions) * call.batch,
                                                    .channels = In::channels,
                                                    .weight = call.parameters,
                                                    .bias = call.parameters + call.members * features,
                                                    .mean = cache.mean.data(),
                                                    .inverse_deviation = cache.inverse_deviation.data(),
                                                    .slope_after = cache.slope_after};
    }
  };
};

/// PyTorch's BatchNorm1d, 2d and 3d.
using BatchNorm = BatchNormOver<NormPositions::together>;
/// PyTorch's BatchNorm1d of the sample's values as one row, position by position. For networks of one member: with
/// more, backends order positions and members in different ways.
using BatchNormOfPositions = BatchNormOver<NormPositions::apart>;

} // namespace layer
} // namespace zoetrope
