// Stage two with a frame generator that was given rather than trained.

#include "unit/train/small_trainer.hpp"

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// Writes a frame generator that has learnt something, as PyTorch does: without metadata.
std::filesystem::path given_frames(const TemporaryFolder& folder) {
  auto settings = small_settings();
  settings.seed = 99;
  SmallTrainer trainer(settings);
  trainer.train_frames();
  trainer.save_frame_generator(folder / "given", {});
  edit_file(folder / "given", folder / "given", {.without_metadata = "architecture"});
  return folder / "given";
}

} // namespace

TEST_CASE("stage two begins with a frame generator from a file, and leaves it as it is") {
  const TemporaryFolder folder;
  const auto given = given_frames(folder);
  SmallTrainer source;
  source.load_frame_generator(given);

  SmallTrainer trainer;
  trainer.begin_sequences_from(given);
  CHECK(trainer.frame_steps() == 0);
  CHECK(trainer.sequence_steps() == 0);
  CHECK((trainer.sample_frames(2) == source.sample_frames(2)));
  const auto films = trainer.sample(1);
  CHECK(trainer.train_sequences());
  CHECK(trainer.frame_steps() == 0);
  CHECK(trainer.sequence_steps() == 3);
  CHECK((trainer.frame_generator_parameters() == source.frame_generator_parameters()));
  CHECK((trainer.frame_generator_statistics() == source.frame_generator_statistics()));
  CHECK((trainer.sample(1) != films));
  CHECK(error_of([&] { trainer.train_frames(); }) ==
        "the frame stage cannot go on: the sequence stage has begun with its frame generator");
}

TEST_CASE("the frame generator of a run, given to another trainer, trains the same sequence generator") {
  const TemporaryFolder folder;
  SmallTrainer straight;
  straight.train_frames();
  straight.save_frame_generator(folder / "frames");
  straight.train_sequences();

  SmallTrainer other;
  other.begin_sequences_from(folder / "frames");
  other.train_sequences();
  CHECK((other.sample(2) == straight.sample(2)));
}

TEST_CASE("with a given frame generator, stopped, saved and gone on after any step: the same bytes") {
  const TemporaryFolder folder;
  const auto given = given_frames(folder);
  SmallTrainer straight;
  straight.begin_sequences_from(given);
  Losses expected;
  CHECK(straight.train_sequences({}, std::ref(expected)));
  const std::string end = straight.state();

  for (std::uint64_t stop = 0; stop <= 3; ++stop) {
    CAPTURE(stop);
    Losses losses{.stop_after = stop};
    {
      SmallTrainer first;
      first.begin_sequences_from(given);
      if (stop > 0) CHECK(!first.train_sequences({}, std::ref(losses)));
      first.save(folder / "checkpoint");
    }
    SmallTrainer second;
    second.load(folder / "checkpoint");
    CHECK(second.frame_steps() == 0);
    CHECK(second.sequence_steps() == stop);
    CHECK(second.train_sequences({}, std::ref(losses)));
    CHECK(losses.rows == expected.rows);
    CHECK(losses.values == expected.values);
    CHECK((second.state() == end));
    CHECK(contains(error_of([&] { second.train_frames(); }), "the frame stage cannot go on"));
  }
}

TEST_CASE("a frame generator is not taken once a stage has begun") {
  const TemporaryFolder folder;
  const auto given = given_frames(folder);
  const std::string what = "the sequence stage cannot take the frame generator of '" + given.string() + "': ";
  SmallTrainer trainer;
  // A checkpoint before the first step begins nothing.
  (void)trainer.state();
  Losses losses{.stop_after = 2};
  trainer.train_frames({}, std::ref(losses));
  std::string before = trainer.state();
  CHECK(error_of([&] { trainer.begin_sequences_from(given); }) ==
        what + "the frame stage has done 2 steps with another one");
  CHECK((trainer.state() == before));
  trainer.train();
  before = trainer.state();
  CHECK(error_of([&] { trainer.begin_sequences_from(given); }) == what + "it has begun with another one");
  CHECK((trainer.state() == before));

  SmallTrainer saved;
  (void)saved.state();
  saved.begin_sequences_from(given);
  before = saved.state();
  CHECK(error_of([&] { saved.begin_sequences_from(given); }) == what + "it has begun with another one");
  CHECK((saved.state() == before));
}

TEST_CASE("a frame generator that does not fit changes nothing, and the frame stage can still train") {
  const TemporaryFolder folder;
  const auto given = given_frames(folder);
  SmallTrainer straight;
  straight.train();
  straight.save_sequence_generator(folder / "sequences");

  SmallTrainer trainer;
  const std::string before = trainer.state();
  const auto refused = [&](const char* name) {
    const std::string message = error_of([&] { trainer.begin_sequences_from(folder / name); });
    CAPTURE(message);
    CHECK(contains(message, "'" + (folder / name).string() + "'"));
    CHECK((trainer.state() == before));
    return message;
  };
  CHECK(contains(refused("none"), "there is no file"));
  CHECK(contains(refused("sequences"), "expected a generator 'DcganFrame, latent 100, widths / 64', got 'BiLstm"));
  edit_file(given, folder / "bad", {.without_tensor = "13.bias"});
  CHECK(contains(refused("bad"), "expected tensor '13.bias'"));
  edit_file(given, folder / "bad", {.longer_tensor = "4.weight"});
  CHECK(contains(refused("bad"), "expected tensor '4.weight' of shape"));
  write_bytes(folder / "bad", read_bytes(given).substr(0, 5000));
  (void)refused("bad");

  trainer.train();
  CHECK((trainer.state() == straight.state()));
}
