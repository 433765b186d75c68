#include "networks.hpp"
#include "presets.hpp"
#include "run_folder.hpp"
#include "this_program.hpp"
#include "unit/io/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <zoetrope/gan/generator_file.hpp>

#include <filesystem>

TEST_CASE("a run's numbers of each stage are those that its generator of that stage remembers") {
  // As of a run that was given a frame generator, by a run whose sequence stage was another.
  auto of_frames = program::with_width(program::preset("cpu"), 8);
  of_frames.frames.steps = 11;
  auto of_sequences = of_frames;
  of_sequences.frames.steps = 21;
  of_sequences.sequences.steps = 22;
  of_sequences.sequences.spectral_norm = 0.5;
  of_sequences.sequences_given = true;
  const zoetrope::test::TemporaryFolder folder;
  const auto frames = folder / program::frame_generator_name;
  program::make_session(of_frames, {})->save_frame_generator(frames, zoetrope::StoredWeights::exact);
  program::make_session(of_sequences, {})
      ->save_sequence_generator(folder / program::sequence_generator_name, zoetrope::StoredWeights::exact, frames);
  const auto trained = program::load_trained(frames.parent_path(), {});
  CHECK(trained.run.frames.steps == 11);
  CHECK(trained.run.sequences.steps == 22);
  CHECK(trained.run.sequences.spectral_norm == 0.5);
  CHECK(trained.run.sequences_given);
}

TEST_CASE("trained models remember their networks, and that one of them began with generators that had learnt") {
  const std::filesystem::path models = ZOETROPE_MODELS;
  const auto three = program::load_trained(models / "three_balls", {}),
             one = program::load_trained(models / "one_ball", {});
  CHECK(three.run.balls == 3);
  CHECK(three.run.variant == "windows");
  CHECK(three.run.sequences_given);
  CHECK(three.run.frames_learn_on);
  CHECK(one.run.balls == 1);
  CHECK(one.run.variant == "joint");
  CHECK(!one.run.sequences_given);
}
