#include "support/gradient_check.hpp"
#include "unit/io/temporary_folder.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/generator.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/gan/recurrent_sequence.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;

namespace {

template <int Steps>
using NormalizedRecurrent = arch::RecurrentSequence<64, 5, LatentOutput::normalized, 6, Steps, 20>;

} // namespace

static_assert(Architecture<arch::RecurrentSequence<>>);
static_assert(std::is_same_v<arch::RecurrentSequence<>::Layers::Input, Shape<100>>);
static_assert(std::is_same_v<arch::RecurrentSequence<>::Layers::Output, Shape<100, 30>>);
static_assert(std::is_same_v<NormalizedRecurrent<120>::Layers::Output, Shape<6, 120>>);
static_assert(NormalizedRecurrent<120>::Layers::parameter_count == NormalizedRecurrent<7>::Layers::parameter_count);

TEST_CASE("the gradients of the sequence generator of free length agree with finite differences") {
  using support::check_network;
  using support::narrow_step;
  check_network<arch::RecurrentSequence<64, 5, LatentOutput::tanh, 6, 4, 7>>(1, 5, Mode::training, narrow_step, 1);
  check_network<arch::RecurrentSequence<64, 3, LatentOutput::scaled, 6, 5, 7>>(1, 3, Mode::evaluation, narrow_step, 2);
  check_network<NormalizedRecurrent<4>>(1, 4, Mode::training, narrow_step, 3);
}

TEST_CASE("a file of 7 steps makes sequences of 120 that begin with the same 7") {
  const test::TemporaryFolder folder;
  Generator<NormalizedRecurrent<7>> written;
  written.initialize(3, Stream::sequence_generator_weights);
  // Statistics as training leaves them.
  std::vector<float> latents(16 * 20);
  RandomStream(4, Stream::user).fill_normal(0, latents.data(), latents.size());
  written.forward(16, latents.data(), Mode::training);
  save_generator(folder / "generator.safetensors", written);

  Generator<NormalizedRecurrent<120>> longer;
  load_generator(folder / "generator.safetensors", longer);
  std::vector<float> sources(3 * 20);
  RandomStream(5, Stream::user).fill_normal(0, sources.data(), sources.size());
  const auto few = written.generate(sources), many = longer.generate(sources);
  REQUIRE(few.size() == 3 * 7 * 6);
  REQUIRE(many.size() == 3 * 120 * 6);
  for (std::size_t sample = 0; sample < 3; ++sample)
    for (std::size_t i = 0; i < 7 * 6; ++i)
      CHECK(many[sample * 120 * 6 + i] == doctest::Approx(few[sample * 7 * 6 + i]).epsilon(1e-5));
  // The state goes on changing after the seventh step.
  CHECK(std::abs(many[119 * 6] - many[6 * 6]) > 1e-4F);
}

TEST_CASE("what a sequence generator of free length says tells its settings, and not its length") {
  CHECK(arch::RecurrentSequence<8, 128, LatentOutput::normalized>::description() ==
        "RecurrentSequence, hidden 128, latent 100, normalized, widths / 8");
  CHECK(arch::RecurrentSequence<1, 32, LatentOutput::scaled, 7, 16, 5>::description() ==
        "RecurrentSequence, hidden 32, latent 7, film latent 5, scaled 3");
  CHECK(arch::RecurrentSequence<>::description() == "RecurrentSequence, hidden 256, latent 100, tanh");
  CHECK(NormalizedRecurrent<7>::description() == NormalizedRecurrent<120>::description());
}
