/// @file
/// How the K discriminators' losses join into the generator's.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>

namespace zoetrope {

/// From the generator's loss against each discriminator, -E log D_k(G(z)), an objective makes the weights with which
/// their gradients are added: the derivatives of the joint loss by each of them.
template <class O>
concept Objective = std::copyable<O> &&
    requires(const O& objective, std::span<const double> losses, std::span<double> weights) {
  objective.weigh(losses, weights);
};

/// Whether @p O's weights depend on the losses. One whose do not says so: a backend need not wait for the losses then.
template <class O>
inline constexpr bool weighs_by_losses = true;
template <class O>
requires requires { O::weighs_by_losses; }
inline constexpr bool weighs_by_losses<O> = O::weighs_by_losses;

/// The sum over the discriminators: the paper's equation 3 as printed (its text says average).
struct SumObjective {
  static constexpr bool weighs_by_losses = false;
  void weigh(std::span<const double>, std::span<double> weights) const {
    std::fill(weights.begin(), weights.end(), 1.0);
  }
};

/// The average over the discriminators.
struct AverageObjective {
  static constexpr bool weighs_by_losses = false;
  void weigh(std::span<const double> losses, std::span<double> weights) const {
    std::fill(weights.begin(), weights.end(), 1.0 / static_cast<double>(losses.size()));
  }
};

} // namespace zoetrope
