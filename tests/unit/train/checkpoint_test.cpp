// Checkpoints that do not fit: a clear Error, and a trainer that stays as it was.

#include "unit/train/small_trainer.hpp"
#include "zoetrope/io/safetensors.hpp"

#include <algorithm>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// A trainer after @p steps steps, of frames first, of sequences then.
std::unique_ptr<SmallTrainer> trained(std::uint64_t steps, const Settings& settings = small_settings()) {
  auto trainer = std::make_unique<SmallTrainer>(settings);
  Losses losses{.stop_after = steps};
  if (steps > 0) trainer->train(std::ref(losses));
  return trainer;
}

/// Loading @p path must fail with a message that names it, and change nothing. Returns the message.
std::string refused(SmallTrainer& trainer, const std::filesystem::path& path) {
  const std::string before = trainer.state();
  const auto frame_steps = trainer.frame_steps(), sequence_steps = trainer.sequence_steps();
  const std::string message = error_of([&] { trainer.load(path); });
  CAPTURE(message);
  CHECK(contains(message, "'" + path.string() + "'"));
  CHECK((trainer.state() == before));
  CHECK(trainer.frame_steps() == frame_steps);
  CHECK(trainer.sequence_steps() == sequence_steps);
  return message;
}

} // namespace

TEST_CASE("checkpoints that are cut, damaged or not there") {
  const TemporaryFolder folder;
  trained(5)->save(folder / "good");
  const std::string good = read_bytes(folder / "good");
  const auto trainer = trained(2);

  for (std::size_t i = 0; i < 50; ++i) {
    // Half of the positions in the header, where most can go wrong.
    const std::size_t at = i % 2 == 0 ? i * 97 % 4000 : good.size() * i / 50;
    CAPTURE(at);
    write_bytes(folder / "bad", good.substr(0, at));
    CHECK(error_of([&] { trainer->load(folder / "bad"); }) != "");
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ (i % 3 == 0 ? 0xff : 1));
    write_bytes(folder / "bad", flipped);
    CHECK(error_of([&] { trainer->load(folder / "bad"); }) != "");
  }
  std::string unnamed = good;
  unnamed[good.find("zoetrope.checksum")] = 'Z';
  write_bytes(folder / "bad", unnamed);
  CHECK(contains(refused(*trainer, folder / "bad"), "expected a checkpoint with metadata 'zoetrope.checksum'"));
  write_bytes(folder / "bad", good.substr(0, good.size() - 1));
  (void)refused(*trainer, folder / "bad");
  write_bytes(folder / "bad", good + "x");
  (void)refused(*trainer, folder / "bad");
  write_bytes(folder / "bad", "");
  CHECK(contains(refused(*trainer, folder / "bad"), "at least 8 bytes, this one 0"));
  CHECK(contains(refused(*trainer, folder / "none"), "there is no file"));
  std::filesystem::create_directory(folder / "folder");
  CHECK(contains(refused(*trainer, folder / "folder"), "is not a file"));

  // After all that the good one still loads, and training goes on from there.
  trainer->load(folder / "good");
  CHECK((trainer->state() == good));
}

TEST_CASE("checkpoints of other settings name what they have and what was expected") {
  const TemporaryFolder folder;
  // Into trainers that are new, in either stage, and checkpoints of either stage.
  for (const std::uint64_t saved : {2, 5}) {
    for (const std::uint64_t done : {0, 1, 6}) {
      if (done > saved) continue; // a frame stage's checkpoint does not fit anyway once the sequence stage has begun
      CAPTURE(saved);
      CAPTURE(done);
      const std::string stage = saved > 4 ? "sequences" : "frames";
      const auto trainer = trained(done);
      const auto check = [&](const Settings& settings, const std::string& expected) {
        trained(saved, settings)->save(folder / "other");
        const std::string message = refused(*trainer, folder / "other");
        CAPTURE(message);
        CHECK(contains(message, expected));
      };
      // Format 1 knew optimizers by their vectors alone.
      const auto check_optimizer = [&](const Settings& settings, const std::string& which, bool first_is_adam) {
        const std::string adam = "'Adam, beta1 0.9, beta2 0.999, epsilon 1e-08'",
                          rms = "'RmsProp, alpha 0.99, epsilon 1e-08'",
                          adam_of_ours = "'Adam, beta1 0.5, beta2 0.999, epsilon 1e-08'";
        const std::string name = stage + "." + which;
        check(settings, "expected " + name + " " + (first_is_adam ? adam_of_ours : rms) + ", but the checkpoint has " +
                            (first_is_adam ? rms : adam));
        edit_file(folder / "other", folder / "old", {.metadata = {{"zoetrope.checkpoint", "1"}}});
        CHECK(contains(refused(*trainer, folder / "old"),
                       (first_is_adam ? "expected tensor '" : "expected no tensor '") + name + ".average'"));
      };
      auto settings = small_settings();
      settings.seed = 12;
      check(settings, "expected seed '10', but the checkpoint has '12'");

      settings = small_settings();
      settings.frames.discriminators = settings.sequences.discriminators = 3;
      check(settings, "values of tensor '" + stage + ".discriminators.parameters', got ");

      settings = small_settings();
      settings.frames.generator_optimizer = {RmsProp{}};
      settings.sequences.generator_optimizer = {Adam{}};
      check_optimizer(settings, "generator_optimizer", saved <= 4);

      settings = small_settings();
      settings.frames.discriminator_optimizer = {RmsProp{}};
      settings.sequences.discriminator_optimizer = {Adam{}};
      check_optimizer(settings, "discriminator_optimizer", saved <= 4);
    }
  }
}

TEST_CASE("a checkpoint whose content does not fit names what is wrong") {
  const TemporaryFolder folder;
  for (const std::uint64_t saved : {2, 6}) {
    const std::string stage = saved > 4 ? "sequences" : "frames";
    trained(saved)->save(folder / "good");
    for (const std::uint64_t done : {0, 1}) {
      CAPTURE(saved);
      CAPTURE(done);
      const auto trainer = trained(done);
      const auto check = [&](const Edit& edit, const std::string& expected) {
        edit_file(folder / "good", folder / "bad", edit);
        const std::string message = refused(*trainer, folder / "bad");
        CAPTURE(message);
        CHECK(contains(message, expected));
      };
      check({.metadata = {{"zoetrope.checkpoint", "3"}}},
            "expected checkpoint format 1 to 2, but the file has format 3, of a newer zoetrope");
      check({.metadata = {{"zoetrope.checkpoint", "0"}}},
            "expected checkpoint format 1 to 2, but the file has format 0");
      check({.metadata = {{"zoetrope.checkpoint", "one"}}}, "to be a whole number, but it is 'one'");
      check({.without_metadata = "zoetrope.checkpoint"}, "expected a checkpoint of zoetrope, but");
      check({.metadata = {{"steps.frames", "-1"}}}, "expected 'steps.frames' to be a whole number, but it is '-1'");
      check({.metadata = {{"steps.frames", "99999999999999999999"}}}, "to be a whole number");
      check({.without_metadata = "steps.frames"}, "'steps.frames' is missing");
      check({.metadata = {{"architecture.frame_generator", "DcganFrame, latent 100, widths / 8"}}},
            "expected architecture.frame_generator 'DcganFrame, latent 100, widths / 64', but the checkpoint has "
            "'DcganFrame, latent 100, widths / 8'");
      check(
          {.without_metadata = "architecture.sequence_generator"},
          "expected architecture.sequence_generator 'BiLstmSequence, hidden 8, latent 100, scaled 3, widths / 64', but "
          "the checkpoint has none");
      check({.metadata = {{"architecture." + stage + ".discriminators", "a drawing"}}}, "has 'a drawing'");
      const std::string adam = "Adam, beta1 0.5, beta2 0.999, epsilon 1e-08",
                        rms = "RmsProp, alpha 0.99, epsilon 1e-08";
      for (const auto& [key, ours] :
           std::map<std::string, std::string>{{"loss", "NonSaturating"},
                                              {"objective", "sum"},
                                              {"scalar", "F32"},
                                              {stage + ".schedule", "ConstantRate"},
                                              {stage + ".generator_optimizer", saved > 4 ? rms : adam},
                                              {stage + ".discriminator_optimizer", saved > 4 ? rms : adam}}) {
        check({.metadata = {{key, "another one"}}},
              "expected " + key + " '" + ours + "', but the checkpoint has 'another one'");
        check({.without_metadata = key}, "expected " + key + " '" + ours + "', but the checkpoint has none");
      }
      check({.without_tensor = "frame_generator.statistics"}, "expected tensor 'frame_generator.statistics'");
      check({.without_tensor = stage + ".projections"}, "expected tensor '" + stage + ".projections'");
      check({.longer_tensor = "sequence_generator.parameters"},
            "values of tensor 'sequence_generator.parameters', got");
      check({.double_tensor = "frame_generator.parameters"},
            "expected tensor 'frame_generator.parameters' to be F32, it is F64");
      check({.renamed_tensor = {{stage + ".projections", "projections"}}}, "expected tensor '" + stage);
      check({.without_metadata = stage + ".generator_optimizer.updates"},
            "'" + stage + ".generator_optimizer.updates'");
      check({.metadata = {{stage + ".discriminator_optimizer.updates", "many"}}}, "but it is 'many'");
      if (saved > 4)
        check({.without_metadata = "steps.sequences"}, "expected architecture.frames.discriminators");
      else
        check({.metadata = {{"steps.sequences", "1"}}}, "expected architecture.sequences.discriminators");
    }
  }
}

TEST_CASE("a checkpoint of the frame stage does not fit once the sequence stage has begun") {
  const TemporaryFolder folder;
  trained(2)->save(folder / "frames");
  CHECK(contains(refused(*trained(5), folder / "frames"), "is of the frame stage, but the sequence stage has begun"));
}

TEST_CASE("a generator's file is no checkpoint, and a checkpoint no generator") {
  const TemporaryFolder folder;
  const auto trainer = trained(5);
  trainer->save_frame_generator(folder / "generator");
  CHECK(contains(refused(*trainer, folder / "generator"), "expected a checkpoint of zoetrope"));
  trainer->save(folder / "checkpoint");
  const std::string before = trainer->state();
  CHECK(contains(error_of([&] { trainer->load_frame_generator(folder / "checkpoint"); }),
                 "expected tensor '0.weight' of DcganFrame, latent 100, widths / 64, but there is none"));
  CHECK((trainer->state() == before));
}

TEST_CASE("a checkpoint that cannot be written leaves the old one and the trainer as they were") {
  const TemporaryFolder folder;
  const auto trainer = trained(1);
  const std::string before = trainer->state();
  CHECK(contains(error_of([&] { trainer->save(folder / "none" / "checkpoint"); }), "expected to write"));
  std::filesystem::create_directory(folder / "checkpoint");
  CHECK(contains(error_of([&] { trainer->save(folder / "checkpoint"); }), "is not a regular file"));
  CHECK(folder.entries() == 1);
  CHECK((trainer->state() == before));
}

TEST_CASE("learning rates, batch sizes and numbers of steps may change when a run goes on; the objective may not") {
  const TemporaryFolder folder;
  auto settings = small_settings();
  trained(2, settings)->save(folder / "checkpoint");
  settings.frames.steps = 9;
  settings.frames.batch_size = 5;
  settings.frames.generator_optimizer = {Adam{.learning_rate = 1e-5, .beta1 = 0.5}};
  settings.sequences.generator_optimizer = {Adam{}}; // of the stage to come
  SmallTrainer trainer(settings);
  trainer.load(folder / "checkpoint");
  CHECK(trainer.train_frames());
  CHECK(trainer.frame_steps() == 9);

  SmallTrainer average(small_settings(), {.average = true});
  CHECK(
      contains(refused(average, folder / "checkpoint"), "expected objective 'average', but the checkpoint has 'sum'"));
}

TEST_CASE("a run goes on with the data set that it began with") {
  const TemporaryFolder folder;
  const SmallData data, other{.films = 99};
  const auto expected = [](const std::string& stage) {
    return "the " + stage +
           " stage expected the data set 'films of one ball, 100' that the run began with, got 'films of one ball, 99'";
  };
  auto trainer = trained(2);
  const std::string before = trainer->state();
  CHECK(error_of([&] { trainer->train_frames(other); }) == expected("frame"));
  CHECK(error_of([&] { trainer->train_sequences(other); }) == expected("sequence"));
  CHECK((trainer->state() == before));
  CHECK(trainer->sequence_steps() == 0);
  trainer->save(folder / "frames");
  trained(5)->save(folder / "sequences");

  SmallTrainer resumed;
  resumed.load(folder / "frames");
  CHECK(error_of([&] { resumed.train_frames(other); }) == expected("frame"));
  resumed.load(folder / "sequences");
  CHECK(error_of([&] { resumed.train_sequences(other); }) == expected("sequence"));
  CHECK(resumed.train_sequences(data));

  // A new run, and one whose checkpoint says nothing of it, take any.
  SmallTrainer fresh;
  fresh.save(folder / "fresh");
  fresh.load(folder / "fresh");
  CHECK(fresh.train_frames(other));
}

TEST_CASE("a checkpoint says where its steps were computed") {
  const TemporaryFolder folder;
  SmallTrainer fresh;
  fresh.save(folder / "fresh");
  CHECK(!SafetensorsFile(folder / "fresh").metadata().contains("computed_on"));
  trained(1)->save(folder / "checkpoint");
  CHECK(SafetensorsFile(folder / "checkpoint").metadata().at("computed_on") == "Eigen, float");
  // On another backend before.
  edit_file(folder / "checkpoint", folder / "of two", {.metadata = {{"computed_on", "cuDNN, tf32"}}});
  SmallTrainer trainer;
  trainer.load(folder / "of two");
  trainer.train_frames();
  trainer.save(folder / "checkpoint");
  CHECK(SafetensorsFile(folder / "checkpoint").metadata().at("computed_on") == "cuDNN, tf32; Eigen, float");
}
