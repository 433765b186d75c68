/// @file
/// How the K discriminators' losses join into the generator's.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/number_text.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>

namespace zoetrope {

/// From the generator's loss against each discriminator, with the default loss -E log D_k(G(z)), an objective makes the
/// weights with which their gradients are added: the derivatives of the joint loss by each of them. Its description()
/// tells it from others, with its settings, since checkpoints record it.
template <class O>
concept Objective = std::copyable<O> &&
    requires(const O& objective, std::span<const double> losses, std::span<double> weights) {
  objective.weigh(losses, weights);
  { objective.description() } -> std::convertible_to<std::string>;
};

/// Whether @p O's weights depend on the losses. One whose do not says so: a backend need not wait for the losses then.
template <class O>
inline constexpr bool weights_depend_on_losses = true;
template <class O>
requires requires { O::weights_depend_on_losses; }
inline constexpr bool weights_depend_on_losses<O> = O::weights_depend_on_losses;

/// The sum over the discriminators: the paper's equation 3 as printed (its text says average).
struct SumObjective {
  static constexpr bool weights_depend_on_losses = false;
  void weigh(std::span<const double>, std::span<double> weights) const {
    std::fill(weights.begin(), weights.end(), 1.0);
  }
  static std::string description() { return "SumObjective"; }
};

/// The average over the discriminators.
struct AverageObjective {
  static constexpr bool weights_depend_on_losses = false;
  void weigh(std::span<const double> losses, std::span<double> weights) const {
    std::fill(weights.begin(), weights.end(), 1.0 / static_cast<double>(losses.size()));
  }
  static std::string description() { return "AverageObjective"; }
};

namespace detail {

/// The largest of @p losses. Throws Error where there is none, or where one is not finite.
inline double largest_loss(const char* objective, std::span<const double> losses) {
  require(!losses.empty(), objective, " expected the loss of at least one discriminator, got none");
  for (std::size_t k = 0; k < losses.size(); ++k)
    require(std::isfinite(losses[k]), objective, " expected finite losses, got ", losses[k], " of discriminator ", k);
  return *std::max_element(losses.begin(), losses.end());
}

} // namespace detail

inline namespace ZOETROPE_INSTRUCTION_SET {
/// Hypervolume maximisation, as in the paper's reference code (Albuquerque et al. 2019): the joint loss is the sum of
/// -log(nadir - L_k), the nadir being nadir_factor max L + offset and constant for the gradient. So a weight is
/// 1 / (nadir - L_k), and the discriminators that the generator fools least count most. weigh() throws Error where a
/// loss is not finite or not below the nadir: the largest must not be negative, as the generator's hinge loss can be.
struct HypervolumeObjective {
  double nadir_factor = 1.5;
  double offset = 1e-8;

  void weigh(std::span<const double> losses, std::span<double> weights) const {
    const double largest = detail::largest_loss("HypervolumeObjective", losses);
    const double nadir = nadir_factor * largest + offset;
    require(std::isfinite(nadir) && nadir > largest, "HypervolumeObjective expected a finite nadir above every loss, ",
            "got ", nadir, " (", nadir_factor, " times the largest loss plus ", offset, ") and a largest loss of ",
            largest);
    std::transform(losses.begin(), losses.end(), weights.begin(), [nadir](double loss) { return 1 / (nadir - loss); });
  }
  [[nodiscard]] std::string description() const {
    return "HypervolumeObjective, nadir factor " + number_text(nadir_factor) + ", offset " + number_text(offset);
  }
};
} // namespace ZOETROPE_INSTRUCTION_SET

/// GMAN's softmax (Durugkar et al. 2017): discriminator k weighs exp(sharpness L_k) / sum over j of
/// exp(sharpness L_j). 0 is the average; the larger, the more the discriminator that the generator fools least counts
/// alone. No gradient flows through the weights, as in reference implementations: they are constants at each step.
/// (So they are the derivatives of log(sum of exp(sharpness L_k)) / sharpness.) weigh() throws Error where a loss is
/// not finite, or the sharpness negative or not finite.
struct SoftmaxObjective {
  double sharpness = 1;

  void weigh(std::span<const double> losses, std::span<double> weights) const {
    require(std::isfinite(sharpness) && sharpness >= 0, "SoftmaxObjective expected a sharpness of at least 0, got ",
            sharpness);
    const double largest = detail::largest_loss("SoftmaxObjective", losses);
    double sum = 0;
    for (std::size_t k = 0; k < losses.size(); ++k) {
      weights[k] = std::exp(sharpness * (losses[k] - largest)); // at most 1, so nothing overflows
      sum += weights[k];
    }
    for (double& weight : weights) weight /= sum;
  }
  [[nodiscard]] std::string description() const { return "SoftmaxObjective, sharpness " + number_text(sharpness); }
};

} // namespace zoetrope
