#include "zoetrope/train/settings.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;

namespace {

template <class Stage>
void check_rmsprop(const Stage& stage, double learning_rate) {
  for (const RmsProp& optimizer : {stage.generator_optimizer, stage.discriminator_optimizer}) {
    CHECK(optimizer.learning_rate == learning_rate);
    CHECK(optimizer.alpha == 0.99);
    CHECK(optimizer.epsilon == 1e-8);
  }
}

} // namespace

TEST_CASE("paper_config has the paper's numbers") {
  const auto config = paper_settings();
  CHECK(config.seed == 10);
  // 50 epochs of 100,000 frames in batches of 64, then 15 epochs of 100,000 films in batches of 8.
  CHECK(config.frames.batch_size == 64);
  CHECK(config.frames.steps == 78'125);
  check_rmsprop(config.frames, 3e-4);
  CHECK(config.sequences.batch_size == 8);
  CHECK(config.sequences.steps == 187'500);
  check_rmsprop(config.sequences, 2e-4);
  // The ensembles' own numbers.
  CHECK(config.frames.discriminators == 0);
  CHECK(config.sequences.discriminators == 0);
  CHECK(default_frame_discriminators == 48);
  CHECK(default_film_discriminators == 16);
}
