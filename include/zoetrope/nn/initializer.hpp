/// @file
/// Initial values of a network, drawn from addressed streams in PyTorch's element order, so that every backend starts
/// from the same weights.
#pragma once

#include "zoetrope/core/parallel.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/nn/network.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <span>

namespace zoetrope {

/// Fills one parameter's values from a stream of its own. Several members' are filled at a time, each by one call.
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
void initialize_parameters(const B& backend, const std::vector<LocatedParameter>& located, int members,
                           typename B::Buffer& vector, const I& initializer, std::uint64_t seed, Stream stream) {
  // As many members at a time as there are threads: drawing takes longest. The backend then takes them one by one.
  const int together = std::min(members, thread_count());
  struct Drawn {
    std::vector<double> numbers;
    std::vector<typename B::Scalar> values;
    std::exception_ptr failure;
  };
  std::vector<Drawn> drawn(static_cast<std::size_t>(together));
  for (std::size_t index = 0; index < located.size(); ++index) {
    const auto& info = located[index].info;
    for (auto& member : drawn) {
      member.numbers.resize(static_cast<std::size_t>(info.size()));
      member.values.resize(static_cast<std::size_t>(info.size()));
    }
    for (int first = 0; first < members; first += together) {
      const int count = std::min(together, members - first);
      parallel_for(count, [&](std::ptrdiff_t i) {
        auto& [numbers, values, failure] = drawn[static_cast<std::size_t>(i)];
        const auto substream = static_cast<std::uint32_t>(index) * 65536u + static_cast<std::uint32_t>(first + i);
        try {
          initializer(info, RandomStream(seed, stream, substream), std::span(numbers));
        } catch (...) {
          failure = std::current_exception();
        }
        for_elements<B>(info.block(), [&, &from = numbers, &to = values](std::size_t inner, std::size_t outer) {
          to[inner] = static_cast<typename B::Scalar>(from[outer]);
        });
      });
      for (int i = 0; i < count; ++i) {
        const auto& [numbers, values, failure] = drawn[static_cast<std::size_t>(i)];
        if (failure) std::rethrow_exception(failure);
        backend.copy_from_host(values.data(), values.size(),
                               vector.data() + located[index].offset + (first + i) * info.size());
      }
    }
  }
}

template <Backend B>
void initialize_statistics(const B& backend, const std::vector<LocatedParameter>& located, int members,
                           typename B::Buffer& vector) {
  std::vector<typename B::Scalar> values;
  for (const auto& statistic : located) {
    values.assign(static_cast<std::size_t>(statistic.info.size()),
                  static_cast<typename B::Scalar>(statistic.info.initial_value));
    for (int member = 0; member < members; ++member) set_parameter(backend, vector, statistic, member, values.data());
  }
}

} // namespace detail

/// Sets every parameter and running statistic of @p network to its initial value.
template <detail::HasLayers Description, Backend B, Initializer I>
void initialize(Network<Description, B>& network, const I& initializer, std::uint64_t seed, Stream stream) {
  detail::initialize_parameters(network.backend(), network.located_parameters(), network.members(),
                                network.parameters(), initializer, seed, stream);
  detail::initialize_statistics(network.backend(), network.located_statistics(), network.members(),
                                network.statistics());
}

} // namespace zoetrope
