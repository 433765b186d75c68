/// @file
/// Gradient checks of a whole ensemble of discriminators, through its projections and the loss.
#pragma once

#include "support/gradient_check.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

namespace support {

/// The loss is the weighted sum of the members' losses, as it is for the generator, here in @p role. Checks its
/// gradients with respect to the samples, which all members share, and to every parameter of every member.
template <class Ensemble>
void check_ensemble(int batch, zoetrope::Mode mode, zoetrope::LogitRole role, std::uint32_t seed,
                    const std::vector<std::string>& zero_gradients = {}) {
  Ensemble ensemble;
  auto& network = ensemble.network();
  ensemble.initialize(seed, zoetrope::Stream::user, zoetrope::Stream::frame_projections);
  initialize(network, seed);
  poison_buffers(network, batch + 1);

  auto samples = normals(batch * Ensemble::Sample::size, seed);
  const auto members = static_cast<std::size_t>(ensemble.count());
  std::vector<double> weights(members), losses(members);
  for (std::size_t k = 0; k < members; ++k) weights[k] = 0.5 + static_cast<double>(k);
  const std::function<double()> loss = [&] {
    ensemble.forward(batch, samples.data(), mode);
    ensemble.losses(zoetrope::NonSaturating{}, role, {batch, 0, batch}, losses.data());
    double sum = 0;
    for (std::size_t k = 0; k < members; ++k) sum += weights[k] * losses[k];
    return sum;
  };
  const auto begin_backward = [&] {
    loss();
    ensemble.loss_gradient(zoetrope::NonSaturating{}, role, {batch, 0, batch}, weights.data());
  };

  const std::size_t count = network.gradients().size();
  auto* gradients = network.gradients().data();
  begin_backward();
  ensemble.backward_to_parameters(batch);
  const std::vector<double> parameter_gradients(gradients, gradients + count);
  begin_backward();
  auto sample_gradient = poison<double>(std::ssize(samples));
  ensemble.backward_to_samples(batch, sample_gradient.data());
  CHECK(std::equal(parameter_gradients.begin(), parameter_gradients.end(), gradients));

  check_gradient("the samples", loss, samples.data(), sample_gradient.data(), std::ssize(samples), narrow_step);
  check_parameters(network, parameter_gradients, loss, narrow_step, zero_gradients);
}

} // namespace support
