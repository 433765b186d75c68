#include "zoetrope/nn/memory_plan.hpp"

#include "zoetrope/core/random.hpp"
#include "zoetrope/gan/architecture.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace zoetrope;

namespace {

template <std::size_t Count>
void check(const std::array<detail::LayerMemory, Count>& layers, const detail::MemoryPlan<Count>& plan) {
  std::ptrdiff_t needed = 0; // where the activations end that layers up to this one read on the way back
  std::ptrdiff_t largest = 0;
  for (std::size_t i = 0; i < Count; ++i) {
    CAPTURE(i);
    const auto& layer = layers[i];
    largest = std::max({largest, layer.input, layer.output});
    if (i > 0) needed = std::max(needed, plan.activations[i - 1] + layer.input);
    if (layer.reads_output) needed = std::max(needed, plan.activations[i] + layer.output);
    const std::ptrdiff_t below = plan.gradients[i], above = plan.gradients[i + 1];
    CHECK(above >= needed);
    if (layer.gradient_in_place) {
      CHECK(below == above);
    } else {
      CHECK(below >= needed);
      CHECK((below + layer.input <= above || above + layer.output <= below));
    }
    CHECK(below + layer.input <= plan.size);
    CHECK(above + layer.output <= plan.size);
    for (const std::ptrdiff_t place : {plan.activations[i], below, above}) CHECK(place % 16 == 0);
    if (layer.overwrites) CHECK(plan.activations[i] == plan.activations[i - 1]);
    if (!layer.overwrites && i > 0) CHECK(plan.activations[i] >= plan.activations[i - 1] + layer.input);
  }
  CHECK(plan.gradients[Count] >= plan.activations[Count - 1] + layers[Count - 1].output);
  CHECK(plan.size <= plan.activation_size + 2 * (largest + 16));
}

} // namespace

TEST_CASE("gradients never take the place of what is still needed, in any row of layers") {
  const RandomStream random(7, Stream::user, 3);
  std::uint64_t draw = 0;
  for (int repetition = 0; repetition < 500; ++repetition) {
    std::array<detail::LayerMemory, 7> layers{};
    auto size = static_cast<std::ptrdiff_t>(1 + random.below(draw++, 400));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      auto& layer = layers[i];
      layer.input = size;
      const auto kind = random.below(draw++, 4); // product, batch norm, activation, recurrent
      layer.gradient_in_place = kind == 1 || kind == 2;
      layer.reads_output = kind >= 2;
      layer.overwrites = kind == 2 && i > 0 && !layers[i - 1].reads_output;
      if (!layer.gradient_in_place) size = static_cast<std::ptrdiff_t>(1 + random.below(draw++, 400));
      layer.output = size;
    }
    check(layers, detail::make_memory_plan(layers));
  }
}

TEST_CASE_TEMPLATE("the paper's networks need little more memory than their activations", Arch, arch::DcganFrame<8>,
                   arch::DcganFrame<>, arch::BiLstmSequence<>, arch::FrameDiscriminator<8, DiscriminatorNorm::batch>,
                   arch::FrameDiscriminator<>, arch::VideoDiscriminator<8, DiscriminatorNorm::batch>,
                   arch::VideoDiscriminator<>) {
  using Plan = detail::MemoryPlanOf<typename Arch::Layers::Bound>;
  check(Plan::layers, Plan::value);
  CHECK(static_cast<double>(Plan::value.size) <= 1.5 * static_cast<double>(Plan::value.activation_size));
}
