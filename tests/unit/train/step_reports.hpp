/// @file
/// Reports of steps that no training made.
#pragma once

#include "zoetrope/train/observer.hpp"

namespace zoetrope::test {

inline constexpr double discriminator_losses[] = {1, 2}, generator_losses[] = {0.25, 0.5};

/// With a mean discriminator loss of 1.5 and a mean generator loss of 0.375.
inline StepReport report_of(std::string_view stage, std::uint64_t step, std::uint64_t steps) {
  return {stage, step, steps, discriminator_losses, generator_losses};
}

} // namespace zoetrope::test
