// A loss of one's own: cross entropy that is content with a probability of 0.9 for real samples (Salimans et al. 2016).
// The marks let a GPU compute it too; gpu_kernels.cu names it to the kernels.
#pragma once

#include <zoetrope/gan/loss.hpp>

struct Smoothed {
  zoetrope::NonSaturating plain{};
  ZOETROPE_HOST_DEVICE double value(zoetrope::LogitRole role, double logit) const {
    return plain.value(role, logit) + (role == zoetrope::LogitRole::real ? 0.1 * logit : 0);
  }
  ZOETROPE_HOST_DEVICE double derivative(zoetrope::LogitRole role, double logit) const {
    return plain.derivative(role, logit) + (role == zoetrope::LogitRole::real ? 0.1 : 0);
  }
  static std::string description() { return "Smoothed, 0.9"; }
};
