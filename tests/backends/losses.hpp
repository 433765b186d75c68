/// @file
/// The losses of every backend, whatever its layout: against their two functions, called one logit at a time.
#pragma once

#include "support/numbers.hpp"
#include "zoetrope/gan/loss.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace agreement {

/// Losses and gradients of a range of samples, at once and in a recorded step. @p tolerance is relative, for what a
/// device's exponentials may differ by from the host's.
template <class B, class Loss>
void check_loss(const Loss& loss, double tolerance) {
  using namespace zoetrope;
  constexpr int members = 3, batch = 7;
  constexpr SampleRange range{batch, 2, 4};
  const auto index = [](int member, int sample) {
    return static_cast<std::size_t>(B::members_are_contiguous ? member * batch + sample : sample * members + member);
  };
  B backend;
  auto logits = support::normals<float>(members * batch, 3);
  for (float& logit : logits) logit *= 2;
  const std::vector<double> weights{0.5, 1, 3};
  typename B::Buffer input(logits.size()), output(logits.size());
  backend.copy_from_host(logits.data(), logits.size(), input.data());
  const auto poison = support::poison<float>(members * batch);

  for (const LogitRole role : {LogitRole::real, LogitRole::generated, LogitRole::generator}) {
    CAPTURE(static_cast<int>(role));
    std::vector<double> losses(members); // a recorded step writes to where they are
    const auto work = [&] {
      backend.losses(loss, role, members, range, input.data(), losses.data());
      backend.loss_gradient(loss, role, members, range, input.data(), weights.data(), output.data());
    };
    typename B::Step step;
    for (int run = 0; run < 4; ++run) { // in a step: once to allocate, once to record, once more
      CAPTURE(run);
      std::fill(losses.begin(), losses.end(), std::nan(""));
      backend.copy_from_host(poison.data(), poison.size(), output.data());
      if (run == 0) {
        work();
      } else {
        backend.start_step(step, work);
        backend.finish_step(step);
      }
      auto gradient = support::poison<float>(members * batch);
      backend.copy_to_host(output.data(), gradient.size(), gradient.data());
      for (int member = 0; member < members; ++member) {
        double sum = 0;
        for (int sample = 0; sample < batch; ++sample) {
          const double logit = logits[index(member, sample)], found = gradient[index(member, sample)];
          if (sample < range.first || sample >= range.first + range.count) {
            CHECK(std::isnan(found));
            continue;
          }
          sum += loss.value(role, logit);
          const double expected =
              weights[static_cast<std::size_t>(member)] * loss.derivative(role, logit) / range.count;
          CHECK(found == doctest::Approx(expected).epsilon(1e-7 + tolerance));
        }
        CHECK(losses[static_cast<std::size_t>(member)] == doctest::Approx(sum / range.count).epsilon(tolerance));
      }
    }
  }
}

template <class B>
void check_losses(double tolerance) {
  check_loss<B>(zoetrope::NonSaturating{}, tolerance);
  check_loss<B>(zoetrope::Hinge{}, tolerance);
  check_loss<B>(zoetrope::LeastSquares{}, tolerance);
}

} // namespace agreement
