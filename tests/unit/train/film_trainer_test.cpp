// The trainer for films of any kind, with small networks.
#include "support/error_of.hpp"
#include "support/thread_setting.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/data/memory_films.hpp"
#include "zoetrope/train/film_trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

using namespace zoetrope;
using test::error_of;

namespace {

using ColourClip = Shape<3, 8, 16, 16>;
using SmallFilmTrainer = FilmTrainer<ColourClip, 64, 64>;
using Networks = FilmNetworks<ColourClip, 64, 64>;

static_assert(std::is_same_v<SmallFilmTrainer::Film, ColourClip>);
static_assert(std::is_same_v<Networks::FrameDiscriminator::View, Shape<4, 16, 16>>);
static_assert(Networks::FilmDiscriminator::View::channels == 4);
static_assert(Networks::SequenceGenerator::Layers::Output::positions == 8);

/// Whether a filter of this window sees every pixel, in so many views.
constexpr bool sees_all(detail::Window window, int pixels, int least, int most) {
  const int views = window.after(pixels);
  return window.kernel >= window.stride && window.padding < window.kernel && views >= least && views <= most &&
         (views - 1) * window.stride + window.kernel - window.padding >= pixels;
}
constexpr bool all_is_seen() {
  for (int pixels = 16; pixels <= 128; ++pixels)
    if (!sees_all(detail::frame_window(pixels), pixels, std::min(24, pixels), 47) ||
        !sees_all(detail::film_window(pixels), pixels, 8, 12))
      return false;
  return true;
}
static_assert(all_is_seen());

template <class Projection, class Of>
using Seen = typename Projection::template OutputOf<Of>;

/// Views stay as large, and as many numbers of a frame are seen, as frames grow.
template <class Clip, class FrameView, class FilmView, int FrameDiscriminators>
constexpr bool is_seen_as() {
  const bool frames = std::is_same_v<Seen<typename FilmNetworks<Clip>::FrameProjection, FrameOf<Clip>>, FrameView>;
  const bool films = std::is_same_v<Seen<typename FilmNetworks<Clip>::FilmProjection, Clip>, FilmView>;
  return frames && films && FilmViews<Clip>::frame_discriminators == FrameDiscriminators;
}
static_assert(is_seen_as<Shape<1, 16, 32, 32>, Shape<4, 32, 32>, Shape<4, 16, 10, 10>, 4>());
static_assert(is_seen_as<Shape<3, 16, 32, 32>, Shape<4, 32, 32>, Shape<4, 16, 10, 10>, 4>());
static_assert(is_seen_as<Shape<1, 16, 64, 64>, Shape<4, 32, 32>, Shape<4, 16, 10, 10>, 4>());
static_assert(is_seen_as<Shape<3, 16, 64, 64>, Shape<4, 32, 32>, Shape<4, 16, 10, 10>, 12>());
static_assert(is_seen_as<Shape<3, 16, 48, 96>, Shape<4, 24, 32>, Shape<4, 16, 9, 9>, 18>());
static_assert(is_seen_as<Shape<1, 16, 128, 128>, Shape<4, 32, 32>, Shape<4, 16, 9, 9>, 16>());
static_assert(std::is_same_v<Seen<projection::PaperFilm, Shape<1, 30, 30, 30>>, Shape<1, 30, 9, 9>>);
static_assert(detail::film_window(30).kernel == 8 && detail::film_window(30).stride == 3 &&
              detail::film_window(30).padding == 2);

SmallFilmTrainer::Settings few_steps() {
  auto settings = film_settings<ColourClip>(3);
  settings.frames.steps = 3;
  settings.frames.batch_size = 8;
  settings.sequences.steps = 2;
  settings.sequences.batch_size = 4;
  settings.sequences.discriminators = 2;
  return settings;
}

/// Four films of ten frames of 20x16 in colour.
std::vector<std::uint8_t> colour_film_bytes() {
  std::vector<std::uint8_t> bytes(4 * 10 * 20 * 16 * 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i / 11 % 251);
  return bytes;
}

} // namespace

TEST_CASE("the trainer for films of any kind trains both stages on colour clips, the same on any number of threads") {
  const auto bytes = colour_film_bytes();
  const MemoryFilms<ColourClip> films(std::span<const std::uint8_t>(bytes), {4, 10, 20, 16, 3});
  std::vector<float> expected;
  const support::ThreadSetting setting;
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    SmallFilmTrainer trainer(few_steps());
    const auto untrained = trainer.sample_frames(2);
    REQUIRE(trainer.train_frames(films));
    CHECK(trainer.sample_frames(2) != untrained);
    const auto latents = trainer.sample_latents(3);
    REQUIRE(trainer.train_sequences(films));
    CHECK(trainer.sample_latents(3) != latents);
    const auto drawn = trainer.sample_films(3);
    REQUIRE(drawn.size() == 3 * ColourClip::size);
    CHECK(std::all_of(drawn.begin(), drawn.end(), [](float value) { return std::abs(value) <= 1; }));
    if (expected.empty()) expected = drawn;
    CHECK(drawn == expected);
  }
}

TEST_CASE("the trainer for films of any kind takes whole packs") {
  auto settings = few_steps();
  settings.sequences.batch_size = 6;
  CHECK(error_of([&] { SmallFilmTrainer trainer(settings); }) ==
        "the sequences stage expected a batch size that is a multiple of 4, since so many samples are judged together, "
        "got 6");
}

TEST_CASE("settings for films of any kind have rates that fall to nothing") {
  const auto settings = film_settings<ColourClip>();
  CHECK(settings.seed == 10);
  for (const auto& stage : {settings.frames, settings.sequences}) {
    CHECK(stage.batch_size % Networks::Views::samples_together == 0);
    CHECK(stage.schedule.factor(0, stage.steps) == 1);
    CHECK(stage.schedule.factor(stage.steps / 2 - 1, stage.steps) == 1);
    CHECK(stage.schedule.factor(stage.steps - 1, stage.steps) == 0);
  }
}
