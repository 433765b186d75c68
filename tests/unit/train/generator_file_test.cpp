// Generators on disk.

#include "support/pytorch.hpp"
#include "unit/train/small_trainer.hpp"

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/sampling.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// One layer of a million weights.
struct MillionWeights {
  using Layers = Sequential<Shape<1000>, layer::Linear<1000>>;
  static constexpr UniformByFanIn initializer{};
  static std::string description() { return "MillionWeights"; }
};

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
  check({.renamed_tensor = {{"1.num_batches_tracked", "x"}, {"13.bias", "y"}}}, "expected tensor '13.bias'" + of);

  // A layer without a bias that has one in the file computes something else there.
  const std::string has_none = "' of type F32: DcganFrame, latent 100, widths / 64 has no such tensor";
  check({.added_tensor = "0.biases"}, "expected no tensor '0.biases" + has_none);
  check({.added_tensor = "14.weight"}, "expected no tensor '14.weight" + has_none);

  const double infinite = std::numeric_limits<double>::infinity();
  const auto holds = [](const std::string& name, const std::string& what, const std::string& found) {
    return "expected tensor '" + name + "' to hold finite " + what + ", got " + found + " at index 0";
  };
  check({.changed_value = {{"4.weight", infinite}}}, holds("4.weight", "floats", "inf"));
  check({.changed_value = {{"13.bias", std::nan("")}}}, holds("13.bias", "floats", "nan"));
  check({.changed_value = {{"1.running_mean", -infinite}}}, holds("1.running_mean", "floats", "-inf"));
  check({.changed_value = {{"1.running_var", -0.5}}}, holds("1.running_var", "floats of at least 0", "-0.5"));
  check({.changed_value = {{"1.num_batches_tracked", -3}}},
        holds("1.num_batches_tracked", "whole numbers of at least 0", "-3"));
  check({.double_tensor = "7.weight", .changed_value = {{"7.weight", 1e300}}}, holds("7.weight", "floats", "1e+300"));
  check({.prefix = "module."},
        "expected tensor '0.weight'" + of + "; there is 'module.0.weight', whose prefix would be 'module.'");

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

TEST_CASE("a generator's weights come from doubles, from behind a prefix and from beside counts") {
  const TemporaryFolder folder;
  const auto first = trained();
  first->save_frame_generator(folder / "good");
  for (const std::string prefix : {"", "module.", "main.", "_orig_mod.module."}) {
    CAPTURE(prefix);
    // What other prefixes stand before belongs to other networks.
    edit_file(folder / "good", folder / "edited",
              {.double_tensor = "7.weight",
               .added_tensor = prefix.empty() ? "" : "netD.0.weight",
               .added_count = prefix + "steps",
               .prefix = prefix});
    SmallTrainer second = another();
    second.load_frame_generator(folder / "edited", prefix);
    CHECK((second.frame_generator_parameters() == first->frame_generator_parameters()));
    CHECK((second.frame_generator_statistics() == first->frame_generator_statistics()));
    SmallTrainer third = another();
    third.begin_sequences_from(folder / "edited", prefix);
    CHECK((third.frame_generator_parameters() == first->frame_generator_parameters()));
  }
}

TEST_CASE("a generator without values neither makes samples nor goes to disk") {
  const TemporaryFolder folder;
  trained()->save_frame_generator(folder / "good");
  edit_file(folder / "good", folder / "bad", {.without_tensor = "13.bias"});
  const std::string expected = "expected a generator with values, but nobody has initialised or loaded any";
  Generator<arch::DcganFrame<64>> generator;
  const std::vector<float> latents(100, 0.5f);
  const auto refused = [&] {
    CHECK(error_of([&] { (void)generator.generate(latents); }) == expected);
    CHECK(error_of([&] { (void)generator.forward(1, latents.data(), Mode::training); }) == expected);
    CHECK(error_of([&] { (void)sample_frames(generator, 1, 1); }) == expected);
    CHECK(error_of([&] { save_generator(folder / "none", generator); }) == expected);
    CHECK(!std::filesystem::exists(folder / "none"));
  };
  refused();
  CHECK(!error_of([&] { load_generator(folder / "bad", generator); }).empty());
  refused();
  load_generator(folder / "good", generator);
  CHECK(generator.generate(latents).size() == 900);
  Generator<arch::DcganFrame<64>> initialised;
  initialised.initialize(1, Stream::user);
  CHECK(initialised.generate(latents).size() == 900);

  initialised.network().statistics().data()[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(contains(error_of([&] { save_generator(folder / "none", initialised); }),
                 "cannot be written: tensor '1.running_mean' holds nan"));
  CHECK(!std::filesystem::exists(folder / "none"));
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

TEST_CASE("saving and loading takes a time in proportion to the number of weights") {
  const TemporaryFolder folder;
  Generator<MillionWeights> generator;
  generator.initialize(1, Stream::user);
  const auto begun = std::chrono::steady_clock::now();
  for (const auto stored : {StoredWeights::exact, StoredWeights::half}) {
    save_generator(folder / "generator", generator, {}, stored);
    load_generator(folder / "generator", generator);
  }
  // Tenths of a second; hours where it grows with the square.
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(60));
}
