/// @file
/// A data set and networks so small that a program with something of its own compiles and trains in seconds.
#pragma once

#include <zoetrope/zoetrope.hpp>

#include <algorithm>
#include <iostream>

namespace dots {

using namespace zoetrope;

/// Films of four frames of 8x8: a bright dot that moves to the right.
struct Films {
  using Film = Shape<1, 4, 8, 8>;
  [[nodiscard]] std::uint64_t size() const { return 64; }
  static std::string description() { return "dots::Films"; }
  void film(std::uint64_t index, std::span<float> out) const {
    for (int time = 0; time < 4; ++time) frame(index, time, out.subspan(static_cast<std::size_t>(64 * time), 64));
  }
  void frame(std::uint64_t index, int time, std::span<float> out) const {
    std::fill(out.begin(), out.end(), -1.0F);
    out[index / 8 * 8 + (index + static_cast<std::uint64_t>(time)) % 8] = 1;
  }
};

struct FrameNetwork {
  using Layers = Sequential<Shape<4>, layer::Linear<64>, layer::ViewAsGrid<1, 8, 8>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "dots::FrameNetwork"; }
};
struct SequenceNetwork {
  using Layers = Sequential<Shape<4>, layer::Linear<16>, layer::ViewAsSequence<4, 4>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "dots::SequenceNetwork"; }
};
struct FrameJudge {
  using Sample = Shape<1, 8, 8>;
  using Layers = Sequential<Shape<1, 4, 4>, layer::Convolution<1, Extents<4, 4>, Extents<1, 1>, Extents<0, 0>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "dots::FrameJudge"; }
};
struct FilmJudge {
  using Sample = Films::Film;
  using Layers =
      Sequential<Shape<1, 4, 4, 4>, layer::Convolution<1, Extents<4, 4, 4>, Extents<1, 1, 1>, Extents<0, 0, 0>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "dots::FilmJudge"; }
};

using FrameEnsemble =
    ProjectedDiscriminatorEnsemble<3, projection::UnitNormConvolution<Extents<2, 2>, Extents<2, 2>, Extents<0, 0>>,
                                   FrameJudge>;
using FilmEnsemble = ProjectedDiscriminatorEnsemble<
    3, projection::UnitNormConvolution<Extents<1, 2, 2>, Extents<1, 2, 2>, Extents<0, 0, 0>>, FilmJudge>;

template <Objective O, LossPolicy Loss>
using Trainer =
    TwoStageTrainer<Generator<FrameNetwork>, Generator<SequenceNetwork>, FrameEnsemble, FilmEnsemble, O, RmsProp, Loss>;

inline TrainingSettings<RmsProp> settings() {
  const RmsProp optimizer{.learning_rate = 1e-3};
  const StageSettings<RmsProp> stage{
      .steps = 100, .batch_size = 8, .generator_optimizer = optimizer, .discriminator_optimizer = optimizer};
  return {.seed = 1, .frames = stage, .sequences = stage};
}

/// Trains both stages and says how they end. Returns whether both did all their steps.
template <class AnyTrainer>
bool train(AnyTrainer& trainer, const std::string& what) {
  const auto last = [&what](const StepReport& report) {
    if (report.step == report.steps)
      std::cout << what << ", " << report.stage << ": discriminators " << report.mean_discriminator_loss()
                << ", generator " << report.mean_generator_loss() << '\n';
    return Flow::carry_on;
  };
  trainer.train_frames(Films{}, last);
  trainer.train_sequences(Films{}, last);
  return trainer.frame_steps() == 100 && trainer.sequence_steps() == 100;
}

} // namespace dots
