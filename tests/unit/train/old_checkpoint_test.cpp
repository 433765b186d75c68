// Checkpoints of format 1, as zoetrope wrote them before runs said what they are: tests/fixtures/README.md.

#include "unit/train/tiny_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

using OldTrainer =
    TwoStageTrainer<TinyFrameG<>, TinySequenceG<>, TinyFrameD<>, TinySequenceD<>, SumObjective, test::Optimizer>;

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(ZOETROPE_FIXTURES) / ("checkpoint_1_" + name + ".safetensors");
}

Flow go_on(const StepReport&) { return Flow::carry_on; }

} // namespace

TEST_CASE("a checkpoint of format 1 loads bit for bit, and what is saved then says all of it") {
  const TemporaryFolder folder;
  for (const std::string stage : {"frames", "sequences"}) {
    CAPTURE(stage);
    OldTrainer trainer(tiny_settings());
    trainer.load(fixture(stage));
    CHECK(trainer.frame_steps() == (stage == "frames" ? 2 : 4));
    CHECK(trainer.sequence_steps() == (stage == "frames" ? 0 : 2));
    trainer.save(folder / "again", {{"from", "a test"}});
    const SafetensorsFile old(fixture(stage)), again(folder / "again");
    CHECK(old.metadata().at("zoetrope.checkpoint") == "1");
    CHECK(again.metadata().at("zoetrope.checkpoint") == "2");
    REQUIRE(again.names() == old.names());
    for (const auto& name : old.names()) {
      CAPTURE(name);
      const auto before = old.tensor<float>(name), now = again.tensor<float>(name);
      REQUIRE(now.size() == before.size());
      CHECK(std::memcmp(now.data(), before.data(), now.size_bytes()) == 0);
    }
    for (const auto& entry : old.metadata()) { // clang 14 captures no structured binding
      const std::string &key = entry.first, &value = entry.second;
      if (key == "zoetrope.checkpoint" || key == checksum_key) continue;
      CAPTURE(key);
      const std::string& recorded = again.metadata().at(key);
      CHECK((recorded == value || recorded.starts_with(value + "; projection ")));
    }
    CHECK(again.metadata().at("loss") == "NonSaturating");
    CHECK(!again.metadata().contains("data_set"));
  }
}

TEST_CASE("runs of format 1 go on to where the version that wrote them went") {
  const SafetensorsFile expected(fixture("end"));
  for (const std::string stage : {"frames", "sequences"}) {
    CAPTURE(stage);
    const TemporaryFolder folder;
    OldTrainer trainer(tiny_settings());
    trainer.load(fixture(stage));
    REQUIRE(train_all(trainer, go_on));
    trainer.save(folder / "end");
    const SafetensorsFile end(folder / "end");
    REQUIRE(end.names() == expected.names());
    // Rounding is the machine's own.
    for (const auto& name : end.names()) {
      CAPTURE(name);
      const auto there = expected.tensor<float>(name), here = end.tensor<float>(name);
      REQUIRE(here.size() == there.size());
      double difference = 0, largest = 0;
      for (std::size_t i = 0; i < here.size(); ++i) {
        difference = std::max(difference, std::abs(double{here[i]} - double{there[i]}));
        largest = std::max(largest, std::abs(double{there[i]}));
      }
      CHECK(difference <= 1e-3 * largest);
    }
    for (const char* count : {"sequences.generator_optimizer.updates", "sequences.discriminator_optimizer.updates"})
      CHECK(end.metadata().at(count) == expected.metadata().at(count));
  }
}

TEST_CASE("what a checkpoint of format 1 does record is compared") {
  const TemporaryFolder folder;
  auto settings = tiny_settings();
  settings.seed = 11;
  OldTrainer of_another_seed(settings);
  CHECK(contains(error_of([&] { of_another_seed.load(fixture("frames")); }),
                 "expected seed '11', but the checkpoint has '10'"));
  OldTrainer trainer(tiny_settings());
  for (const std::string discriminators : {"TinyFrame", "TinyFrameDiscriminator; projection", ""}) {
    edit_file(fixture("frames"), folder / "other",
              {.metadata = {{"architecture.frames.discriminators", discriminators}}});
    CHECK(
        contains(error_of([&] { trainer.load(folder / "other"); }),
                 "expected architecture.frames.discriminators 'TinyFrameDiscriminator; projection UnitNormConvolution, "
                 "kernel 4x4, stride 2x2, padding 1x1', but the checkpoint has '" +
                     discriminators + "'"));
  }
  auto learning = tiny_settings();
  learning.frames_learn_on = true;
  OldTrainer whose_frames_learn_on(learning);
  CHECK(contains(error_of([&] { whose_frames_learn_on.load(fixture("sequences")); }),
                 "expected sequences.frames_learn_on 'yes', but the checkpoint has none"));
}
