#include "benchmarks/memory.hpp"

#include "benchmarks/allocations.hpp"
#include "benchmarks/workloads.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;
using namespace zoetrope::benchmarks;

namespace {

using Frame = Shape<3, 4, 4>;
using Convolved = layer::Convolution<5, Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>;
struct Counted {
  using Layers = Sequential<Frame, Convolved, layer::BatchNorm, layer::Relu, Convolved, layer::Tanh>;
};
struct CountedSequence {
  using Layers = Sequential<Shape<3, 7>, layer::Lstm<4, 2, true>, layer::Linear<2>>;
};

/// What a trainer of @p W takes in its first step on two threads, beyond what stays, as a share of the activations.
template <class Trainer, class Settings>
double activation_share(const StageMemory& memory, const Settings& settings, bool films) {
  const int threads = thread_count();
  set_thread_count(2);
  const auto stop = [](const StepReport&) { return Flow::stop; };
  const std::ptrdiff_t before = allocated_bytes();
  Trainer trainer(settings);
  if (films) {
    trainer.begin_sequences(); // what the frames look like takes no memory
    trainer.train_sequences(BouncingBalls<1>{}, stop);
  } else {
    trainer.train_frames(BouncingBalls<1>{}, stop);
  }
  const auto bytes = static_cast<double>(allocated_bytes() - before);
  set_thread_count(threads);
  return memory.activation_share(bytes);
}

} // namespace

TEST_CASE("the activations that the backward pass reads are those that were counted by hand") {
  // The input, what batch norm reads, and ReLU's and tanh's outputs; frozen, the latter two.
  CHECK(activations_for_backward<Counted>() == 16 * (3 + 5 + 5 + 5));
  CHECK(activations_for_backward<Counted>(true) == 16 * (5 + 5));
  // Input, output, gates, cells and the first layer's output; the linear layer's output is nobody's input.
  CHECK(activations_for_backward<CountedSequence>() == 7 * (3 + 8 + 2 * 2 * 5 * 4 + 8));
}

#if !defined(ZOETROPE_HAS_ADDRESS_SANITIZER) // it takes long to compile, and the sanitizer changes no size
TEST_CASE("both stages take at most 1.3 times those activations, beyond parameters, gradients and optimizers") {
  using FrameTrainer = Demo::FrameTrainer;
  const double frames =
      activation_share<FrameTrainer>(frame_stage_memory<Demo>(), Demo::settings<Demo::FrameOptimizer>(), false);
  const double films =
      activation_share<Demo::SequenceTrainer>(sequence_stage_memory<Demo>(), Demo::settings<RmsProp>(), true);
  for (const double share : {frames, films}) {
    CHECK(share > 0.9); // less would mean that something is not counted
    CHECK(share <= 1.3);
  }
}
#endif
