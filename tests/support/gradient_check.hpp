/// @file
/// Compares a gradient with finite differences.
#pragma once

#include "support/numbers.hpp"
#include "support/sanitized.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/initializer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

namespace support {

inline constexpr double gradient_tolerance = 1e-6;

/// Steps of the differences. A smooth loss allows a wide one. A loss with kinks (ReLU) needs one so narrow that no
/// pre-activation changes its sign on the way: with these seeds none does, and since inputs and parameters are Philox
/// numbers, none does anywhere else.
inline constexpr double smooth_step = 1e-3;
inline constexpr double narrow_step = 3e-6;

/// The derivative of @p loss along @p move(t), by differences of fourth order.
inline double difference(const std::function<double()>& loss, const std::function<void(double)>& move, double step) {
  const auto at = [&](double t) {
    move(t);
    return loss();
  };
  const double inner = at(step) - at(-step), outer = at(2 * step) - at(-2 * step);
  move(0);
  return (8 * inner - outer) / (12 * step);
}

/// Checks d loss / d values: @p gradient, entry by entry (20 at random where there are many, 3 under the sanitizers),
/// then along one random direction, which no entry escapes. Errors are relative to the norm of the entries that were
/// compared. A gradient that is zero in theory is compared with @p zero_scale instead of its own norm.
inline void check_gradient(const std::string& name, const std::function<double()>& loss, double* values,
                           const double* gradient, std::ptrdiff_t size, double step, double zero_scale = 0) {
  constexpr std::ptrdiff_t few = support::sanitized ? 4 : 40, sampled = support::sanitized ? 3 : 20;
  const zoetrope::RandomStream choice(2024, zoetrope::Stream::user, 77);
  double error = 0, norm = 0, whole = 0;
  for (std::ptrdiff_t i = 0; i < size; ++i) whole += gradient[i] * gradient[i];
  for (std::ptrdiff_t i = 0; i < std::min(size, size > few ? sampled : few); ++i) {
    const auto entry =
        size > few
            ? static_cast<std::ptrdiff_t>(choice.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(size)))
            : i;
    const double before = values[entry];
    const double numeric = difference(
        loss, [&](double t) { values[entry] = before + t; }, step);
    values[entry] = before;
    error += std::pow(numeric - gradient[entry], 2);
    norm += std::pow(gradient[entry], 2);
  }
  // Of three entries all may happen to be small.
  if (support::sanitized) norm = std::max(norm, whole * static_cast<double>(sampled) / static_cast<double>(size));
  const double scale = zero_scale > 0 ? zero_scale : std::sqrt(norm);
  const double by_entry = std::sqrt(error) / scale;

  const std::vector<double> before(values, values + size);
  auto direction = normals(size, 78);
  double length = 0, expected = 0;
  for (const double d : direction) length += d * d;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    direction[static_cast<std::size_t>(i)] /= std::sqrt(length);
    expected += gradient[i] * direction[static_cast<std::size_t>(i)];
  }
  const double numeric = difference(
      loss,
      [&](double t) {
        for (std::size_t i = 0; i < before.size(); ++i) values[i] = before[i] + t * direction[i];
      },
      step);
  std::copy(before.begin(), before.end(), values);
  const double typical = zero_scale > 0 ? zero_scale : std::sqrt(whole / static_cast<double>(size));
  const double along = std::abs(numeric - expected) / typical;

  if (std::getenv("ZOETROPE_TEST_VERBOSE") != nullptr)
    std::printf("gradient of %-32s %8td values: %.1e by entry, %.1e along a direction\n", name.c_str(), size, by_entry,
                along);
  CAPTURE(name);
  CHECK(scale > 0);
  CHECK(by_entry <= gradient_tolerance);
  CHECK(along <= gradient_tolerance);
}

/// Parameters of a natural size, none of them at a special value such as 0 or 1.
struct TestWeights {
  void operator()(const zoetrope::ParameterInfo& info, const zoetrope::RandomStream& stream,
                  std::span<double> values) const {
    using Role = zoetrope::ParameterInfo::Role;
    stream.fill_normal(0, values.data(), values.size());
    for (double& value : values) {
      if (info.role == Role::weight)
        value *= 1.4 / std::sqrt(static_cast<double>(info.taps * info.rows));
      else
        value = (info.role == Role::norm_weight ? 1 : 0) + 0.3 * value;
    }
  }
};

/// Parameters from TestWeights, and running statistics that differ from their initial ones.
template <class Network>
void initialize(Network& network, std::uint64_t seed) {
  zoetrope::initialize(network, TestWeights{}, seed, zoetrope::Stream::user);
  using Scalar = typename Network::Scalar;
  std::uint32_t stream = 900;
  for (const auto& located : network.located_statistics()) {
    for (int member = 0; member < network.members(); ++member) {
      auto values = normals<Scalar>(located.info.size(), ++stream);
      for (auto& value : values) {
        if (located.info.name.ends_with("running_var")) value = Scalar(0.5) + std::abs(value);
        if (located.info.name.ends_with("num_batches_tracked")) value = 3;
      }
      network.set(network.statistics(), located, member, values.data());
    }
  }
}

/// Leaves NaN in every buffer that a network's passes write, sized for a larger batch than the test's.
template <class Network>
void poison_buffers(Network& network, int batch) {
  using Scalar = typename Network::Scalar;
  const auto input = poison<Scalar>(network.members() * batch * Network::Input::size);
  network.forward(batch, input.data(), zoetrope::Mode::evaluation);
  const auto gradient = poison<Scalar>(network.members() * batch * Network::Output::size);
  std::copy(gradient.begin(), gradient.end(), network.output_gradient());
  network.backward(batch, false, true);
}

/// Checks every parameter's gradient in the flat vector @p gradients of @p network. @p zero_gradients names parameters
/// whose gradients are zero in theory: biases in front of batch norm.
template <class Network>
void check_parameters(Network& network, const std::vector<double>& gradients, const std::function<double()>& loss,
                      double step, const std::vector<std::string>& zero_gradients = {}) {
  double weight_norm = 0;
  for (const auto& located : network.located_parameters()) {
    const std::ptrdiff_t size = located.info.size() * network.members();
    const double* gradient = gradients.data() + located.offset;
    const bool zero =
        std::find(zero_gradients.begin(), zero_gradients.end(), located.info.name) != zero_gradients.end();
    check_gradient(located.info.name, loss, network.parameters().data() + located.offset, gradient, size, step,
                   zero ? weight_norm : 0);
    weight_norm = 0;
    for (std::ptrdiff_t i = 0; i < size; ++i) weight_norm += gradient[i] * gradient[i];
    weight_norm = std::sqrt(weight_norm);
  }
}

/// Checks the gradients of a network with respect to its input and to every parameter. The loss is a random linear
/// functional of the output. Also: parameter gradients are added to, or left alone where they are not wanted; a frozen
/// network computes what one in evaluation does.
template <class Description>
void check_network(int members, int batch, zoetrope::Mode mode, double step, std::uint32_t seed = 1,
                   const std::vector<std::string>& zero_gradients = {}) {
  using Network = zoetrope::Network<Description, zoetrope::backend::Eigen<double>>;
  Network network(std::make_shared<zoetrope::backend::Eigen<double>>(), members);
  initialize(network, seed);
  poison_buffers(network, batch + 1);

  auto input = normals(members * batch * Network::Input::size, seed);
  const auto functional = normals(members * batch * Network::Output::size, seed + 1000);
  const std::function<double()> loss = [&] {
    const double* output = network.forward(batch, input.data(), mode);
    double sum = 0;
    for (std::size_t i = 0; i < functional.size(); ++i) sum += functional[i] * output[i];
    return sum;
  };
  const auto backward = [&](bool parameters, bool inputs) {
    loss();
    std::copy(functional.begin(), functional.end(), network.output_gradient());
    return network.backward(batch, parameters, inputs);
  };

  const std::size_t count = network.gradients().size();
  auto* gradients = network.gradients().data();
  backward(true, false);
  const std::vector<double> alone(gradients, gradients + count);
  std::fill_n(gradients, count, 0.25);
  const double* found = backward(true, true);
  const std::vector<double> input_gradient(found, found + input.size());
  bool added = true;
  for (std::size_t i = 0; i < count; ++i)
    added &= std::abs(gradients[i] - 0.25 - alone[i]) <= 1e-11 * (1 + std::abs(alone[i]));
  CHECK(added);
  std::fill_n(gradients, count, 0.25);
  const double* again = backward(false, true);
  CHECK(std::all_of(gradients, gradients + count, [](double value) { return value == 0.25; }));
  CHECK(std::equal(input_gradient.begin(), input_gradient.end(), again));
  CHECK(backward(false, false) == nullptr);
  if (mode == zoetrope::Mode::evaluation) {
    const double expected = loss();
    mode = zoetrope::Mode::frozen;
    CHECK(loss() == expected);
    const double* frozen = backward(false, true);
    CHECK(std::equal(input_gradient.begin(), input_gradient.end(), frozen));
    CHECK_THROWS_WITH_AS(backward(true, true), "a frozen network has no gradients of its parameters", zoetrope::Error);
    mode = zoetrope::Mode::evaluation;
  }

  check_gradient("the input", loss, input.data(), input_gradient.data(), std::ssize(input), step);
  check_parameters(network, alone, loss, step, zero_gradients);
}

} // namespace support
