// What training refuses, and how it ends where numbers are no longer finite.

#include "unit/train/small_trainer.hpp"

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/generator.hpp"
#include "zoetrope/train/stage.hpp"

#include <cmath>
#include <limits>
#include <sstream>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// Trains until an Error with a checkpoint after every step; returns its message. The checkpoint must be that of the
/// last good step, and load.
struct Diverged {
  std::string message;
  std::uint64_t saved_steps = 0;
};

template <class Train>
Diverged diverge(const Settings& settings, const Train& train) {
  const TemporaryFolder folder;
  SmallTrainer trainer(settings);
  Diverged result;
  std::string saved;
  result.message = error_of([&] {
    train(trainer, [&](const StepReport&) {
      trainer.save(folder / "checkpoint");
      saved = read_bytes(folder / "checkpoint");
      ++result.saved_steps;
      return Flow::carry_on;
    });
  });
  if (result.saved_steps > 0) {
    CHECK((read_bytes(folder / "checkpoint") == saved));
    CHECK(folder.entries() == 1);
    SmallTrainer again(settings);
    again.load(folder / "checkpoint");
    CHECK(again.frame_steps() + again.sequence_steps() == result.saved_steps);
    for (const float value : again.frame_generator_parameters()) REQUIRE(std::isfinite(value));
  }
  return result;
}

} // namespace

TEST_CASE("NaN or infinity in the data stops training and names stage, step and data set") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    CAPTURE(bad);
    SmallData data;
    const auto spoil = [&](std::uint64_t, std::span<float> out) { out[123] = bad; };
    const auto frames = diverge(small_settings(), [&](SmallTrainer& trainer, const Watch& watch) {
      trainer.train_frames(data, [&](const StepReport& report) {
        if (report.step == 2) data.change = spoil;
        return watch(report);
      });
    });
    CHECK(frames.message == "frames stage, step 3: the data set's samples are not all finite numbers");
    CHECK(frames.saved_steps == 2);

    data.change = nullptr;
    const auto sequences = diverge(small_settings(), [&](SmallTrainer& trainer, const Watch& watch) {
      trainer.train_frames(data, watch);
      trainer.train_sequences(data, [&](const StepReport& report) {
        if (report.step == 1) data.change = spoil;
        return watch(report);
      });
    });
    CHECK(sequences.message == "sequences stage, step 2: the data set's samples are not all finite numbers");
    CHECK(sequences.saved_steps == 5);
  }
}

TEST_CASE("a learning rate that makes parameters infinite stops training and names stage, step and network") {
  const auto both = [](SmallTrainer& trainer, const Watch& watch) { trainer.train(watch); };
  for (const double rate : {1e30, 1e39}) {
    CAPTURE(rate);
    auto settings = small_settings();
    settings.frames.discriminator_optimizer = {RmsProp{.learning_rate = rate}};
    auto found = diverge(settings, both);
    CAPTURE(found.message);
    CHECK(found.message.starts_with("frames stage, step 1: "));
    CHECK(contains(found.message, "discriminator"));
    CHECK(found.saved_steps == 0);

    settings = small_settings();
    settings.frames.generator_optimizer = {RmsProp{.learning_rate = rate}};
    found = diverge(settings, both);
    CHECK(found.message.starts_with("frames stage, step "));
    CHECK(contains(found.message, " the generator"));

    settings = small_settings();
    settings.sequences.discriminator_optimizer = {Adam{.learning_rate = rate}};
    found = diverge(settings, both);
    CHECK(found.message.starts_with("sequences stage, step 1: "));
    CHECK(contains(found.message, "discriminator"));
    CHECK(found.saved_steps == 4);

    settings = small_settings();
    settings.sequences.generator_optimizer = {Adam{.learning_rate = rate}};
    found = diverge(settings, both);
    CHECK(found.message.starts_with("sequences stage, step "));
    CHECK(contains(found.message, " the generator"));
  }
}

TEST_CASE("an empty data set is refused") {
  SmallTrainer trainer;
  std::string before = trainer.state();
  CHECK(error_of([&] { trainer.train_frames({.films = 0}); }) ==
        "the frame stage expected a data set of at least one film, got none");
  CHECK((trainer.state() == before));
  trainer.begin_sequences();
  before = trainer.state();
  CHECK(error_of([&] { trainer.train_sequences({.films = 0}); }) ==
        "the sequence stage expected a data set of at least one film, got none");
  CHECK((trainer.state() == before));
}

TEST_CASE("the frame stage cannot go on once the sequence stage has begun") {
  SmallTrainer trainer;
  Losses losses{.stop_after = 1};
  trainer.train_frames({}, std::ref(losses));
  losses = {.stop_after = 1};
  trainer.train_sequences({}, std::ref(losses));
  const std::string before = trainer.state();
  CHECK_THROWS_WITH_AS(trainer.train_frames(),
                       "the frame stage cannot go on: the sequence stage has begun with its frame generator", Error);
  CHECK((trainer.state() == before));
  CHECK(trainer.frame_steps() == 1);
}

TEST_CASE("batch sizes and numbers of discriminators must be positive") {
  for (const int bad : {0, -1}) {
    auto settings = small_settings();
    settings.frames.batch_size = bad;
    CHECK(error_of([&] { SmallTrainer(settings).train_frames(); }) ==
          "the frames stage expected a positive batch size, got " + std::to_string(bad));
    settings = small_settings();
    settings.sequences.batch_size = bad;
    CHECK(error_of([&] { SmallTrainer(settings).train_sequences(); }) ==
          "the sequences stage expected a positive batch size, got " + std::to_string(bad));
    settings = small_settings();
    settings.frames.discriminators = bad;
    CHECK(contains(error_of([&] { SmallTrainer(settings).train_frames(); }), "got " + std::to_string(bad)));
    settings = small_settings();
    settings.sequences.discriminators = bad;
    CHECK(contains(error_of([&] { SmallTrainer(settings).train_sequences(); }), "got " + std::to_string(bad)));
  }
  SmallTrainer trainer;
  CHECK(contains(error_of([&] { (void)trainer.sample(0); }), "positive number of samples, got 0"));
  CHECK(contains(error_of([&] { (void)trainer.sample_frames(-1); }), "positive number of samples, got -1"));
}

TEST_CASE("settings of optimizers that make no sense are refused") {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  for (const double bad : {-1.0, -1e-9, nan, infinite}) {
    std::vector<Optimizer> all;
    all.push_back({RmsProp{.learning_rate = bad}});
    all.push_back({RmsProp{.epsilon = bad}});
    all.push_back({RmsProp{.alpha = bad}});
    all.push_back({Adam{.learning_rate = bad}});
    all.push_back({Adam{.epsilon = bad}});
    all.push_back({Adam{.beta1 = bad}});
    all.push_back({Adam{.beta2 = bad}});
    for (const auto& optimizer : all)
      for (const bool frames : {true, false})
        for (const bool generator : {true, false}) {
          auto settings = small_settings();
          auto& stage = frames ? settings.frames : settings.sequences;
          (generator ? stage.generator_optimizer : stage.discriminator_optimizer) = optimizer;
          const std::string message = error_of([&] { SmallTrainer trainer(settings); });
          CHECK(contains(message, " expected "));
          CHECK(contains(message, " of at least 0"));
        }
  }
  auto settings = small_settings();
  settings.frames.generator_optimizer = {RmsProp{.learning_rate = -1}};
  CHECK(error_of([&] { SmallTrainer trainer(settings); }) ==
        "RmsProp expected a finite learning rate of at least 0, got -1");
  settings.frames.generator_optimizer = {Adam{.beta2 = 1}};
  CHECK(error_of([&] { SmallTrainer trainer(settings); }) == "Adam expected beta2 of at least 0 and below 1, got 1");
  settings.frames.generator_optimizer = {Adam{.learning_rate = 0}};
  CHECK(error_of([&] { SmallTrainer trainer(settings); }).empty());
}

TEST_CASE("a data set whose values are not from -1 to 1 stops training, and the sentence says what came") {
  for (const float bad : {255.0f, 1.01f, -1.01f, -128.0f}) {
    SmallTrainer trainer;
    SmallData data;
    // In one frame, or film, of many.
    data.change = [bad](std::uint64_t index, std::span<float> out) { out[index % out.size()] = bad; };
    const std::string before = trainer.state();
    std::ostringstream value;
    value << bad;
    const std::string rest = " stage, step 1: expected the data set's values from -1 to 1, got " + value.str();
    CHECK(error_of([&] { trainer.train_frames(data); }) == "frames" + rest);
    CHECK(trainer.frame_steps() == 0);
    trainer.train_frames();
    CHECK(error_of([&] { trainer.train_sequences(data); }) == "sequences" + rest);
  }
  SmallTrainer trainer;
  SmallData data;
  data.change = [](std::uint64_t, std::span<float> out) { out[0] = 1.0001f; };
  CHECK(trainer.train_frames(data));
}

TEST_CASE("the sequence stage does not begin with a frame generator that has learnt nothing, unless it is told to") {
  SmallTrainer trainer;
  const std::string expected =
      "the sequence stage expected a frame generator that has learnt, but the frame stage has done no step; "
      "train_frames() comes before it, or begin_sequences_from() a file";
  const std::string before = trainer.state();
  CHECK(error_of([&] { trainer.train_sequences(); }) == expected);
  CHECK((trainer.state() == before));
  const TemporaryFolder folder;
  trainer.save(folder / "begun");
  SmallTrainer resumed;
  resumed.load(folder / "begun");
  CHECK(error_of([&] { resumed.train_sequences(); }) == expected);
  resumed.begin_sequences();
  CHECK(resumed.train_sequences());
  CHECK(resumed.frame_steps() == 0);
  CHECK(resumed.sequence_steps() == 3);
}

TEST_CASE("a stage wants samples and latents for its whole batch, and networks with values") {
  using FrameG = Generator<arch::DcganFrame<64>>;
  using Ensemble = ProjectedDiscriminatorEnsemble<1, projection::PaperFrame, arch::FrameDiscriminator<64>>;
  using Stage = AdversarialStage<FrameSource<FrameG>, Ensemble, SumObjective, RmsProp>;
  const std::vector<float> real(2 * 900, 0.5f), latents(4 * 100, 0.5f);
  const auto backend = std::make_shared<DefaultBackend>();
  FrameG generator(backend);
  Stage stage("frames", FrameSource<FrameG>(generator), backend, StageSettings<RmsProp>{.batch_size = 2}, {},
              GeneratorSamples::fresh);
  CHECK(error_of([&] { stage.train(std::span(real).first(900), latents); }) ==
        "frames stage, step 1: expected 1800 values of real samples and 400 of latents, got 900 and 400");
  CHECK(contains(error_of([&] { stage.train(real, std::span(latents).first(399)); }), "got 1800 and 399"));
  CHECK(error_of([&] { stage.train(real, latents); }) ==
        "expected a generator with values, but nobody has initialised or loaded any");
  generator.initialize(1, Stream::frame_generator_weights);
  CHECK(error_of([&] { stage.train(real, latents); }) ==
        "expected discriminators with values, but nobody has initialised or loaded any");
  stage.ensemble().initialize(1, Stream::frame_discriminator_weights, Stream::frame_projections);
  stage.train(real, latents);
  CHECK(stage.step() == 1);

  CHECK(error_of([&] {
          Stage("frames", FrameSource<FrameG>(generator), backend, StageSettings<RmsProp>{.batch_size = -1}, {},
                GeneratorSamples::fresh);
        }) == "the frames stage expected a positive batch size, got -1");
}

TEST_CASE("a batch is whole packs") {
  using Fours = projection::Packed<projection::PaperFrame, 4>;
  using Frame = Shape<1, 30, 30>;
  using FrameG = Generator<arch::DcganFrame<64>>;
  using Ensemble =
      ProjectedDiscriminatorEnsemble<1, Fours, arch::FrameDiscriminator<64, DiscriminatorNorm::none, Frame, Fours>>;
  using Stage = AdversarialStage<FrameSource<FrameG>, Ensemble, SumObjective, RmsProp>;
  const auto backend = std::make_shared<DefaultBackend>();
  FrameG generator(backend);
  const auto begin = [&](int batch_size) {
    Stage("frames", FrameSource<FrameG>(generator), backend, StageSettings<RmsProp>{.batch_size = batch_size}, {},
          GeneratorSamples::fresh);
  };
  CHECK(error_of([&] { begin(30); }) == "the frames stage expected a batch size that is a multiple of 4, since so many "
                                        "samples are judged together, got 30");
  begin(32);
}

TEST_CASE("a batch of one is refused where batch norm cannot train on it") {
  auto settings = small_settings();
  settings.frames.batch_size = 1;
  SmallTrainer trainer(settings);
  CHECK(contains(error_of([&] { trainer.train_frames(); }), "got a batch of 1"));
}

TEST_CASE("a number of discriminators fixed at compile time and another one in the settings") {
  using Two = ProjectedDiscriminatorEnsemble<2, projection::PaperFrame, arch::FrameDiscriminator<64>>;
  const auto backend = std::make_shared<DefaultBackend>();
  CHECK(Two(backend).count() == 2);
  CHECK(Two(2, backend).count() == 2);
  CHECK_THROWS_WITH_AS(Two(3, backend), "an ensemble of 2 discriminators was asked for 3", Error);

  using FrameG = Generator<arch::DcganFrame<64>>;
  using Stage = AdversarialStage<FrameSource<FrameG>, Two, SumObjective, RmsProp>;
  FrameG generator(backend);
  const auto begin = [&](int discriminators) {
    const StageSettings<RmsProp> settings{.batch_size = 2, .discriminators = discriminators};
    return Stage("frames", FrameSource<FrameG>(generator), backend, settings, SumObjective{}, GeneratorSamples::fresh)
        .ensemble()
        .count();
  };
  CHECK(begin(0) == 2);
  CHECK(begin(2) == 2);
  CHECK_THROWS_WITH_AS(begin(3), "the frames stage expected 2 discriminators, got 3", Error);
}

TEST_CASE("an optimizer's average that is infinite stops training, though every parameter stays finite") {
  using FrameG = Generator<arch::DcganFrame<64>>;
  using Ensemble = ProjectedDiscriminatorEnsemble<1, projection::PaperFrame, arch::FrameDiscriminator<64>>;
  using Stage = AdversarialStage<FrameSource<FrameG>, Ensemble, SumObjective, RmsProp>;
  const std::vector<float> real(2 * 900, 0.5f), latents(4 * 100, 0.5f);
  for (const bool of_generator : {true, false}) {
    const auto backend = std::make_shared<DefaultBackend>();
    FrameG generator(backend);
    generator.initialize(1, Stream::frame_generator_weights);
    Stage stage("frames", FrameSource<FrameG>(generator), backend, StageSettings<RmsProp>{.batch_size = 2}, {},
                GeneratorSamples::fresh);
    stage.ensemble().initialize(1, Stream::frame_discriminator_weights, Stream::frame_projections);
    auto& learners = of_generator ? stage.generator_learners() : stage.discriminator_learners();
    auto& state = learners.entries().front().state;
    // The last value: where it is no part of a whole vector, its square root is exact and its parameter stays.
    state.square_average.data()[state.square_average.size() - 1] = std::numeric_limits<float>::infinity();
    const std::string message = error_of([&] { stage.train(real, latents); });
    CHECK(message.starts_with("frames stage, step 1: values of the "));
    CHECK(message.ends_with((of_generator ? "generator" : "discriminators") +
                            std::string(" are no longer finite numbers")));
  }
}

TEST_CASE("the objective weighs the discriminators' gradients") {
  const std::vector<double> losses{0.5, 1, 2, 4};
  std::vector<double> weights(4, -1);
  SumObjective{}.weigh(losses, weights);
  CHECK(weights == std::vector<double>(4, 1));
  AverageObjective{}.weigh(losses, weights);
  CHECK(weights == std::vector<double>(4, 0.25));

  auto settings = small_settings();
  settings.frames.steps = 1;
  SmallTrainer sum(settings), average(settings, {.average = true});
  Losses sum_losses, average_losses;
  sum.train_frames({}, std::ref(sum_losses));
  average.train_frames({}, std::ref(average_losses));
  CHECK(sum_losses.values == average_losses.values);
  // Two discriminators, so one half, which is exact in binary.
  auto expected = sum.frame_generator_gradients();
  for (float& value : expected) value *= 0.5f;
  CHECK((average.frame_generator_gradients() == expected));
  CHECK(*std::max_element(expected.begin(), expected.end()) > 0);
}
