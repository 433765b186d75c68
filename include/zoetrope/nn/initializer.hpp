/// @file
/// Initial values of a network, drawn from addressed streams in PyTorch's element order, so that every backend starts
/// from the same weights.
#pragma once

#include "zoetrope/core/random.hpp"
#include "zoetrope/nn/network.hpp"

#include <cmath>
#include <span>

namespace zoetrope {

/// Fills one parameter's values from a stream of its own.
template <class I>
concept Initializer = requires(const I& initializer, const ParameterInfo& info, const RandomStream& stream,
                               std::span<double> values) {
  initializer(info, stream, values);
};

/// Weights N(0, deviation^2), biases 0: DCGAN's, and the paper's reference for G_F and all discriminators.
struct NormalWeights {
  double deviation = 0.02;

  void operator()(const ParameterInfo& info, const RandomStream& stream, std::span<double> values) const {
    if (info.role == ParameterInfo::Role::weight) {
      stream.fill_normal(0, values.data(), values.size());
      for (double& value : values) value *= deviation;
    } else {
      std::fill(values.begin(), values.end(), info.role == ParameterInfo::Role::norm_weight ? 1.0 : 0.0);
    }
  }
};

/// PyTorch's defaults: weights and biases uniform in +-1 / sqrt(fan in), batch norm 1 and 0.
struct UniformByFanIn {
  void operator()(const ParameterInfo& info, const RandomStream& stream, std::span<double> values) const {
    const double bound = 1 / std::sqrt(static_cast<double>(info.fan_in));
    for (std::size_t i = 0; i < values.size(); ++i) {
      switch (info.role) {
      case ParameterInfo::Role::norm_weight:
        values[i] = 1;
        break;
      case ParameterInfo::Role::norm_bias:
        values[i] = 0;
        break;
      default:
        values[i] = bound * (2 * stream.uniform(i) - 1);
      }
    }
  }
};

namespace detail {

template <Backend B, Initializer I>
void initialize_parameters(const B& backend, const std::vector<PlacedParameter>& placed, int members,
                           typename B::Buffer& vector, const I& initializer, std::uint64_t seed, Stream stream) {
  std::vector<double> drawn;
  std::vector<typename B::Scalar> values;
  for (std::size_t index = 0; index < placed.size(); ++index) {
    for (int member = 0; member < members; ++member) {
      drawn.resize(static_cast<std::size_t>(placed[index].info.size()));
      const auto substream = static_cast<std::uint32_t>(index) * 65536u + static_cast<std::uint32_t>(member);
      initializer(placed[index].info, RandomStream(seed, stream, substream), std::span(drawn));
      values.assign(drawn.begin(), drawn.end());
      set_parameter(backend, vector, placed[index], member, values.data());
    }
  }
}

template <Backend B>
void initialize_statistics(const B& backend, const std::vector<PlacedParameter>& placed, int members,
                           typename B::Buffer& vector) {
  std::vector<typename B::Scalar> values;
  for (const auto& statistic : placed) {
    values.assign(static_cast<std::size_t>(statistic.info.size()),
                  statistic.info.name.ends_with("running_var") ? 1 : 0);
    for (int member = 0; member < members; ++member) set_parameter(backend, vector, statistic, member, values.data());
  }
}

} // namespace detail

/// Sets every parameter and running statistic of @p network to its initial value.
template <HasLayers Description, Backend B, Initializer I>
void initialize(Network<Description, B>& network, const I& initializer, std::uint64_t seed, Stream stream) {
  detail::initialize_parameters(network.backend(), network.placed_parameters(), network.members(), network.parameters(),
                                initializer, seed, stream);
  detail::initialize_statistics(network.backend(), network.placed_statistics(), network.members(),
                                network.statistics());
}

} // namespace zoetrope
