/// @file
/// How fast the demo's training steps are against what Eigen's own matrix product reaches on the same machine, in the
/// same run.
///
/// useful_flops leaves padding out (work.hpp).

#include "work.hpp"

#include <zoetrope/zoetrope.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace {

using namespace zoetrope;
using namespace zoetrope::benchmarks;

constexpr int width_divisor = 8;
using FrameG = Generator<arch::DcganFrame<width_divisor>>;
using SequenceG = Generator<arch::BiLstmSequence<width_divisor, 128, LatentOutput::scaled>>;
using FrameD = ProjectedDiscriminatorEnsemble<4, projection::PaperFrame,
                                              arch::FrameDiscriminator<width_divisor, DiscriminatorNorm::batch>>;
using SequenceD = ProjectedDiscriminatorEnsemble<4, projection::PaperFilm,
                                                 arch::VideoDiscriminator<width_divisor, DiscriminatorNorm::batch>>;
template <class Optimizer>
using Trainer = TwoStageTrainer<FrameG, SequenceG, FrameD, SequenceD, SumObjective, Optimizer>;

constexpr int frame_batch = 32, film_batch = 16;

template <class Optimizer>
TrainingSettings<Optimizer> settings() {
  return {.seed = 1,
          .frames = {.steps = ~0ull, .batch_size = frame_batch},
          .sequences = {.steps = ~0ull, .batch_size = film_batch}};
}

/// Runs the trainer's own loop: one benchmark iteration is one step, data and all.
template <class Train>
void run_steps(benchmark::State& state, const Train& train, double flops) {
  bool warm = false;
  train([&](const StepReport&) {
    if (!warm) {
      warm = true; // buffers are allocated in the first step
      return Flow::carry_on;
    }
    return state.KeepRunning() ? Flow::carry_on : Flow::stop;
  });
  state.counters["useful_flops"] =
      benchmark::Counter(flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void frame_step(benchmark::State& state) {
  set_thread_count(static_cast<int>(state.range(0)));
  Trainer<Adam> trainer(settings<Adam>());
  run_steps(
      state, [&](const auto& observer) { trainer.train_frames(BouncingBalls<1>{}, observer); },
      useful_step_flops<FrameG, FrameD>({.batch = frame_batch, .members = 4, .generations = 2}));
}

void sequence_step(benchmark::State& state) {
  set_thread_count(static_cast<int>(state.range(0)));
  Trainer<RmsProp> trainer(settings<RmsProp>());
  run_steps(
      state, [&](const auto& observer) { trainer.train_sequences(BouncingBalls<1>{}, observer); },
      useful_step_flops<SequenceG, SequenceD>(
          {.batch = film_batch, .members = 4, .behind = 30 * network_work<FrameG>(useful_links).all(), .film = true}));
}

/// Eigen's 1024 x 1024 product in floats, one on each thread.
void eigen_product(benchmark::State& state) {
  constexpr int size = 1024;
  set_thread_count(static_cast<int>(state.range(0)));
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(size, size), b = Eigen::MatrixXf::Random(size, size);
  std::vector<Eigen::MatrixXf> products(static_cast<std::size_t>(thread_count()), Eigen::MatrixXf(size, size));
  for (auto _ : state)
    parallel_for(thread_count(), [&](std::ptrdiff_t i) { products[static_cast<std::size_t>(i)].noalias() = a * b; });
  state.counters["useful_flops"] = benchmark::Counter(
      2.0 * size * size * size * thread_count() * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK(eigen_product)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(frame_step)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond)->MinTime(3);
BENCHMARK(sequence_step)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond)->MinTime(3);

} // namespace

BENCHMARK_MAIN();
