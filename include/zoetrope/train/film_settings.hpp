/// @file
/// How films of any kind are seen and learnt: what a FilmTrainer's networks and settings have of the films' shape.
#pragma once

#include "zoetrope/core/shape.hpp"
#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/train/settings.hpp"

#include <algorithm>
#include <cstdint>

namespace zoetrope {

/// How one dimension of a frame is seen through a random filter.
struct Glances {
  int kernel, stride, padding;
};

/// About 32 views, which leave no pixel unseen.
constexpr Glances frame_glances(int pixels) {
  const int stride = std::max(1, (pixels + 16) / 32);
  return {stride + std::max(2, pixels % stride + 1), stride, 1};
}
/// About 10 views: the paper's where there are 30 pixels or 32.
constexpr Glances film_glances(int pixels) {
  const int stride = std::max(1, (pixels + 5) / 10);
  return {2 * stride + 2, stride, stride / 2 + 1};
}

/// What discriminators see of films of shape @p Film: of larger frames not more, since discriminators that see more win
/// before a generator has learnt anything (docs/films.md).
template <FilmShape Film>
struct FilmViews {
  /// Judged at once (projection::Packed): batches are multiples of it.
  static constexpr int samples_together = 4;
  static constexpr int height = FrameOf<Film>::extents::sizes[0], width = FrameOf<Film>::extents::sizes[1];
  static constexpr Glances frame_rows = frame_glances(height), frame_columns = frame_glances(width);
  static constexpr Glances film_rows = film_glances(height), film_columns = film_glances(width);
  /// All together see as many numbers as a frame has: G_F keeps what they cannot see, such as a grid of the stride's
  /// period.
  static constexpr int frame_discriminators = std::max(4, Film::channels* frame_rows.stride* frame_columns.stride);
};

/// Steps, batches and rates of a FilmTrainer (zoetrope/train/film_trainer.hpp), with which clips of 16 frames of 32x32
/// were learnt in minutes on two CPU cores.
template <FilmShape Film>
TrainingSettings<OptimizerChoice<RmsProp, Adam>, LinearDecay> film_settings(std::uint64_t seed = 10) {
  const auto adam = [](double learning_rate) { return Adam{.learning_rate = learning_rate, .beta1 = 0.5}; };
  return {.seed = seed,
          .frames = {.steps = 4000,
                     .batch_size = 64,
                     .discriminators = FilmViews<Film>::frame_discriminators,
                     .generator_optimizer = {adam(2e-4)},
                     .discriminator_optimizer = {adam(1e-4)}},
          .sequences = {.steps = 1200,
                        .batch_size = 32,
                        .discriminators = 8,
                        .generator_optimizer = {RmsProp{.learning_rate = 2e-4}},
                        .discriminator_optimizer = {RmsProp{.learning_rate = 1e-4}}}};
}

} // namespace zoetrope
