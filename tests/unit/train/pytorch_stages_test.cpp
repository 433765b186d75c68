// Two steps of either stage against PyTorch's (tests/pytorch/training_steps.py), in double, so that nothing but the
// mathematics can differ.

#include "support/pytorch.hpp"
#include "unit/train/tiny_networks.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/train/stage.hpp"

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

using B = backend::Eigen<double>;
constexpr int stage_batch = 3, stage_members = 2;

using FrameG = Generator<TinyFrame, B>;
using SequenceG = Generator<TinySequence, B>;
using FrameD = ProjectedDiscriminatorEnsemble<stage_members, TinyFrameProjection, TinyFrameDiscriminator, B>;
using FilmD = ProjectedDiscriminatorEnsemble<stage_members, TinyFilmProjection, TinyFilmDiscriminator, B>;

/// Calls @p use(name in the fixture, flat vector, where it lies in that, member) for all that a network is made of.
template <class Network, class Use>
void for_tensors(Network& network, const std::string& name, const Use& use) {
  for (int member = 0; member < network.members(); ++member) {
    const std::string prefix = name + (network.members() > 1 ? "." + std::to_string(member) : "") + ".";
    for (const auto& located : network.located_parameters())
      use(prefix + located.info.name, network.parameters(), located, member);
    for (const auto& located : network.located_statistics())
      use(prefix + located.info.name, network.statistics(), located, member);
  }
}

/// A tensor of floats or, as a count of batches, of one integer.
std::vector<double> read(const SafetensorsFile& file, const std::string& name) {
  if (file.type(name) == ElementType::i64) return {static_cast<double>(file.tensor<std::int64_t>(name)[0])};
  const auto values = file.tensor<float>(name);
  return {values.begin(), values.end()};
}

template <class Network>
void load(const SafetensorsFile& file, Network& network, const std::string& name) {
  for_tensors(network, name, [&](const std::string& tensor, auto& vector, const auto& located, int member) {
    const auto values = read(file, "initial." + tensor);
    REQUIRE(std::ssize(values) == located.info.size());
    network.set(vector, located, member, values.data());
  });
}

/// Checks how far each tensor has moved since load().
template <class Network>
void check_moves(const SafetensorsFile& file, Network& network, const std::string& name, const std::string& step) {
  for_tensors(network, name, [&](const std::string& tensor, auto& vector, const auto& located, int member) {
    auto moved = network.get(vector, located, member);
    const auto initial = read(file, "initial." + tensor);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] -= initial[i];
    support::check_error(step + tensor, support::relative_error(moved, read(file, step + tensor)));
  });
}

template <class Source, class Ensemble, class G, class Optimizer>
void check_steps(const SafetensorsFile& file, G& generator, Source source, const Optimizer& optimizer,
                 GeneratorSamples samples, const std::shared_ptr<B>& backend) {
  using Stage = AdversarialStage<Source, Ensemble, SumObjective, Optimizer>;
  using Sample = typename Stage::Sample;
  Stage stage("tiny", std::move(source), backend,
              {.batch_size = stage_batch, .generator_optimizer = optimizer, .discriminator_optimizer = optimizer}, {},
              samples);
  load(file, generator.network(), "generator");
  load(file, stage.ensemble().network(), "discriminators");
  auto& projections = stage.ensemble().projection_weights(); // [tap][member]
  for (std::size_t k = 0; k < stage_members; ++k) {
    const auto filter = read(file, "initial.projections." + std::to_string(k) + ".weight");
    REQUIRE(projections.size() == stage_members * filter.size());
    for (std::size_t tap = 0; tap < filter.size(); ++tap) projections.data()[tap * stage_members + k] = filter[tap];
  }

  const auto real = file.tensor<float>("real"), latents = file.tensor<float>("latents");
  for (std::size_t step = 0; step < 2; ++step) {
    const std::size_t real_size = real.size() / 2, latent_size = latents.size() / 2;
    stage.train(support::from_pytorch<Sample>(stage_batch, real.subspan(step * real_size, real_size)),
                latents.subspan(step * latent_size, latent_size));
    const std::string prefix = "step." + std::to_string(step) + ".";
    support::check_close(file, prefix + "discriminator_losses", stage.discriminator_losses());
    support::check_close(file, prefix + "generator_losses", stage.generator_losses());
    check_moves(file, stage.ensemble().network(), "discriminators", prefix);
    check_moves(file, generator.network(), "generator", prefix);
  }
}

} // namespace

TEST_CASE("two steps of the frame stage are PyTorch's") {
  const auto backend = std::make_shared<B>();
  FrameG frames(backend);
  check_steps<FrameSource<FrameG>, FrameD>(support::fixture("frame_stage"), frames, FrameSource<FrameG>(frames),
                                           RmsProp{.learning_rate = 0.05, .epsilon = 0.1}, GeneratorSamples::fresh,
                                           backend);
}

TEST_CASE("two steps of the sequence stage are PyTorch's, through a frame generator in evaluation mode") {
  const auto file = support::fixture("sequence_stage");
  const auto backend = std::make_shared<B>();
  FrameG frames(backend);
  SequenceG sequences(backend);
  load(file, frames.network(), "frame_generator");
  using Source = FilmSource<SequenceG, FrameG>;
  check_steps<Source, FilmD>(file, sequences, Source(sequences, frames),
                             zoetrope::Adam{.learning_rate = 0.05, .beta1 = 0.5, .epsilon = 0.1},
                             GeneratorSamples::reused, backend);
}
