// A stage with each loss and each objective, of networks so small that its gradients are compared with differences.

#include "support/gradient_check.hpp"
#include "zoetrope/train/stage.hpp"

#include <numeric>

namespace {

using namespace zoetrope;
using B = backend::Eigen<double>;

struct DotGenerator {
  using Layers = Sequential<Shape<3>, layer::Linear<16>, layer::ViewAsGrid<1, 4, 4>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "DotGenerator"; }
};
struct DotDiscriminator {
  using Sample = Shape<1, 4, 4>;
  template <int Channels>
  using Convolution = layer::Convolution<Channels, Extents<2, 2>, Extents<1, 1>, Extents<0, 0>>;
  using Layers = Sequential<Shape<1, 3, 3>, Convolution<4>, layer::LeakyRelu, Convolution<1>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "DotDiscriminator"; }
};

constexpr int trial_batch = 4, trial_members = 3;
using G = Generator<DotGenerator, B>;
using Projection = projection::UnitNormConvolution<Extents<2, 2>, Extents<1, 1>, Extents<0, 0>>;
using D = ProjectedDiscriminatorEnsemble<trial_members, Projection, DotDiscriminator, B>;

/// A stage with fresh weights, and the one batch on which it is tried.
template <LossPolicy Loss = DefaultLoss, Objective O = DefaultObjective>
struct Trial {
  using Stage = AdversarialStage<FrameSource<G>, D, O, RmsProp, Loss>;
  explicit Trial(const Loss& loss = {}, const O& objective = {}, double generator_rate = 0,
                 double discriminator_rate = 0)
      : stage("dots", FrameSource<G>(generator), backend,
              {.batch_size = trial_batch,
               .generator_optimizer = {.learning_rate = generator_rate},
               .discriminator_optimizer = {.learning_rate = discriminator_rate}},
              objective, GeneratorSamples::fresh, loss) {
    support::initialize(generator.network(), 1);
    stage.ensemble().initialize(1, Stream::user, Stream::frame_projections);
    support::initialize(stage.ensemble().network(), 2);
  }
  void step() { stage.train(real, latents); }

  std::shared_ptr<B> backend = std::make_shared<B>();
  G generator{backend};
  Stage stage;
  std::vector<float> real = support::normals<float>(trial_batch * 16, 3),
                     latents = support::normals<float>(2 * trial_batch * 3, 4);
};

template <class Values>
double sum(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}
template <class Network>
std::vector<double> gradients_of(Network& network) {
  return {network.gradients().data(), network.gradients().data() + network.gradients().size()};
}

/// The discriminators' gradients are those of their losses; the generator's are those of @p joint(its losses, its
/// losses where the weights were made).
template <class Loss, class O, class Joint>
void check_stage(const Loss& loss, const O& objective, const Joint& joint) {
  Trial<Loss, O> trial(loss, objective);
  auto& stage = trial.stage;
  trial.step();
  const auto discriminators = gradients_of(stage.ensemble().network()),
             generator = gradients_of(trial.generator.network());
  const std::vector<double> at(stage.generator_losses().begin(), stage.generator_losses().end());
  support::check_parameters(
      stage.ensemble().network(), discriminators,
      [&] {
        trial.step();
        return sum(stage.discriminator_losses());
      },
      support::narrow_step);
  support::check_parameters(
      trial.generator.network(), generator,
      [&] {
        trial.step();
        return joint(stage.generator_losses(), at);
      },
      support::narrow_step);
}

/// What the stage reports is the mean of @p loss over the logits of each kind of sample.
template <class Loss>
void check_reported(const Loss& loss) {
  Trial<Loss> trial(loss);
  trial.step();
  const auto logits = [&](const double* samples) {
    const double* found = trial.stage.ensemble().forward(trial_batch, samples, Mode::training);
    return std::vector<double>(found, found + trial_members * trial_batch);
  };
  const auto generated = [&](int part) {
    const std::vector<double> latents(trial.latents.begin() + part * trial_batch * 3,
                                      trial.latents.begin() + (part + 1) * trial_batch * 3);
    return logits(trial.generator.network().forward(trial_batch, latents.data(), Mode::training));
  };
  typename B::Buffer real(trial.real.size());
  trial.backend->import_samples(trial_batch, 16, 1, trial.real.data(), real.data());
  const auto on_real = logits(real.data()), on_generated = generated(0), for_generator = generated(1);
  for (std::size_t k = 0; k < trial_members; ++k) {
    CAPTURE(k);
    double discriminator = 0, generator = 0;
    for (std::size_t i = k * trial_batch; i < (k + 1) * trial_batch; ++i) {
      discriminator += loss.value(LogitRole::real, on_real[i]) + loss.value(LogitRole::generated, on_generated[i]);
      generator += loss.value(LogitRole::generator, for_generator[i]);
    }
    CHECK(trial.stage.discriminator_losses()[k] == doctest::Approx(discriminator / trial_batch).epsilon(1e-12));
    CHECK(trial.stage.generator_losses()[k] == doctest::Approx(generator / trial_batch).epsilon(1e-12));
  }
}

const auto sum_of = [](std::span<const double> losses, const auto&) { return sum(losses); };

/// The discriminators alone, then the generator alone, on one batch: their losses become less.
template <class Loss, class O = SumObjective>
void check_learning(const Loss& loss, const O& objective = {}) {
  for (const bool generator : {false, true}) {
    CAPTURE(generator);
    Trial<Loss, O> trial(loss, objective, generator ? 3e-3 : 0, generator ? 0 : 3e-3);
    const auto losses = [&] {
      return sum(generator ? trial.stage.generator_losses() : trial.stage.discriminator_losses());
    };
    trial.step();
    const double before = losses();
    for (int step = 0; step < 40; ++step) trial.step();
    CHECK(losses() < before - 0.1);
  }
}

/// An own loss: the differences of Wasserstein's distance, softly bounded.
struct BoundedWasserstein {
  double bound = 10;
  double value(LogitRole role, double x) const { return sign(role) * bound * std::tanh(x / bound); }
  double derivative(LogitRole role, double x) const { return sign(role) * (1 - std::pow(std::tanh(x / bound), 2)); }
  static double sign(LogitRole role) { return role == LogitRole::generated ? 1 : -1; }
  std::string description() const { return "BoundedWasserstein, bound " + number_text(bound); }
};

static_assert(LossPolicy<BoundedWasserstein> && LossPolicy<DefaultLoss>);
static_assert(std::is_same_v<DefaultLoss, NonSaturating> && !LossPolicy<SumObjective> && !LossPolicy<int>);
static_assert(std::is_same_v<Trial<>::Stage, AdversarialStage<FrameSource<G>, D, SumObjective, RmsProp>>);

template <class Loss>
std::string divergence_with(const Loss& loss) {
  Trial<Loss> trial(loss);
  auto& parameters = trial.stage.ensemble().network().parameters();
  parameters.data()[parameters.size() - 1] = std::nan(""); // the last bias of the last discriminator
  try {
    trial.step();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("a stage reports the losses that it is given, and learns from their gradients") {
  check_reported(NonSaturating{});
  check_reported(Hinge{});
  check_reported(LeastSquares{});
  check_stage(NonSaturating{}, SumObjective{}, sum_of);
  check_stage(Hinge{}, SumObjective{}, sum_of);
  check_stage(LeastSquares{}, SumObjective{}, sum_of);
}

TEST_CASE("a program's own loss trains a stage") {
  check_reported(BoundedWasserstein{.bound = 2});
  check_stage(BoundedWasserstein{.bound = 2}, SumObjective{}, sum_of);
  check_learning(BoundedWasserstein{});
}

TEST_CASE("a stage's generator learns from the joint loss of its objective") {
  check_stage(NonSaturating{}, AverageObjective{},
              [](std::span<const double> losses, const auto&) { return sum(losses) / trial_members; });
  check_stage(NonSaturating{}, HypervolumeObjective{}, [](std::span<const double> losses, const auto& at) {
    const double nadir = 1.5 * *std::max_element(at.begin(), at.end()) + 1e-8;
    double joint = 0;
    for (const double loss : losses) joint -= std::log(nadir - loss);
    return joint;
  });
  check_stage(LeastSquares{}, SoftmaxObjective{.sharpness = 2}, [](std::span<const double> losses, const auto&) {
    double exponentials = 0;
    for (const double loss : losses) exponentials += std::exp(2 * loss);
    return std::log(exponentials) / 2;
  });
}

TEST_CASE("both sides learn with each loss and each objective") {
  check_learning(NonSaturating{});
  check_learning(Hinge{});
  check_learning(LeastSquares{});
  check_learning(NonSaturating{}, AverageObjective{});
  check_learning(NonSaturating{}, HypervolumeObjective{});
  check_learning(NonSaturating{}, SoftmaxObjective{});
}

TEST_CASE("a logit that is no number stops a stage, whatever the loss") {
  const std::string expected = "dots stage, step 1: the loss of discriminator 2 is ";
  CHECK(divergence_with(NonSaturating{}).starts_with(expected));
  CHECK(divergence_with(Hinge{}).starts_with(expected));
  CHECK(divergence_with(LeastSquares{}).starts_with(expected));
}
