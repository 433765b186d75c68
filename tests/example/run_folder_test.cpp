#include "run_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>

TEST_CASE("a run's numbers of each stage are those that its generator of that stage remembers") {
  // The frame generator is of a run whose sequence stage was another: 8,500 steps of 16 films.
  const auto trained = program::load_trained(std::filesystem::path(ZOETROPE_MODELS) / "three_balls", {});
  CHECK(trained.run.frames.steps == 8000);
  CHECK(trained.run.frames.optimizer == "rmsprop");
  CHECK(trained.run.sequences.steps == 4500);
  CHECK(trained.run.sequences.batch_size == 32);
  CHECK(trained.run.sequences.spectral_norm == 1);
}
