#include "support/gradient_check.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/source.hpp"

#include <cstring>

using namespace zoetrope;
using support::check_network;
using support::narrow_step;

namespace {

using Backend64 = backend::Eigen<double>;
using FrameArchitecture = arch::DcganFrame<64>;
using TanhArchitecture = arch::BiLstmSequence<64, 5>;
using ScaledArchitecture = arch::BiLstmSequence<64, 3, LatentOutput::scaled>;
using NormalizedArchitecture = arch::BiLstmSequence<64, 3, LatentOutput::normalized>;
using FrameGenerator = Generator<FrameArchitecture, Backend64>;
using SequenceGenerator = Generator<TanhArchitecture, Backend64>;

// Instead of ReLUs these have tanh: 90 frames have so many pre-activations that with ReLUs no step between two kinks
// is wide enough for the differences' rounding.
struct SmoothFrame {
  using Layers = Sequential<Shape<7>, layer::Linear<12>, layer::BatchNorm, layer::Tanh, layer::ViewAsGrid<3, 2, 2>,
                            layer::TransposedConvolution<2, Extents<5, 4>, Extents<2, 2>, Extents<1, 1>>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "SmoothFrame"; }
};
struct SmoothSequence {
  using Layers = Sequential<Shape<7>, layer::Linear<18>, layer::BatchNorm, layer::Tanh, layer::ViewAsSequence<6, 3>,
                            layer::Lstm<3, 2, true>, layer::Linear<7>, layer::Scale<3>>;
  static constexpr UniformByFanIn initializer{};
  static std::string description() { return "SmoothSequence"; }
};

std::vector<double> copy_of(const eigen::Buffer<double>& buffer) {
  return {buffer.data(), buffer.data() + buffer.size()};
}

/// With values, on one backend.
struct BothGenerators {
  BothGenerators() {
    support::initialize(frames.network(), 5);
    support::initialize(sequences.network(), 6);
  }

  std::shared_ptr<Backend64> backend = std::make_shared<Backend64>();
  FrameGenerator frames{backend};
  SequenceGenerator sequences{backend};
};

/// @p values, samples in the backend's layout, on the host.
template <SampleShape Sample>
std::vector<double> exported(Backend64& backend, int batch, const double* values) {
  auto samples = support::poison<double>(batch * Sample::size);
  backend.export_samples(batch, Sample::positions, Sample::channels, values, samples.data());
  return samples;
}

bool same_bytes(const std::vector<double>& before, const eigen::Buffer<double>& now) {
  return before.size() == now.size() && std::memcmp(before.data(), now.data(), now.size() * sizeof(double)) == 0;
}

} // namespace

TEST_CASE("the gradients of the frame generator agree with finite differences in both modes") {
  check_network<FrameArchitecture>(1, 5, Mode::training, narrow_step, 1, {"0.bias", "4.bias", "7.bias", "10.bias"});
  check_network<FrameArchitecture>(1, 3, Mode::evaluation, narrow_step, 2);
}

TEST_CASE("the gradients of the sequence generator agree with finite differences in both modes") {
  check_network<TanhArchitecture>(1, 5, Mode::training, narrow_step, 1);
  check_network<ScaledArchitecture>(1, 3, Mode::evaluation, narrow_step, 2);
  check_network<NormalizedArchitecture>(1, 3, Mode::training, narrow_step, 3, {"14.bias"});
}

/// @p Source over @p sequences and @p frames, frozen and learning.
template <class Source, class SequenceG, class FrameG>
void check_gradients_in_films(SequenceG& sequences, FrameG& frames) {
  const int batch = 3;
  const auto latents = support::normals(batch * Source::Latent::size, 7);
  const auto functional = support::normals(batch * Source::Sample::size, 8);
  for (const auto weights : {FrameWeights::frozen, FrameWeights::learning}) {
    const bool learning = weights == FrameWeights::learning;
    CAPTURE(learning);
    Source source(sequences, frames, weights);
    const std::function<double()> loss = [&] {
      const double* films = source.forward(batch, latents.data());
      double sum = 0;
      for (std::size_t i = 0; i < functional.size(); ++i) sum += functional[i] * films[i];
      return sum;
    };
    std::vector<std::string> learners;
    source.visit_learners([&](const std::string& name, Learner<Backend64>& learner) {
      learners.push_back(name);
      learner.clear_gradients();
    });
    loss();
    std::ranges::copy(functional, source.sample_gradient());
    source.backward(batch);
    // What is added to all latents alike, the batch norm of a frame generator that learns takes away, but where frames
    // of the prior, to which it is not added, are in the same batch.
    const bool of_films_alone = std::is_same_v<Source, FilmSource<SequenceG, FrameG>>;
    const auto zero =
        learning && of_films_alone ? std::vector<std::string>{"0.bias", "5.bias"} : std::vector<std::string>{"0.bias"};
    support::check_parameters(sequences.network(), copy_of(sequences.network().gradients()), loss, support::smooth_step,
                              zero);
    CHECK(learners == (learning ? std::vector<std::string>{"", "frame_generator"} : std::vector<std::string>{""}));
    if (learning)
      support::check_parameters(frames.network(), copy_of(frames.network().gradients()), loss, support::smooth_step,
                                {"0.bias"});
  }
}

TEST_CASE("in films, the gradients of all generators that learn agree with finite differences") {
  const auto backend = std::make_shared<Backend64>();
  using FrameG = Generator<SmoothFrame, Backend64>;
  using SequenceG = Generator<SmoothSequence, Backend64>;
  FrameG frames(backend);
  SequenceG sequences(backend);
  support::initialize(frames.network(), 5);
  support::initialize(sequences.network(), 6);
  support::poison_buffers(frames.network(), 40);
  support::poison_buffers(sequences.network(), 40);
  static_assert(std::is_same_v<FilmSource<SequenceG, FrameG>::Sample, Shape<2, 6, 5, 4>>);
  check_gradients_in_films<FilmSource<SequenceG, FrameG>>(sequences, frames);
  check_gradients_in_films<FilmSource<SequenceG, FrameG, PriorFrames::beside_films>>(sequences, frames);
}

TEST_CASE("beside a film is the frame that the frame generator draws of the film's own latent, in one batch with it") {
  const int batch = 3;
  BothGenerators both;
  auto& [backend, frames, sequences] = both;
  using Source = FilmSource<SequenceGenerator, FrameGenerator, PriorFrames::beside_films>;
  static_assert(std::is_same_v<Source::Sample, Shape<1, 31, 30, 30>>);
  Source source(sequences, frames, FrameWeights::learning);
  const auto latents = support::normals(batch * Source::Latent::size, 7);
  const auto films = exported<Source::Sample>(*backend, batch, source.forward(batch, latents.data()));

  // Batch norm of all 31 * batch latents at once, in another order.
  auto codes = exported<SequenceGenerator::Output>(*backend, batch,
                                                   sequences.network().forward(batch, latents.data(), Mode::training));
  codes.insert(codes.end(), latents.begin(), latents.end());
  const auto expected =
      exported<FrameGenerator::Output>(*backend, 31 * batch, frames.forward(31 * batch, codes.data(), Mode::training));
  double difference = 0;
  for (int film = 0; film < batch; ++film)
    for (int time = 0; time < 31; ++time) {
      const int at = time < 30 ? film * 30 + time : 30 * batch + film;
      for (int p = 0; p < 900; ++p)
        difference = std::max(difference, std::abs(films[static_cast<std::size_t>((film * 31 + time) * 900 + p)] -
                                                   expected[static_cast<std::size_t>(at * 900 + p)]));
    }
  CHECK(difference < 1e-12);
}

TEST_CASE("training the sequence generator leaves every byte of the frame generator as it was") {
  const int batch = 3;
  BothGenerators both;
  auto& [backend, frames, sequences] = both;
  backend->fill(frames.network().gradients().data(), frames.network().gradients().size(), 0.25);
  const auto parameters = copy_of(frames.network().parameters());
  const auto statistics = copy_of(frames.network().statistics());
  const auto gradients = copy_of(frames.network().gradients());

  using Source = FilmSource<SequenceGenerator, FrameGenerator>;
  Source source(sequences, frames);
  const auto before = copy_of(sequences.network().gradients());
  const auto statistics_before = copy_of(sequences.network().statistics());
  const auto latents = support::normals(batch * Source::Latent::size, 7);
  const auto gradient = support::normals(batch * Source::Sample::size, 8);
  source.forward(batch, latents.data());
  std::ranges::copy(gradient, source.sample_gradient());
  source.backward(batch);
  CHECK_FALSE(same_bytes(before, sequences.network().gradients()));
  CHECK_FALSE(same_bytes(statistics_before, sequences.network().statistics()));
  // Frozen means the statistics of batch norm too, and the gradients that nobody asked for.
  CHECK(same_bytes(parameters, frames.network().parameters()));
  CHECK(same_bytes(statistics, frames.network().statistics()));
  CHECK(same_bytes(gradients, frames.network().gradients()));
}

TEST_CASE("a film's frames are the frame generator's pictures of the sequence's latents, in order") {
  const int batch = 3;
  BothGenerators both;
  auto& [backend, frames, sequences] = both;
  using Source = FilmSource<SequenceGenerator, FrameGenerator>;
  Source source(sequences, frames);
  const auto latents = support::normals(batch * Source::Latent::size, 7);

  const auto films = exported<Source::Sample>(*backend, batch, source.forward(batch, latents.data()));
  // The same latents once more, one after another in the order (sample, time) and so by another path.
  auto codes = exported<SequenceGenerator::Output>(*backend, batch,
                                                   sequences.network().forward(batch, latents.data(), Mode::training));
  for (int i = 0; i < batch * 30; i += 7) {
    const double* frame = frames.network().forward(1, codes.data() + i * 100, Mode::evaluation);
    double difference = 0;
    for (int p = 0; p < 900; ++p)
      difference = std::max(difference, std::abs(frame[p] - films[static_cast<std::size_t>(i * 900 + p)]));
    CAPTURE(i);
    CHECK(difference < 1e-12);
  }
}

TEST_CASE("the frame source trains the frame generator on the gradient of its own samples") {
  const int batch = 3;
  FrameGenerator frames;
  support::initialize(frames.network(), 5);
  FrameSource<FrameGenerator> source(frames);
  const auto latents = support::normals(batch * FrameGenerator::Input::size, 7);
  const auto functional = support::normals(batch * FrameGenerator::Output::size, 8);
  const std::function<double()> loss = [&] {
    const double* samples = source.forward(batch, latents.data());
    double sum = 0;
    for (std::size_t i = 0; i < functional.size(); ++i) sum += functional[i] * samples[i];
    return sum;
  };
  loss();
  std::ranges::copy(functional, source.sample_gradient());
  source.backward(batch);
  support::check_parameters(frames.network(), copy_of(frames.network().gradients()), loss, narrow_step,
                            {"0.bias", "4.bias", "7.bias", "10.bias"});
}
