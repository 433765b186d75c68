/// @file
/// Optimizers by name.
#pragma once

#include <zoetrope/nn/optimizer.hpp>

#include <string>

namespace program {

using Optimizer = zoetrope::OptimizerChoice<zoetrope::RmsProp, zoetrope::Adam>;

/// Of "rmsprop" or "adam", this with betas as are usual for GANs.
inline Optimizer make_optimizer(const std::string& name, double learning_rate) {
  if (name == "adam") return {zoetrope::Adam{.learning_rate = learning_rate, .beta1 = 0.5, .beta2 = 0.999}};
  return {zoetrope::RmsProp{.learning_rate = learning_rate}};
}

} // namespace program
