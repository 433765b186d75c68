/// @file
/// The bytes of a training step at the paper's sizes on a GPU.
#pragma once

#include "gpu_traffic.hpp"

#include <zoetrope/train/stage.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace traffic {

/// Takes the learners' values for given, whatever they are: no byte depends on them.
template <class Owner>
void take_values(Owner& owner) {
  owner.visit_learners([](const std::string&, auto& learner) { (void)learner.parameters(); });
}

/// A step of @p stage, once it is recorded.
template <class B, class Stage>
Tally traffic_per_step(B& backend, Stage& stage) {
  const auto batch = static_cast<std::size_t>(stage.settings().batch_size);
  const std::vector<float> real(batch * static_cast<std::size_t>(Stage::Sample::size)),
      latents(static_cast<std::size_t>(stage.latent_batches()) * batch * static_cast<std::size_t>(Stage::Latent::size));
  take_values(stage.ensemble());
  // The first one makes copies of filters, the second is recorded.
  for (int step = 0; step < 3; ++step) {
    backend.device().clear_tally();
    stage.train(real, latents);
  }
  return backend.device().tally();
}

template <Precision P>
Tally frame_step() {
  using B = CountingBackend<P>;
  using G = Generator<arch::DcganFrame<>, B>;
  using D = ProjectedDiscriminatorEnsemble<default_frame_discriminators, projection::PaperFrame,
                                           arch::FrameDiscriminator<>, B>;
  const auto backend = std::make_shared<B>();
  G generator(backend);
  take_values(generator);
  AdversarialStage<FrameSource<G>, D, DefaultObjective, DefaultOptimizer> stage(
      "frames", FrameSource<G>(generator), backend, paper_settings().frames, {}, GeneratorSamples::fresh);
  return traffic_per_step(*backend, stage);
}

template <Precision P>
Tally sequence_step() {
  using B = CountingBackend<P>;
  using F = Generator<arch::DcganFrame<>, B>;
  using G = Generator<arch::BiLstmSequence<>, B>;
  using D =
      ProjectedDiscriminatorEnsemble<default_film_discriminators, projection::PaperFilm, arch::FilmDiscriminator<>, B>;
  const auto backend = std::make_shared<B>();
  F frames(backend);
  G sequences(backend);
  take_values(frames);
  take_values(sequences);
  AdversarialStage<FilmSource<G, F>, D, DefaultObjective, DefaultOptimizer> stage(
      "sequences", FilmSource<G, F>(sequences, frames), backend, paper_settings().sequences, {},
      GeneratorSamples::reused);
  return traffic_per_step(*backend, stage);
}

} // namespace traffic
