/// @file
/// Losses as two functions of one logit, which every backend can compute. They are here and not in gan/ because the
/// GPU backend's kernels are instantiated for them.
///
/// In each of them a comparison with a NaN, which is false, leads to a NaN: training sees that it has diverged.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/core/host_device.hpp"

#include <cmath>
#include <concepts>
#include <string>

namespace zoetrope {

/// A loss: its value at one logit, and the derivative there. Both are marked ZOETROPE_HOST_DEVICE if a GPU is to
/// compute them. Losses of several samples are averaged, so the value is that of one sample.
template <class L>
concept LogitLoss = std::copyable<L> && requires(const L& loss, LogitRole role, double logit) {
  { loss.value(role, logit) } -> std::same_as<double>;
  { loss.derivative(role, logit) } -> std::same_as<double>;
};

/// The paper's equations 1 and 2, computed from logits so that nothing overflows: -log D(x) for real samples and for
/// the generator, -log(1 - D(x)) for generated ones, where D is the logit's sigmoid (Goodfellow et al. 2014).
struct NonSaturating {
  [[nodiscard]] ZOETROPE_HOST_DEVICE double value(LogitRole role, double x) const {
    return (x < 0 ? 0 : x) - x * target(role) + std::log1p(std::exp(-std::abs(x)));
  }
  [[nodiscard]] ZOETROPE_HOST_DEVICE double derivative(LogitRole role, double x) const {
    const double probability = x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
    return probability - target(role);
  }
  static std::string description() { return "NonSaturating"; }

private:
  [[nodiscard]] ZOETROPE_HOST_DEVICE static double target(LogitRole role) {
    return role == LogitRole::generated ? 0 : 1;
  }
};

/// max(0, 1 - x) for real samples, max(0, 1 + x) for generated ones, -x for the generator (Lim and Ye 2017, Miyato et
/// al. 2018). Like PyTorch, the derivative at a kink is 0.
struct Hinge {
  [[nodiscard]] ZOETROPE_HOST_DEVICE double value(LogitRole role, double x) const {
    if (role == LogitRole::generator) return -x;
    const double margin = role == LogitRole::real ? 1 - x : 1 + x;
    return margin <= 0 ? 0 : margin;
  }
  [[nodiscard]] ZOETROPE_HOST_DEVICE double derivative(LogitRole role, double x) const {
    if (role == LogitRole::generator) return -1;
    if (role == LogitRole::real) return 1 - x <= 0 ? 0 : -1;
    return 1 + x <= 0 ? 0 : 1;
  }
  static std::string description() { return "Hinge"; }
};

/// (x - 1)^2 for real samples and for the generator, x^2 for generated ones (Mao et al. 2017), without their factor
/// 1/2, like PyTorch's MSELoss.
struct LeastSquares {
  [[nodiscard]] ZOETROPE_HOST_DEVICE double value(LogitRole role, double x) const {
    const double difference = x - target(role);
    return difference * difference;
  }
  [[nodiscard]] ZOETROPE_HOST_DEVICE double derivative(LogitRole role, double x) const {
    return 2 * (x - target(role));
  }
  static std::string description() { return "LeastSquares"; }

private:
  [[nodiscard]] ZOETROPE_HOST_DEVICE static double target(LogitRole role) {
    return role == LogitRole::generated ? 0 : 1;
  }
};

} // namespace zoetrope
