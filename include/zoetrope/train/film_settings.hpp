/// @file
/// How films of any kind are seen and learnt: what a FilmTrainer's networks and settings have of the films' shape.
#pragma once

#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/gan/window.hpp"
#include "zoetrope/train/settings.hpp"

#include <algorithm>
#include <cstdint>

namespace zoetrope {

namespace detail {

using arch::detail::Window;

/// @p window with a kernel that is larger where pixels at the end would be seen by no view.
constexpr Window to_the_end(int pixels, Window window) {
  window.kernel += std::max(0, (pixels + 2 * window.padding - window.kernel) % window.stride - window.padding);
  return window;
}

/// 24 to 47 views, or as many as there are pixels where these are fewer.
constexpr Window frame_window(int pixels) {
  const int stride = std::max(1, (pixels + 16) / 32);
  return to_the_end(pixels, {stride + 2, stride, 1});
}
/// 8 to 12 views: the paper's where there are 30 pixels or 32.
constexpr Window film_window(int pixels) {
  const int stride = std::max(1, (pixels + 5) / 10);
  return to_the_end(pixels, {2 * stride + 2, stride, stride / 2 + 1});
}

} // namespace detail

/// What discriminators see of films of shape @p Film: of larger frames not more, since discriminators that see more win
/// before a generator has learnt anything (docs/films.md).
template <FilmShape Film>
struct FilmViews {
  /// Judged at once (projection::Packed): batches are multiples of it.
  static constexpr int samples_together = 4;
  static constexpr int height = FrameOf<Film>::extents::sizes[0], width = FrameOf<Film>::extents::sizes[1];
  static constexpr auto frame_rows = detail::frame_window(height), frame_columns = detail::frame_window(width);
  static constexpr auto film_rows = detail::film_window(height), film_columns = detail::film_window(width);
  static constexpr int frame_views = frame_rows.after(height) * frame_columns.after(width);
  /// All together see as many numbers as a frame has: G_F keeps what they cannot see, such as a grid of the stride's
  /// period.
  static constexpr int frame_discriminators =
      std::max(4, (Film::channels * height * width + frame_views - 1) / frame_views);
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
