/// @file
/// How fast the demo's training steps are against what Eigen's own matrix product reaches on the same machine, in the
/// same run.
///
/// useful_flops counts two for each multiply-add that does not meet padding, once a member and sample: forward,
/// gradient to data and gradient to filter, and nothing else (no batch norm, no activations, no optimizer).

#include <zoetrope/zoetrope.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace {

using namespace zoetrope;

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

/// Multiply-adds of one pass through all products of a network, for one sample and member.
struct Work {
  double first = 0; ///< of the first layer with weights, whose gradient to data is not always wanted
  double rest = 0;

  void add(double layer) { (first == 0 ? first : rest) += layer; }
  [[nodiscard]] double all() const { return first + rest; }
};

double links(const ConvolutionGeometry& geometry) {
  return static_cast<double>(cpu::ConvolutionPlan(geometry).by_output.pairs.size()) * geometry.input_channels *
         geometry.output_channels;
}

template <class Layer>
double layer_work() {
  if constexpr (requires { Layer::geometry; })
    return links(Layer::geometry);
  else if constexpr (requires { Layer::gates; })
    return static_cast<double>(Layer::parameter_count) * Layer::steps; // but for the biases, a thousandth
  else
    return 0;
}

template <class Network>
Work network_work() {
  Work work;
  [&]<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    ((layer_work<Layers>() > 0 ? work.add(layer_work<Layers>()) : void()), ...);
  }(std::type_identity<typename Network::Layers::Bound>{});
  return work;
}

double projection_work(bool film) {
  using Frame = projection::PaperFrame;
  using Film = projection::PaperFilm;
  return film ? links(make_geometry<Shape<1, 30, 30, 30>, Film::OutputOf<Shape<1, 30, 30, 30>>, Extents<1, 8, 8>,
                                    Extents<1, 3, 3>, Extents<0, 2, 2>>())
              : links(make_geometry<Shape<1, 30, 30>, Frame::OutputOf<Shape<1, 30, 30>>, Extents<8, 8>, Extents<2, 2>,
                                    Extents<3, 3>>());
}

/// Both updates of one step. @p generations: how often samples are made; @p behind: work of a frozen network behind the
/// generator, a sample.
template <class G, class D>
double step_flops(int batch, int generations, double behind, bool film) {
  const Work generator = network_work<G>(), discriminator = network_work<D>();
  const double projection = projection_work(film);
  const double generator_work =
      generations * (generator.all() + behind) + generator.all() + generator.rest + behind; // back: filter, data
  const double judge = projection + discriminator.all();
  const double learn = discriminator.all() + discriminator.rest;
  const double judges = 4 * (2 * (judge + learn) + judge + judge); // real and generated; then forward and back to data
  return 2.0 * batch * (generator_work + judges);
}

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
      step_flops<FrameG, FrameD>(frame_batch, 2, 0, false));
}

void sequence_step(benchmark::State& state) {
  set_thread_count(static_cast<int>(state.range(0)));
  Trainer<RmsProp> trainer(settings<RmsProp>());
  run_steps(
      state, [&](const auto& observer) { trainer.train_sequences(BouncingBalls<1>{}, observer); },
      step_flops<SequenceG, SequenceD>(film_batch, 1, 30 * network_work<FrameG>().all(), true));
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
