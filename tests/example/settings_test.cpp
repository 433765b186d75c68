#include "settings.hpp"

#include <doctest/doctest.h>

using bouncing_balls::StageRun;

namespace {

void check_stage(const StageRun& stage, std::uint64_t steps, int batch_size, int discriminators, double learning_rate) {
  CHECK(stage.steps == steps);
  CHECK(stage.batch_size == batch_size);
  CHECK(stage.discriminators == discriminators);
  CHECK(stage.optimizer == "rmsprop");
  CHECK(stage.generator_learning_rate == learning_rate);
  CHECK(stage.discriminator_learning_rate == learning_rate);
}

} // namespace

TEST_CASE("the preset paper has the paper's numbers") {
  const auto run = bouncing_balls::preset("paper");
  CHECK(run.balls == 3);
  CHECK(run.films == 100'000);
  CHECK(run.width_divisor == 1);
  CHECK(run.variant == "paper");
  CHECK(run.seed == 10);
  // 50 epochs of frames, 15 of films.
  check_stage(run.frames, 50 * 100'000 / 64, 64, 48, 3e-4);
  check_stage(run.sequences, 15 * 100'000 / 8, 8, 16, 2e-4);
}
