// Training on films of other sizes and lengths than the networks', which a run knows again by their description.
#include "unit/train/tiny_trainer.hpp"

#include "support/thread_setting.hpp"
#include "zoetrope/data/memory_films.hpp"

#include <numeric>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

using Trainer =
    TwoStageTrainer<TinyFrameG<>, TinySequenceG<>, TinyFrameD<>, TinySequenceD<>, SumObjective, test::Optimizer>;
using Films = MemoryFilms<TinyBalls::Film>;

/// Three films of seven frames of 12x10 in colour.
std::vector<std::uint8_t> film_bytes() {
  std::vector<std::uint8_t> bytes(3 * 7 * 12 * 10 * 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i / 7 % 251);
  return bytes;
}

bool train_both(Trainer& trainer, const Films& films, Losses& losses) {
  return (trainer.sequence_steps() > 0 || trainer.train_frames(films, std::ref(losses))) &&
         trainer.train_sequences(films, std::ref(losses));
}

} // namespace

TEST_CASE("a run on clips of longer, larger films is the same on any number of threads, and after it was stopped") {
  const auto bytes = film_bytes();
  const Films films(std::span<const std::uint8_t>(bytes), {3, 7, 12, 10, 3}, {}, {.mirrored = true});
  CHECK(films.size() == 3 * 4 * 2);
  Losses expected;
  Trainer straight(tiny_settings());
  REQUIRE(train_both(straight, films, expected));
  const std::string end = state_of(straight);
  const support::ThreadSetting setting;
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    Losses losses;
    Trainer trainer(tiny_settings());
    REQUIRE(train_both(trainer, films, losses));
    CHECK((state_of(trainer) == end));
  }
  const TemporaryFolder folder;
  Losses losses{.stop_after = 5};
  {
    Trainer first(tiny_settings());
    CHECK(!train_both(first, films, losses));
    first.save(folder / "checkpoint");
  }
  Trainer second(tiny_settings());
  second.load(folder / "checkpoint");
  CHECK(train_both(second, films, losses));
  CHECK((state_of(second) == end));
}

TEST_CASE("a run does not go on with other films, nor with other clips of the same") {
  auto bytes = film_bytes();
  const auto films_of = [&](const ClipSettings& clips = {}) {
    return Films(std::span<const std::uint8_t>(bytes), {3, 7, 12, 10, 3}, {}, clips);
  };
  Trainer trainer(tiny_settings());
  Losses losses{.stop_after = 2};
  (void)trainer.train_frames(films_of(), std::ref(losses));
  CHECK(error_of([&] { trainer.train_frames(films_of({.stride = 2})); }).find("expected the data set") !=
        std::string::npos);
  bytes[5] ^= 1;
  CHECK(error_of([&] { trainer.train_frames(films_of()); }).find("expected the data set") != std::string::npos);
  bytes[5] ^= 1;
  CHECK(trainer.train_frames(films_of()));
}
