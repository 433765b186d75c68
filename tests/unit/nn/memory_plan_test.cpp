#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/memory_plan.hpp"

#include "zoetrope/core/random.hpp"
#include "zoetrope/gan/paper.hpp"

#include <doctest/doctest.h>

#include <type_traits>

using namespace zoetrope;

namespace {

template <std::size_t Count>
void check(const std::array<detail::LayerMemory, Count>& layers, const detail::MemoryPlan<Count>& plan) {
  const auto apart = [](std::ptrdiff_t a, std::ptrdiff_t a_size, std::ptrdiff_t b, std::ptrdiff_t b_size) {
    return a + a_size <= b || b + b_size <= a;
  };
  std::ptrdiff_t largest = 0;
  for (std::size_t i = 0; i < Count; ++i) {
    CAPTURE(i);
    const auto& layer = layers[i];
    largest = std::max({largest, layer.input, layer.output});
    const std::ptrdiff_t below = plan.gradients[i], above = plan.gradients[i + 1];
    // What layers up to this one read in their backward pass.
    for (std::size_t j = 0; j <= i; ++j) {
      const auto& reader = layers[j];
      if (reader.input_use != InputUse::none && j > 0) {
        const std::ptrdiff_t input = plan.activations[j - 1];
        CHECK(apart(above, layer.output, input, reader.input));
        if (j < i || reader.input_use == InputUse::always) CHECK(apart(below, layer.input, input, reader.input));
      }
      if (reader.reads_output) {
        CHECK(apart(above, layer.output, plan.activations[j], reader.output));
        CHECK(apart(below, layer.input, plan.activations[j], reader.output));
      }
    }
    if (layer.gradient_in_place)
      CHECK(below == above);
    else
      CHECK(apart(below, layer.input, above, layer.output));
    CHECK(below + layer.input <= plan.size);
    CHECK(above + layer.output <= plan.size);
    for (const std::ptrdiff_t offset : {plan.activations[i], below, above}) CHECK(offset % 16 == 0);
    if (i == 0) continue;
    if (layer.in_place && !layers[i - 1].reads_output)
      CHECK(plan.activations[i] == plan.activations[i - 1]);
    else
      CHECK(plan.activations[i] >= plan.activations[i - 1] + layer.input);
  }
  CHECK(apart(plan.gradients[Count], layers[Count - 1].output, plan.activations[Count - 1], layers[Count - 1].output));
  CHECK(plan.size <= plan.activation_size + 2 * (largest + 16));
}

} // namespace

TEST_CASE("gradients never overwrite what is still needed, in any row of layers") {
  const RandomStream random(7, Stream::user, 3);
  std::uint64_t draw = 0;
  for (int repetition = 0; repetition < 500; ++repetition) {
    std::array<detail::LayerMemory, 7> layers{};
    auto size = static_cast<std::ptrdiff_t>(1 + random.below(draw++, 400));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      auto& layer = layers[i];
      layer.input = size;
      enum { product, frozen_product, norm, frozen_norm, squash, relu, recurrent, kinds };
      const auto kind = random.below(draw++, kinds);
      layer.gradient_in_place = kind >= norm && kind <= relu;
      layer.in_place = kind >= frozen_norm && kind <= relu;
      layer.reads_output = kind == squash || kind == recurrent;
      layer.input_use = kind == product                     ? InputUse::for_parameters
                        : kind == norm || kind == recurrent ? InputUse::always
                                                            : InputUse::none;
      if (!layer.gradient_in_place) size = static_cast<std::ptrdiff_t>(1 + random.below(draw++, 400));
      layer.output = size;
    }
    check(layers, detail::make_memory_plan(layers));
  }
}

TEST_CASE_TEMPLATE("the paper's networks need little more memory than their activations", Arch, arch::DcganFrame<8>,
                   arch::DcganFrame<>, arch::BiLstmSequence<>, arch::FrameDiscriminator<8, DiscriminatorNorm::batch>,
                   arch::FrameDiscriminator<>, arch::FilmDiscriminator<8, DiscriminatorNorm::batch>,
                   arch::FilmDiscriminator<>) {
  const auto check_plan = []<class Plan>(std::type_identity<Plan>, double most) {
    check(Plan::layers, Plan::value);
    CHECK(static_cast<double>(Plan::value.size) <= most * static_cast<double>(Plan::value.activation_size));
  };
  using Bound = typename Arch::Layers::Bound;
  // Without signs, an output stays until its own gradient is there; an LSTM always reads its output and its input.
  constexpr bool recurrent = Arch::Layers::Output::rank == 1;
  check_plan(std::type_identity<detail::MemoryPlanOf<Bound, false, false>>{}, 1.5);
  check_plan(std::type_identity<detail::MemoryPlanOf<Bound, false, true>>{}, recurrent ? 1.7 : 1.6);
  check_plan(std::type_identity<detail::MemoryPlanOf<Bound, true, false>>{}, recurrent ? 1.5 : 1.03);
  check_plan(std::type_identity<detail::MemoryPlanOf<Bound, true, true>>{}, recurrent ? 1.7 : 1.001);
}
