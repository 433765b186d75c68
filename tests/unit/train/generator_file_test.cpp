// Generators on disk.

#include "support/pytorch.hpp"
#include "unit/train/small_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

std::unique_ptr<SmallTrainer> trained() {
  auto trainer = std::make_unique<SmallTrainer>();
  trainer->train();
  return trainer;
}

SmallTrainer another() {
  auto settings = small_settings();
  settings.seed = 99;
  return SmallTrainer(settings);
}

/// The names of a network's parameters and running statistics in a fixture of PyTorch, with their numbers of
/// dimensions.
std::map<std::string, std::size_t> pytorch_names(const std::string& name) {
  const auto file = support::fixture(name);
  std::map<std::string, std::size_t> result;
  for (const auto& tensor : file.names())
    for (const std::string part : {"parameters.", "statistics."})
      if (tensor.starts_with(part)) result.emplace(tensor.substr(part.size()), file.shape(tensor).size());
  return result;
}

} // namespace

TEST_CASE("generators come back from disk with every sample the same") {
  const TemporaryFolder folder;
  const auto first = trained();
  first->save_frame_generator(folder / "frames");
  first->save_sequence_generator(folder / "sequences");

  SmallTrainer second;
  CHECK((second.sample(2) != first->sample(2)));
  second.load_frame_generator(folder / "frames");
  second.load_sequence_generator(folder / "sequences");
  CHECK((second.frame_generator_parameters() == first->frame_generator_parameters()));
  CHECK((second.frame_generator_statistics() == first->frame_generator_statistics()));
  CHECK((second.sample_frames(70) == first->sample_frames(70)));
  CHECK((second.sample(2) == first->sample(2)));
  second.save_frame_generator(folder / "again");
  CHECK((read_bytes(folder / "again") == read_bytes(folder / "frames")));
}

TEST_CASE("a generator in 16 bits takes half the bytes and draws nearly the same") {
  const TemporaryFolder folder;
  const auto first = trained();
  first->save_frame_generator(folder / "exact");
  first->save_frame_generator(folder / "half", {}, true);
  const SafetensorsFile exact(folder / "exact"), half(folder / "half");
  for (const auto& name : exact.names()) {
    CAPTURE(name);
    CHECK(half.shape(name) == exact.shape(name));
    // Running variances may exceed 65504, and are few.
    CHECK(half.type(name) == (exact.shape(name).size() > 1 ? ElementType::f16 : exact.type(name)));
  }

  SmallTrainer second = another();
  second.load_frame_generator(folder / "half");
  const auto weights = first->frame_generator_parameters(), rounded = second.frame_generator_parameters();
  CHECK((weights != rounded));
  for (std::size_t i = 0; i < weights.size(); ++i)
    REQUIRE(std::abs(weights[i] - rounded[i]) <= std::max(std::abs(weights[i]) / 2048, 0x1p-25f));
  CHECK((second.frame_generator_statistics() == first->frame_generator_statistics()));
  // What is in 16 bits already is not rounded again.
  second.save_frame_generator(folder / "again", {}, true);
  CHECK((read_bytes(folder / "again") == read_bytes(folder / "half")));
}

TEST_CASE("a weight too large for 16 bits is refused by name, and no file is left") {
  const TemporaryFolder folder;
  trained()->save_frame_generator(folder / "good");
  edit_file(folder / "good", folder / "large", {.multiplied_tensor = "4.weight"});
  SmallTrainer trainer = another();
  trainer.load_frame_generator(folder / "large");
  CHECK(contains(error_of([&] { trainer.save_frame_generator(folder / "half", {}, true); }),
                 "cannot be written in 16 bits: tensor '4.weight' holds "));
  CHECK(!std::filesystem::exists(folder / "half"));
}

TEST_CASE("a generator's tensors have PyTorch's names and shapes") {
  const TemporaryFolder folder;
  const auto trainer = trained();
  trainer->save_frame_generator(folder / "frames");
  trainer->save_sequence_generator(folder / "sequences");

  for (const std::string network : {"frame", "sequence"}) {
    CAPTURE(network);
    const SafetensorsFile file(folder / (network + "s"));
    std::map<std::string, std::size_t> names;
    for (const auto& name : file.names()) names.emplace(name, file.shape(name).size());
    const auto expected = pytorch_names(network + "_generator");
    CHECK(expected.size() > 10);
    for (const auto& tensor : expected) {
      CAPTURE(tensor.first);
      CHECK(names.contains(tensor.first));
      CHECK(names[tensor.first] == tensor.second);
    }
    for (const auto& tensor : names) {
      CAPTURE(tensor.first);
      CHECK((expected.contains(tensor.first) || tensor.first.ends_with("num_batches_tracked")));
    }
  }
  const SafetensorsFile file(folder / "frames");
  CHECK(file.metadata().at("architecture") == "DcganFrame, latent 100, widths / 64");
  CHECK(file.metadata().at("note") == "of a test");
  CHECK(file.shape("0.weight") == std::vector<std::int64_t>{64, 100});
  CHECK(file.shape("4.weight") == std::vector<std::int64_t>{16, 16, 4, 4});
  CHECK(file.shape("7.weight") == std::vector<std::int64_t>{16, 8, 4, 4});
  CHECK(file.shape("13.bias") == std::vector<std::int64_t>{1});
  CHECK(file.type("1.num_batches_tracked") == ElementType::i64);
  CHECK(file.shape("1.num_batches_tracked").empty());
  // Two forward passes in training a step.
  CHECK(file.tensor<std::int64_t>("1.num_batches_tracked")[0] == 8);
}

TEST_CASE("generators that do not fit name file and tensor and change nothing") {
  const TemporaryFolder folder;
  trained()->save_frame_generator(folder / "good");
  trained()->save_sequence_generator(folder / "sequences");
  SmallTrainer trainer = another();
  const std::string before = trainer.state();
  const std::string where = "in '" + (folder / "bad").string() + "': ";
  const auto check = [&](const Edit& edit, const std::string& expected) {
    edit_file(folder / "good", folder / "bad", edit);
    CHECK(error_of([&] { trainer.load_frame_generator(folder / "bad"); }) == where + expected);
    CHECK((trainer.state() == before));
  };
  const std::string of = " of DcganFrame, latent 100, widths / 64, but there is none";
  check({.without_tensor = "13.bias"}, "expected tensor '13.bias'" + of);
  check({.without_tensor = "1.running_var"}, "expected tensor '1.running_var'" + of);
  check({.without_tensor = "11.num_batches_tracked"}, "expected tensor '11.num_batches_tracked'" + of);
  check({.renamed_tensor = {{"0.weight", "0.weights"}}}, "expected tensor '0.weight'" + of);
  check({.longer_tensor = "1.running_mean"}, "expected tensor '1.running_mean' of shape (64), got (65)");
  check({.longer_tensor = "4.weight"}, "expected tensor '4.weight' of shape (16, 16, 4, 4), got (4097)");
  check({.double_tensor = "7.weight"}, "expected tensor '7.weight' to be F32, it is F64");
  check({.renamed_tensor = {{"1.num_batches_tracked", "x"}, {"13.bias", "y"}}}, "expected tensor '13.bias'" + of);

  check({.metadata = {{"architecture", "DcganFrame, latent 100, widths / 32"}}},
        "expected a generator 'DcganFrame, latent 100, widths / 64', got 'DcganFrame, latent 100, widths / 32'");
  CHECK(contains(error_of([&] { trainer.load_frame_generator(folder / "sequences"); }), ", got 'BiLstmSequence"));
  CHECK((trainer.state() == before));
  // PyTorch writes no description.
  edit_file(folder / "sequences", folder / "bad", {.without_metadata = "architecture"});
  CHECK(contains(error_of([&] { trainer.load_frame_generator(folder / "bad"); }), "'0.weight' of shape (64, 100)"));
  CHECK((trainer.state() == before));
  edit_file(folder / "good", folder / "good", {.without_metadata = "architecture"});
  CHECK(error_of([&] { trainer.load_frame_generator(folder / "good"); }).empty());
  CHECK((trainer.state() != before));
}

TEST_CASE("a note cannot replace the architecture") {
  const TemporaryFolder folder;
  SmallTrainer trainer;
  CHECK(error_of([&] {
          trainer.save_frame_generator(folder / "frames", {{"architecture", "another"}});
        }) == "the note 'architecture' of a generator is written by zoetrope itself");
  CHECK(folder.entries() == 0);
}

TEST_CASE("samples follow the seed, that of the settings unless another is given") {
  SmallTrainer trainer;
  const std::uint64_t seed = small_settings().seed;
  CHECK((trainer.sample(1) == trainer.sample(1, seed)));
  CHECK((trainer.sample(1) != trainer.sample(1, seed + 1)));
  CHECK((trainer.sample_frames(2) == trainer.sample_frames(2, seed)));
  CHECK((trainer.sample_frames(2) != trainer.sample_frames(2, seed + 1)));
}
