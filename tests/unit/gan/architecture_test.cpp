// The paper's numbers, and what counts as an architecture, a source of samples and an ensemble.

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/train/source.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

using namespace zoetrope;

namespace {

static_assert(Generator<arch::DcganFrame<>>::parameter_count == 27'694'337);
static_assert(Generator<arch::BiLstmSequence<>>::parameter_count == 12'970'596);
using PaperFrames = ProjectedDiscriminatorEnsemble<default_frame_discriminators, projection::PaperFrame>;
using PaperFilms = ProjectedDiscriminatorEnsemble<default_film_discriminators, projection::PaperFilm>;
static_assert(PaperFrames::parameter_count_per_member == 10'508'033 && PaperFrames::static_count == 48);
static_assert(PaperFilms::parameter_count_per_member == 33'621'505 && PaperFilms::static_count == 16);

static_assert(std::is_same_v<Generator<arch::DcganFrame<>>::Output, Shape<1, 30, 30>>);
static_assert(std::is_same_v<Generator<arch::DcganFrame<8, 10>>::Input, Shape<10>>);
static_assert(std::is_same_v<Generator<arch::BiLstmSequence<>>::Input, Shape<100>>);
static_assert(std::is_same_v<Generator<arch::BiLstmSequence<>>::Output, Shape<100, 30>>);
static_assert(std::is_same_v<Generator<arch::BiLstmSequence<8, 32, LatentOutput::scaled, 10>>::Output, Shape<10, 30>>);
static_assert(std::is_same_v<PaperFrames::View, Shape<1, 15, 15>> &&
              std::is_same_v<PaperFrames::Sample, Shape<1, 30, 30>>);
static_assert(std::is_same_v<PaperFilms::View, Shape<1, 30, 9, 9>> &&
              std::is_same_v<PaperFilms::Sample, Shape<1, 30, 30, 30>>);
// A discriminator ends in one logit, and batch norm adds its parameters alone.
static_assert(std::is_same_v<arch::FrameDiscriminator<>::Layers::Output, Shape<1, 1, 1>>);
static_assert(std::is_same_v<arch::FilmDiscriminator<>::Layers::Output, Shape<1, 1, 1, 1>>);
static_assert(arch::FrameDiscriminator<1, DiscriminatorNorm::batch>::Layers::parameter_count ==
              10'508'033 + 2 * (512 + 1024));
static_assert(arch::FilmDiscriminator<1, DiscriminatorNorm::batch>::Layers::parameter_count ==
              33'621'505 + 2 * (512 + 768));

// Behind other projections they have the layers that the view needs.
using Sharp = projection::UnitNormConvolution<Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>;
using ColourFrame = Shape<3, 32, 32>;
using ColourFilm = Shape<3, 16, 32, 32>;
template <class Projection>
using FrameJudge = arch::FrameDiscriminator<8, DiscriminatorNorm::batch, ColourFrame, Projection>;
template <class Projection>
using FilmJudge = arch::FilmDiscriminator<8, DiscriminatorNorm::batch, ColourFilm, Projection>;
static_assert(std::is_same_v<FrameJudge<Sharp>::Layers::Input, Shape<1, 32, 32>> &&
              std::is_same_v<FrameJudge<Sharp>::Layers::Output, Shape<1, 1, 1>>);
static_assert(std::is_same_v<FrameJudge<projection::Identity>::Layers::Input, ColourFrame> &&
              std::is_same_v<FrameJudge<projection::Identity>::Layers::Output, Shape<1, 1, 1>>);
static_assert(std::is_same_v<FilmJudge<projection::Identity>::Layers::Input, ColourFilm> &&
              std::is_same_v<FilmJudge<projection::Identity>::Layers::Output, Shape<1, 1, 1, 1>>);
static_assert(std::is_same_v<FrameJudge<projection::PaperFrame>,
                             arch::FrameDiscriminator<8, DiscriminatorNorm::batch, ColourFrame>>);
using SharpFrames = ProjectedDiscriminatorEnsemble<4, Sharp, FrameJudge<Sharp>>;
static_assert(DiscriminatorEnsemble<SharpFrames>);
static_assert(
    DiscriminatorEnsemble<ProjectedDiscriminatorEnsemble<4, projection::Identity, FilmJudge<projection::Identity>>>);

static_assert(Architecture<arch::DcganFrame<4>> && Architecture<arch::BiLstmSequence<4>>);
static_assert(Architecture<arch::FrameDiscriminator<4>> && Architecture<arch::FilmDiscriminator<4>>);
static_assert(DiscriminatorArchitecture<arch::FrameDiscriminator<4>>);
static_assert(DiscriminatorArchitecture<arch::FilmDiscriminator<4, DiscriminatorNorm::batch>>);
static_assert(!DiscriminatorArchitecture<arch::DcganFrame<4>> && !DiscriminatorArchitecture<arch::BiLstmSequence<4>>);
static_assert(!Architecture<int> && !Architecture<Shape<3>>);

struct Complete {
  using Sample = Shape<9>;
  using Layers = Sequential<Shape<9>, layer::Linear<1>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "Complete"; }
};
struct WithoutDescription {
  using Layers = Complete::Layers;
  static constexpr NormalWeights initializer{};
};
struct WithoutInitializer {
  using Layers = Complete::Layers;
  static std::string description() { return "WithoutInitializer"; }
};
struct WithoutLayers {
  [[maybe_unused]] static constexpr NormalWeights initializer{};
  static std::string description() { return "WithoutLayers"; }
};
struct WithoutSample {
  using Layers = Complete::Layers;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "WithoutSample"; }
};
struct TwoLogits : Complete {
  using Layers = Sequential<Shape<9>, layer::Linear<2>>;
};
static_assert(DiscriminatorArchitecture<Complete>);
static_assert(!Architecture<WithoutDescription> && !Architecture<WithoutInitializer> && !Architecture<WithoutLayers>);
static_assert(Architecture<WithoutSample> && !DiscriminatorArchitecture<WithoutSample>);
static_assert(Architecture<TwoLogits> && !DiscriminatorArchitecture<TwoLogits>);

using Frames = Generator<arch::DcganFrame<64>>;
using Sequences = Generator<arch::BiLstmSequence<64>>;
static_assert(SampleGenerator<Frames> && !SampleGenerator<arch::DcganFrame<>> && !SampleGenerator<PaperFrames>);
static_assert(DiscriminatorEnsemble<PaperFrames> && !DiscriminatorEnsemble<Frames> && !DiscriminatorEnsemble<int>);
static_assert(SampleSource<FrameSource<Frames>> && SampleSource<FilmSource<Sequences, Frames>>);
static_assert(!SampleSource<Frames> && !SampleSource<int>);
static_assert(std::is_same_v<FilmSource<Sequences, Frames>::Sample, Shape<1, 30, 30, 30>>);
static_assert(std::is_same_v<FilmSource<Sequences, Frames>::Latent, Shape<100>>);

using Counted = ProjectedDiscriminatorEnsemble<3, projection::Identity, Complete>;
using Countless = ProjectedDiscriminatorEnsemble<run_time_count, projection::Identity, Complete>;
static_assert(std::is_default_constructible_v<Counted> && !std::is_default_constructible_v<Countless>);

} // namespace

TEST_CASE("an ensemble has the number of members of its type, or the one that it is given") {
  CHECK(Counted().count() == 3);
  CHECK(Counted(3).count() == 3);
  CHECK(Countless(5).count() == 5);
  CHECK_THROWS_WITH_AS(Counted(4), "an ensemble of 3 discriminators was asked for 4", Error);
  CHECK_THROWS_AS(Countless(0), Error);
  CHECK_THROWS_AS(Countless(-1), Error);
}

TEST_CASE("a pack has one logit: of its own samples alone, whatever they are joined with") {
  using Pairs = projection::Packed<Sharp, 2>;
  using Ensemble =
      ProjectedDiscriminatorEnsemble<3, Pairs,
                                     arch::FrameDiscriminator<64, DiscriminatorNorm::none, ColourFrame, Pairs>>;
  static_assert(DiscriminatorEnsemble<Ensemble> && Ensemble::samples_together == 2 && !Ensemble::mixes_samples);
  CHECK(Ensemble::description() == "FrameDiscriminator, shape 3x32x32, widths / 64; projection UnitNormConvolution, "
                                   "kernel 3x3, stride 1x1, padding 1x1, 2 samples together");
  Ensemble ensemble;
  ensemble.initialize(3, Stream::frame_discriminator_weights, Stream::frame_projections);
  auto& parameters = ensemble.network().parameters();
  ensemble.backend().scale(std::ssize(parameters), 5, parameters.data()); // so that logits are not all near 0
  // What a stage does with real and generated samples where there is no batch norm.
  const int batch = 4;
  std::vector<float> real(batch * ColourFrame::size), generated(real.size()), joined(2 * real.size());
  RandomStream(1, Stream::user).fill_normal(0, real.data(), real.size());
  RandomStream(2, Stream::user).fill_normal(0, generated.data(), generated.size());
  auto& backend = ensemble.backend();
  backend.join_batches(batch, ColourFrame::positions, ColourFrame::channels, real.data(), generated.data(),
                       joined.data());
  using Losses = std::array<double, 3>;
  const auto losses = [&](const std::vector<float>& samples, const SampleRange& range) {
    ensemble.forward(range.batch, samples.data(), Mode::training);
    Losses result{};
    ensemble.losses(NonSaturating{}, LogitRole::real, range, result.data());
    return result;
  };
  const Losses of_real = losses(real, {batch, 0, batch}), of_generated = losses(generated, {batch, 0, batch});
  const Losses first = losses(joined, {2 * batch, 0, batch}), last = losses(joined, {2 * batch, batch, batch});
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(first[k] == doctest::Approx(of_real[k]).epsilon(1e-5));
    CHECK(last[k] == doctest::Approx(of_generated[k]).epsilon(1e-5));
    CHECK(std::abs(of_real[k] - of_generated[k]) > 1e-3);
  }
  CHECK_THROWS_WITH_AS(ensemble.forward(3, real.data(), Mode::training),
                       "expected a multiple of 2 samples, which are judged together, got 3", Error);
}

TEST_CASE("architectures of other sizes have other descriptions, so that checkpoints can tell them apart") {
  CHECK(arch::DcganFrame<>::description() == "DcganFrame, latent 100");
  CHECK(arch::DcganFrame<8>::description() != arch::DcganFrame<4>::description());
  CHECK(arch::DcganFrame<8, 10>::description() != arch::DcganFrame<8>::description());
  CHECK(arch::BiLstmSequence<8, 32>::description() != arch::BiLstmSequence<8, 16>::description());
  CHECK(arch::BiLstmSequence<8, 32>::description() != arch::BiLstmSequence<4, 32>::description());
  CHECK(arch::BiLstmSequence<8, 32, LatentOutput::scaled>::description() !=
        arch::BiLstmSequence<8, 32, LatentOutput::tanh>::description());
  CHECK(arch::FrameDiscriminator<8>::description() !=
        arch::FrameDiscriminator<8, DiscriminatorNorm::batch>::description());
  CHECK(arch::FrameDiscriminator<8>::description() != arch::FilmDiscriminator<8>::description());
  using Blunt = ProjectedDiscriminatorEnsemble<4, projection::PaperFrame, FrameJudge<projection::PaperFrame>>;
  CHECK(Blunt::description() == "FrameDiscriminator, shape 3x32x32, widths / 8, batch norm; projection "
                                "UnitNormConvolution, kernel 8x8, stride 2x2, padding 3x3");
  CHECK(SharpFrames::description() == "FrameDiscriminator, shape 3x32x32, widths / 8, batch norm; projection "
                                      "UnitNormConvolution, kernel 3x3, stride 1x1, padding 1x1");
}

TEST_CASE("a generator makes any number of samples, the same one by one") {
  Frames frames;
  frames.initialize(3, Stream::frame_generator_weights);
  std::vector<float> latents(70 * 100);
  RandomStream(1, Stream::user).fill_normal(0, latents.data(), latents.size());
  const auto all = frames.generate(latents);
  REQUIRE(all.size() == 70 * 900);
  for (const std::size_t i : {std::size_t{0}, std::size_t{63}, std::size_t{64}, std::size_t{69}}) {
    const auto one = frames.generate(std::span(latents).subspan(i * 100, 100));
    double difference = 0;
    for (std::size_t p = 0; p < 900; ++p)
      difference = std::max(difference, std::abs(double{one[p]} - double{all[i * 900 + p]}));
    CAPTURE(i);
    CHECK(difference < 1e-6);
  }
  CHECK(frames.generate({}).empty());
  CHECK_THROWS_WITH_AS((void)frames.generate(std::span(latents).first(150)),
                       "a generator expected latents of 100 values each, got 150 values", Error);
}
