#include "support/numbers.hpp"
#include "support/thread_setting.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/train/source.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace zoetrope;

namespace {

using EnsembleOnThreads =
    ProjectedDiscriminatorEnsemble<5, projection::PaperFrame, arch::FrameDiscriminator<32, DiscriminatorNorm::batch>>;
using FramesOnThreads = Generator<arch::DcganFrame<32>>;
using SequencesOnThreads = Generator<arch::BiLstmSequence<32, 9>>;

void append(std::vector<float>& all, const float* values, std::ptrdiff_t count) {
  all.insert(all.end(), values, values + count);
}

/// Everything that a discriminators' and a generator's step of both stages computes.
std::vector<float> everything() {
  const int batch = 9;
  std::vector<float> all;
  const auto backend = std::make_shared<backend::Eigen<float>>();
  FramesOnThreads frames(backend);
  SequencesOnThreads sequences(backend);
  EnsembleOnThreads ensemble(backend);
  frames.initialize(1, Stream::frame_generator_weights);
  sequences.initialize(1, Stream::sequence_generator_weights);
  ensemble.initialize(1, Stream::frame_discriminator_weights, Stream::frame_projections);

  FrameSource<FramesOnThreads> source(frames);
  const auto latents = support::normals<float>(batch * 100, 1);
  const float* samples = source.forward(batch, latents.data());
  append(all, samples, batch * FramesOnThreads::Output::size);
  const auto logit_gradient = support::normals<float>(5 * batch, 2);
  append(all, ensemble.forward(batch, samples, Mode::training), 5 * batch);
  std::copy(logit_gradient.begin(), logit_gradient.end(), ensemble.logit_gradient());
  ensemble.backward_to_parameters(batch);
  ensemble.forward(batch, samples, Mode::training);
  std::copy(logit_gradient.begin(), logit_gradient.end(), ensemble.logit_gradient());
  ensemble.backward_to_samples(batch, source.sample_gradient());
  append(all, source.sample_gradient(), batch * FramesOnThreads::Output::size);
  source.backward(batch);

  FilmSource<SequencesOnThreads, FramesOnThreads> films(sequences, frames);
  append(all, films.forward(2, latents.data()), 2 * 27'000);
  std::ranges::copy(support::normals<float>(2 * 27'000, 3), films.sample_gradient());
  films.backward(2);

  for (auto* buffer :
       {&ensemble.network().gradients(), &ensemble.network().statistics(), &frames.network().gradients(),
        &frames.network().statistics(), &sequences.network().gradients(), &sequences.network().statistics()})
    append(all, buffer->data(), static_cast<std::ptrdiff_t>(buffer->size()));
  return all;
}

} // namespace

TEST_CASE("results are the same bytes on any number of threads, and every time") {
  const support::ThreadSetting setting;
  set_thread_count(1);
  const auto expected = everything();
  for (const int threads : {1, 2, 3, 7}) {
    CAPTURE(threads);
    set_thread_count(threads);
    const auto found = everything();
    REQUIRE(found.size() == expected.size());
    CHECK(std::memcmp(found.data(), expected.data(), expected.size() * sizeof(float)) == 0);
  }
  CHECK(std::isfinite(support::relative_error(expected, expected)));
}
