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
static_assert(Networks::SequenceGenerator::Layers::Output::positions == 8);

SmallFilmTrainer::Settings few_steps() {
  auto settings = film_settings(3);
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
  const auto settings = film_settings();
  CHECK(settings.seed == 10);
  for (const auto& stage : {settings.frames, settings.sequences}) {
    CHECK(stage.batch_size % Networks::samples_together == 0);
    CHECK(stage.schedule.factor(0, stage.steps) == 1);
    CHECK(stage.schedule.factor(stage.steps / 2 - 1, stage.steps) == 1);
    CHECK(stage.schedule.factor(stage.steps - 1, stage.steps) == 0);
  }
}
