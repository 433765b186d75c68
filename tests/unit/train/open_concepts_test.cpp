// Whatever does what a generator or an ensemble does trains in both stages: what wraps one, what derives from one, and
// what is made of two.

#include "unit/train/tiny_trainer.hpp"
#include "unit/train/two_generators.hpp"
#include "zoetrope/gan/generator_file.hpp"

#include <cmath>
#include <numeric>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

/// A generator of latents half as long.
template <class G>
class Halved {
public:
  using Input = typename G::Input;
  using Output = typename G::Output;
  using Scalar = typename G::Scalar;
  using BackendType = typename G::BackendType;

  explicit Halved(std::shared_ptr<BackendType> backend) : inner_(std::move(backend)) {}

  void initialize(std::uint64_t seed, Stream stream) { inner_.initialize(seed, stream); }
  const Scalar* forward(int batch, const Scalar* latents, Mode mode) {
    ++forward_passes;
    return inner_.forward(batch, half_of(batch, latents), mode);
  }
  Scalar* sample_gradient() { return inner_.sample_gradient(); }
  void backward_to_parameters(int batch) { inner_.backward_to_parameters(batch); }
  const Scalar* backward_to_latents(int batch) { return half_of(batch, inner_.backward_to_latents(batch)); }
  std::vector<float> generate(std::span<const float> latents) { return generate_in_batches(*this, buffer_, latents); }
  static std::string description() { return "half the latents of " + G::description(); }
  void visit_learners(const auto& visit) { inner_.visit_learners(visit); }
  BackendType& backend() { return inner_.backend(); }

  int forward_passes = 0;

private:
  const Scalar* half_of(int batch, const Scalar* latents) {
    const auto size = static_cast<std::size_t>(batch * Input::size);
    grow(halves_, size);
    backend().copy(latents, size, halves_.data());
    backend().scale(std::ptrdiff_t(size), Scalar(0.5), halves_.data());
    return halves_.data();
  }

  G inner_;
  typename BackendType::Buffer halves_, buffer_;
};

/// Sees everything in half the contrast.
template <class E>
class Dimmed : public E {
public:
  using Scalar = typename E::Scalar;
  using E::E;

  const Scalar* forward(int batch, const Scalar* samples, Mode mode) {
    const auto size = static_cast<std::size_t>(batch * E::Sample::size);
    grow(dimmed_, size);
    this->backend().copy(samples, size, dimmed_.data());
    this->backend().scale(std::ptrdiff_t(size), Scalar(0.5), dimmed_.data());
    return E::forward(batch, dimmed_.data(), mode);
  }
  void backward_to_samples(int batch, Scalar* sample_gradient) {
    E::backward_to_samples(batch, sample_gradient);
    this->backend().scale(batch * E::Sample::size, Scalar(0.5), sample_gradient);
  }
  static std::string description() { return "dimmed " + E::description(); }

private:
  typename E::BackendType::Buffer dimmed_;
};

/// The discriminators of two ensembles, one after the other.
template <class First, class Second>
class Joined {
public:
  using Sample = typename First::Sample;
  using Scalar = typename First::Scalar;
  using BackendType = typename First::BackendType;
  static constexpr int static_count = First::static_count + Second::static_count;
  static constexpr bool mixes_samples = First::mixes_samples || Second::mixes_samples;
  static constexpr int samples_together = std::lcm(First::samples_together, Second::samples_together);

  Joined(int, std::shared_ptr<BackendType> backend)
      : backend_(backend), first_(First::static_count, backend), second_(Second::static_count, backend) {}

  int count() const { return static_count; }
  void initialize(std::uint64_t seed, Stream weights, Stream projections) {
    first_.initialize(seed, weights, projections);
    second_.initialize(seed + 1, weights, projections);
  }
  void forward(int batch, const Scalar* samples, Mode mode) {
    first_.forward(batch, samples, mode);
    second_.forward(batch, samples, mode);
  }
  template <LogitLoss Loss>
  void losses(const Loss& loss, LogitRole role, const SampleRange& samples, double* results) {
    first_.losses(loss, role, samples, results);
    second_.losses(loss, role, samples, results + first_.count());
  }
  template <LogitLoss Loss>
  void loss_gradient(const Loss& loss, LogitRole role, const SampleRange& samples, const double* weights) {
    first_.loss_gradient(loss, role, samples, weights);
    second_.loss_gradient(loss, role, samples, weights + first_.count());
  }
  void backward_to_parameters(int batch) {
    first_.backward_to_parameters(batch);
    second_.backward_to_parameters(batch);
  }
  void backward_to_samples(int batch, Scalar* sample_gradient) {
    const auto size = static_cast<std::size_t>(batch * Sample::size);
    grow(gradient_, size);
    first_.backward_to_samples(batch, sample_gradient);
    second_.backward_to_samples(batch, gradient_.data());
    backend_->add_to(gradient_.data(), size, sample_gradient);
  }
  static std::string description() { return First::description() + " and " + Second::description(); }
  void visit_learners(const auto& visit) {
    first_.visit_learners([&](const std::string& name, auto& learner) { visit(joined_name("first", name), learner); });
    second_.visit_learners(
        [&](const std::string& name, auto& learner) { visit(joined_name("second", name), learner); });
  }
  void visit_fixed(const auto& visit) {
    first_.visit_fixed([&](const std::string& name, auto& vector, const auto& blocks) {
      visit(joined_name("first", name), vector, blocks);
    });
    second_.visit_fixed([&](const std::string& name, auto& vector, const auto& blocks) {
      visit(joined_name("second", name), vector, blocks);
    });
  }

private:
  std::shared_ptr<BackendType> backend_;
  First first_;
  Second second_;
  typename BackendType::Buffer gradient_;
};

/// Another kind of discriminator: no projection in front, no batch norm inside.
template <int... Sizes>
struct Glance {
  using Sample = Shape<1, Sizes...>;
  using Layers =
      Sequential<Sample,
                 layer::Convolution<3, Extents<Sizes...>, Extents<(Sizes - Sizes + 1)...>, Extents<(Sizes - Sizes)...>>,
                 layer::LeakyRelu,
                 layer::Convolution<1, Extents<(Sizes - Sizes + 1)...>, Extents<(Sizes - Sizes + 1)...>,
                                    Extents<(Sizes - Sizes)...>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "Glance"; }
};
template <class B = DefaultBackend>
using FrameGlances = ProjectedDiscriminatorEnsemble<3, projection::Identity, Glance<8, 8>, B>;
template <class B = DefaultBackend>
using FilmGlances = ProjectedDiscriminatorEnsemble<1, projection::Identity, Glance<4, 8, 8>, B>;

template <class FrameG, class SequenceG, class FrameD, class FilmD>
using TrainerOfParts = TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, SumObjective, test::Optimizer>;
using Wrapped =
    TrainerOfParts<Halved<TinyFrameG<>>, Halved<TinySequenceG<>>, Dimmed<TinyFrameD<>>, Dimmed<TinySequenceD<>>>;
using OfTwo = TrainerOfParts<TwoGenerators<TinyFrameG<>>, TinySequenceG<>, Joined<TinyFrameD<>, FrameGlances<>>,
                             Joined<TinySequenceD<>, FilmGlances<>>>;

static_assert(SampleGenerator<Halved<TinyFrameG<>>> && SampleGenerator<TwoGenerators<TinyFrameG<>>>);
static_assert(DiscriminatorEnsemble<Dimmed<TinyFrameD<>>>);
static_assert(DiscriminatorEnsemble<Joined<TinyFrameD<>, FrameGlances<>>>);

/// One step of a frame stage in double: its discriminators, in order, and the generator's gradients.
struct StepOfParts {
  std::vector<std::vector<double>> discriminators;
  std::vector<double> generator_gradients, discriminator_losses, generator_losses;
};
template <class Ensemble>
StepOfParts one_step(std::uint64_t seed) {
  using B = backend::Eigen<double>;
  using FrameG = TinyFrameG<B>;
  using Stage = AdversarialStage<FrameSource<FrameG>, Ensemble, SumObjective, RmsProp>;
  const auto backend = std::make_shared<B>();
  FrameG generator(backend);
  generator.initialize(1, Stream::frame_generator_weights);
  const StageSettings<RmsProp> settings{.steps = 1,
                                        .batch_size = 4,
                                        .generator_optimizer = {.learning_rate = 1e-2},
                                        .discriminator_optimizer = {.learning_rate = 1e-2}};
  Stage stage("frames", FrameSource<FrameG>(generator), backend, settings, {}, GeneratorSamples::fresh);
  stage.ensemble().initialize(seed, Stream::frame_discriminator_weights, Stream::frame_projections);
  std::vector<float> real(4 * 64), latents(2 * 4 * 5);
  RandomStream(1, Stream::user).fill_normal(0, real.data(), real.size());
  RandomStream(2, Stream::user).fill_normal(0, latents.data(), latents.size());
  stage.train(real, latents);
  const auto copy = [](auto& buffer) { return std::vector<double>(buffer.data(), buffer.data() + buffer.size()); };
  StepOfParts step;
  for (auto& entry : stage.discriminator_learners().entries())
    step.discriminators.push_back(copy(entry.learner->parameters()));
  step.generator_gradients = copy(generator.network().gradients());
  step.discriminator_losses.assign(stage.discriminator_losses().begin(), stage.discriminator_losses().end());
  step.generator_losses.assign(stage.generator_losses().begin(), stage.generator_losses().end());
  return step;
}

} // namespace

TEST_CASE("wrapped generators and derived ensembles train in both stages and resume to the same bytes") {
  check_resuming<Wrapped>(tiny_settings());
}

TEST_CASE("generators and ensembles made of two train in both stages and resume to the same bytes") {
  check_resuming<OfTwo>(tiny_settings());
}

TEST_CASE("weights of derived ensembles and of ensembles made of two are bounded, and resume to the same bytes") {
  auto settings = tiny_settings();
  settings.frames.spectral_norm = settings.sequences.spectral_norm = 0.05;
  check_resuming<Wrapped>(settings);
  check_resuming<OfTwo>(settings);
  const TemporaryFolder folder;
  OfTwo trainer(settings);
  trainer.train_frames(tiny_balls);
  trainer.save(folder / "checkpoint");
  const SafetensorsFile file(folder / "checkpoint");
  CHECK(file.contains("frames.spectral_norm.first.vectors"));
  CHECK(file.contains("frames.spectral_norm.second.vectors"));
}

TEST_CASE("what is wrapped computes otherwise, and a checkpoint tells it from what it wraps") {
  const TemporaryFolder folder;
  TrainerOfParts<TinyFrameG<>, TinySequenceG<>, TinyFrameD<>, TinySequenceD<>> plain(tiny_settings());
  Wrapped wrapped(tiny_settings());
  train_all(plain, [](const StepReport&) { return Flow::carry_on; });
  train_all(wrapped, [](const StepReport&) { return Flow::carry_on; });
  CHECK(plain.sample_frames(1) != wrapped.sample_frames(1));
  // Two passes a step of frames, one of sequences, and the frames of the pictures just drawn.
  CHECK(wrapped.frame_generator().forward_passes == 4 * 2 + 3 + 1);
  CHECK(wrapped.sequence_generator().forward_passes == 3);
  plain.save(folder / "plain");
  CHECK(contains(error_of([&] { wrapped.load(folder / "plain"); }),
                 "expected architecture.frame_generator 'half the latents of TinyFrame', but the checkpoint has "
                 "'TinyFrame'"));
}

TEST_CASE("a generator's file has the tensors of every learner") {
  const TemporaryFolder folder;
  OfTwo trainer(tiny_settings()), other(tiny_settings());
  trainer.train_frames(tiny_balls);
  save_generator(folder / "generator", trainer.frame_generator());
  const SafetensorsFile file(folder / "generator");
  CHECK(file.metadata().at("architecture") == "two of TinyFrame");
  CHECK(file.contains("first.0.weight"));
  CHECK(file.contains("second.1.running_var"));
  CHECK(other.sample_frames(1) != trainer.sample_frames(1));
  load_generator(file, other.frame_generator());
  CHECK(other.sample_frames(1) == trainer.sample_frames(1));
}

TEST_CASE("a step against two ensembles is a step against each of them") {
  using B = backend::Eigen<double>;
  const StepOfParts both = one_step<Joined<TinyFrameD<B>, FrameGlances<B>>>(7);
  const StepOfParts first = one_step<TinyFrameD<B>>(7), second = one_step<FrameGlances<B>>(8);
  REQUIRE(both.discriminators.size() == 2);
  // Batch norm in the first makes the real and the generated batch go through the second apart too.
  CHECK(both.discriminators[0] == first.discriminators[0]);
  CHECK(largest_difference(both.discriminators[1], second.discriminators[0]) < 1e-10);
  const auto joined = [](std::vector<double> a, const std::vector<double>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  CHECK(largest_difference(both.discriminator_losses, joined(first.discriminator_losses, second.discriminator_losses)) <
        1e-12);
  CHECK(largest_difference(both.generator_losses, joined(first.generator_losses, second.generator_losses)) < 1e-12);
  auto sum = first.generator_gradients;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += second.generator_gradients[i];
  CHECK(largest_difference(both.generator_gradients, sum) < 1e-12);
  CHECK(largest_difference(both.generator_gradients, first.generator_gradients) > 1e-6);
}
