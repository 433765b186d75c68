/// @file
/// What one discriminator's judgement of one sample costs the discriminator, and what it costs the generator.
#pragma once

#include "zoetrope/backend/loss.hpp"
#include "zoetrope/fwd.hpp"

#include <concepts>
#include <string>

namespace zoetrope {

/// A loss has double value(LogitRole, double logit) and double derivative(LogitRole, double logit), both const, and a
/// description() that tells it from others, with its settings, since checkpoints record it. The library's:
/// NonSaturating (the default), Hinge and LeastSquares (zoetrope/backend/loss.hpp). On a GPU an own one is named to the
/// kernels too: ZOETROPE_LOSS (zoetrope/backend/cudnn/kernels.cuh).
template <class L>
concept LossPolicy = LogitLoss<L> && requires(const L& loss) {
  { loss.description() } -> std::convertible_to<std::string>;
};

static_assert(LossPolicy<NonSaturating> && LossPolicy<Hinge> && LossPolicy<LeastSquares>);

} // namespace zoetrope
