/// @file
/// How fast the paper's training steps are on a GPU, with their parts, against what a large matrix product reaches on
/// it in the same run. Every time is from CUDA events; steps are those of the trainer's own loop, data and all.
///
/// nominal_flops counts every tap, useful_flops leaves padding out (work.hpp).

#include "work.hpp"

#include <zoetrope/backend/cudnn.hpp>
#include <zoetrope/zoetrope.hpp>

#include <benchmark/benchmark.h>

#include <cuda_bf16.h>

#include <cstdio>

namespace {

using namespace zoetrope;
using namespace zoetrope::benchmarks;

constexpr int frame_batch = 64, film_batch = 8, frame_members = 48, film_members = 16;

template <class P>
using FrameG = Generator<arch::DcganFrame<>, CudnnBackend<P>>;
template <class P>
using SequenceG = Generator<arch::BiLstmSequence<>, CudnnBackend<P>>;
using FrameD = arch::FrameDiscriminator<>;
using FilmD = arch::VideoDiscriminator<>;

void count(benchmark::State& state, const char* name, double flops) {
  state.counters[name] =
      benchmark::Counter(flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Repeats @p work, after one run to warm up; @p nominal and @p useful are its floating-point operations.
template <class Action>
void measure(benchmark::State& state, cudaStream_t stream, double nominal, double useful, const Action& work) {
  work();
  const cudnn::Stopwatch stopwatch(stream);
  for (auto _ : state) state.SetIterationTime(stopwatch.time(work));
  if (nominal > 0) count(state, "nominal_flops", nominal);
  if (useful > 0) count(state, "useful_flops", useful);
}

/// Normal numbers on the device, so that no product is faster for its zeros.
template <class B>
typename B::Buffer random_buffer(const B& backend, std::size_t size, std::uint32_t seed) {
  std::vector<float> some(std::min<std::size_t>(size, 1 << 20));
  RandomStream(1, Stream::user, seed).fill_normal(0, some.data(), some.size());
  typename B::Buffer buffer(size);
  for (std::size_t first = 0; first < size; first += some.size())
    backend.copy_from_host(some.data(), std::min(some.size(), size - first), buffer.data() + first);
  return buffer;
}

// --- What the GPU can do
// ------------------------------------------------------------------------------------------------

void tf32_product(benchmark::State& state) {
  constexpr std::ptrdiff_t size = 8192;
  CudnnBackend<Tf32> backend;
  const auto a = random_buffer(backend, size * size, 1), b = random_buffer(backend, size * size, 2);
  auto c = random_buffer(backend, size * size, 3);
  measure(state, backend.device().stream(), 2.0 * size * size * size, 0, [&] {
    backend.device().multiply<Tf32>(
        {size, size, size, 1, {a.data(), size, 0}, {b.data(), size, 0}, {c.data(), size, 0}, false});
  });
}

void copy(benchmark::State& state) {
  constexpr std::size_t size = std::size_t{1} << 29;
  CudnnBackend<> backend;
  const auto from = random_buffer(backend, size, 1);
  typename CudnnBackend<>::Buffer to(size);
  measure(state, backend.device().stream(), 0, 0, [&] { backend.copy(from.data(), size, to.data()); });
  count(state, "bytes_read_and_written", 2.0 * size * sizeof(float));
}

// --- Whole steps
// --------------------------------------------------------------------------------------------------------

/// Runs the trainer's own loop and times from one report to the next.
template <class Train>
void run_steps(benchmark::State& state, const Train& train, double nominal, double useful) {
  int warm = 0;
  train([&](const StepReport&) {
    if (++warm < 4) return Flow::carry_on; // allocates, records, starts the graph
    return state.KeepRunning() ? Flow::carry_on : Flow::stop;
  });
  count(state, "nominal_flops", nominal);
  count(state, "useful_flops", useful);
}

template <class P>
using Trainer = TwoStageTrainer<FrameG<P>, SequenceG<P>>;

template <class P>
void frame_step(benchmark::State& state) {
  auto settings = paper_config();
  settings.frames.steps = ~0ull;
  Trainer<P> trainer(settings);
  constexpr StepShape shape{.batch = frame_batch, .members = frame_members, .generations = 2};
  run_steps(
      state, [&](const auto& observer) { trainer.train_frames(BouncingBalls<3>{}, observer); },
      nominal_step_flops<arch::DcganFrame<>, FrameD>(shape), useful_step_flops<arch::DcganFrame<>, FrameD>(shape));
}

template <class P>
void sequence_step(benchmark::State& state) {
  auto settings = paper_config();
  settings.sequences.steps = ~0ull;
  Trainer<P> trainer(settings);
  const auto shape = [](CountLinks links) {
    return StepShape{.batch = film_batch,
                     .members = film_members,
                     .behind = 30 * network_work<arch::DcganFrame<>>(links).all(),
                     .film = true};
  };
  run_steps(
      state, [&](const auto& observer) { trainer.train_sequences(BouncingBalls<3>{}, observer); },
      nominal_step_flops<arch::BiLstmSequence<>, FilmD>(shape(nominal_links)),
      useful_step_flops<arch::BiLstmSequence<>, FilmD>(shape(useful_links)));
}

// --- Parts
// --------------------------------------------------------------------------------------------------------------

/// One direction of one convolution: 0 forward, 1 data gradient, 2 filter gradient.
template <class P>
void convolution(benchmark::State& state, const ConvolutionGeometry& g, int members, int batch, int direction) {
  CudnnBackend<P> backend;
  const typename CudnnBackend<P>::ConvolutionPlan plan(g);
  const auto size = [](std::ptrdiff_t values) { return static_cast<std::size_t>(values); };
  auto input = random_buffer(backend, size(batch * g.input_positions() * members * g.input_channels), 1);
  auto output = random_buffer(backend, size(batch * g.output_positions() * members * g.output_channels), 2);
  auto filter = random_buffer(backend, size(members * g.taps() * g.input_channels * g.output_channels), 3);
  const double samples = 2.0 * batch * members;
  measure(state, backend.device().stream(), samples * nominal_links(g), samples * useful_links(g), [&] {
    if (direction == 0)
      backend.convolution_forward(plan, members, batch, input.data(), filter.data(), nullptr, output.data());
    else if (direction == 1)
      backend.convolution_data_gradient(plan, members, batch, output.data(), filter.data(), nullptr, input.data());
    else
      backend.convolution_filter_gradient(plan, members, batch, input.data(), output.data(), filter.data());
  });
}

template <class P>
void rms_prop(benchmark::State& state, std::ptrdiff_t size) {
  CudnnBackend<P> backend;
  const auto values = static_cast<std::size_t>(size);
  const auto gradient = random_buffer(backend, values, 1);
  auto average = random_buffer(backend, values, 2), parameters = random_buffer(backend, values, 3);
  backend.fill(average.data(), values, 1.0F);
  measure(state, backend.device().stream(), 0, 0,
          [&] { backend.rms_prop(size, 1e-6, 0.99, 1e-8, gradient.data(), average.data(), parameters.data()); });
  count(state, "bytes_read_and_written", 5.0 * static_cast<double>(size) * sizeof(float));
}

benchmark::internal::Benchmark* timed(benchmark::internal::Benchmark* one) {
  return one->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(0.2);
}

template <class P, class Network>
void register_layers(const std::string& network, int members, int batch) {
  int place = 0;
  const auto add = [&](const ConvolutionGeometry& g) {
    const char* directions[] = {"forward", "data_gradient", "filter_gradient"};
    for (int direction = 0; direction < 3; ++direction) {
      const std::string name =
          std::string(P::name) + "/" + network + "/" + std::to_string(place) + "/" + directions[direction];
      timed(benchmark::RegisterBenchmark(
          name.c_str(), [=](benchmark::State& state) { convolution<P>(state, g, members, batch, direction); }));
    }
    ++place;
  };
  [&]<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    const auto visit = [&]<class Layer>(std::type_identity<Layer>) {
      if constexpr (requires { Layer::geometry; }) add(Layer::geometry);
    };
    (visit(std::type_identity<Layers>{}), ...);
  }(std::type_identity<typename Network::Layers::Bound>{});
}

template <class P>
void register_all() {
  const std::string name = P::name;
  const auto add_step = [&](const char* what, void (*run)(benchmark::State&)) {
    benchmark::RegisterBenchmark((name + what).c_str(), run)->UseRealTime()->Unit(benchmark::kMillisecond)->MinTime(2);
  };
  add_step("/frame_step", frame_step<P>);
  add_step("/sequence_step", sequence_step<P>);
  for (const bool film : {false, true}) {
    auto geometry = projection_geometry(film);
    geometry.output_channels = film ? film_members : frame_members;
    for (int direction = 0; direction < 2; ++direction)
      timed(benchmark::RegisterBenchmark(
          (name + (film ? "/film_projection/" : "/frame_projection/") + (direction == 0 ? "forward" : "data_gradient"))
              .c_str(),
          [=](benchmark::State& state) {
            convolution<P>(state, geometry, 1, film ? film_batch : frame_batch, direction);
          }));
  }
  register_layers<P, arch::DcganFrame<>>("frame_generator", 1, frame_batch);
  register_layers<P, FrameD>("frame_discriminators", frame_members, frame_batch);
  register_layers<P, FilmD>("film_discriminators", film_members, film_batch);
  timed(benchmark::RegisterBenchmark((name + "/rms_prop/frame_discriminators").c_str(), [](benchmark::State& state) {
    rms_prop<P>(state, frame_members * FrameD::Layers::parameter_count);
  }));
}

} // namespace

int main(int argc, char** argv) {
  if (!CudnnBackend<>::available()) {
    std::puts("skipped: there is no GPU");
    return 77;
  }
  timed(benchmark::RegisterBenchmark("tf32/product_of_8192", tf32_product));
  timed(benchmark::RegisterBenchmark("copy_of_2_GiB", copy));
  register_all<Tf32>();
  register_all<Bf16>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
