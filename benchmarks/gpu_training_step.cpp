/// @file
/// How fast the paper's training steps are on a GPU, with their parts, against what a large matrix product reaches on
/// it in the same run. Parts are timed by CUDA events, steps from one report of the trainer's own loop to the next,
/// data and all.
///
/// nominal_flops counts every tap, useful_flops leaves padding out (work.hpp). nominal_share is that of the product.

#include "work.hpp"

#include <zoetrope/backend/cudnn.hpp>
#include <zoetrope/zoetrope.hpp>

#include <benchmark/benchmark.h>

#include <cuda_bf16.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace {

using namespace zoetrope;
using namespace zoetrope::benchmarks;

constexpr int frame_batch = 64, film_batch = 8, frame_members = 48, film_members = 16;

template <class P>
using FrameG = Generator<arch::DcganFrame<>, backend::Cudnn<P>>;
template <class P>
using SequenceG = Generator<arch::BiLstmSequence<>, backend::Cudnn<P>>;
using FrameD = arch::FrameDiscriminator<>;
using FilmD = arch::FilmDiscriminator<>;

/// What a large product reached in this run, floating-point operations a second.
template <class P>
double product_rate = 0;

void count(benchmark::State& state, const char* name, double flops) {
  state.counters[name] =
      benchmark::Counter(flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Repeats @p work, after one run to warm up, and gives the seconds of one.
template <class Action>
double measure(benchmark::State& state, cudaStream_t stream, const Action& work) {
  work();
  const cudnn::Stopwatch stopwatch(stream);
  std::vector<double> times;
  for (auto _ : state) {
    times.push_back(stopwatch.time(work));
    state.SetIterationTime(times.back());
  }
  std::nth_element(times.begin(), times.begin() + std::ssize(times) / 2, times.end());
  const double median = times[times.size() / 2];
  state.counters["median_ms"] = 1e3 * median;
  return median;
}

/// Reports work that took @p seconds, with its share of what a large product reached.
template <class P>
void report(benchmark::State& state, double seconds, double nominal, double useful) {
  state.counters["nominal_flops"] = nominal / seconds;
  state.counters["useful_flops"] = useful / seconds;
  if (product_rate < P >> 0) state.counters["nominal_share"] = nominal / seconds / product_rate<P>;
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

// --- What the GPU can do ---

constexpr std::ptrdiff_t product_size = 8192;
constexpr double product_flops = 2.0 * product_size * product_size * product_size;

void tf32_product(benchmark::State& state) {
  constexpr std::ptrdiff_t size = product_size;
  backend::Cudnn<Tf32> backend;
  const auto a = random_buffer(backend, size * size, 1), b = random_buffer(backend, size * size, 2);
  auto c = random_buffer(backend, size * size, 3);
  const double seconds = measure(state, backend.device().stream(), [&] {
    backend.device().multiply<Tf32>(
        {size, size, size, 1, {a.data(), size, 0}, {b.data(), size, 0}, {c.data(), size, 0}, false});
  });
  product_rate<Tf32> = product_flops / seconds;
  report<Tf32>(state, seconds, product_flops, product_flops);
}

/// Operands and result in bfloat16 from the start, as the best that a GPU can do.
void bf16_product(benchmark::State& state) {
  constexpr std::ptrdiff_t size = product_size;
  backend::Cudnn<Bf16> backend;
  const auto stream = backend.device().stream();
  using Narrow = cudnn::Buffer<__nv_bfloat16, cudnn::CudaMemory>;
  Narrow a(size * size), b(size * size), c(size * size);
  for (Narrow* matrix : {&a, &b}) {
    const auto values = random_buffer(backend, size * size, matrix == &a ? 1 : 2);
    backend.device().run(size * size, kernel::Convert<float, __nv_bfloat16>{values.data(), matrix->data()});
  }
  cublasHandle_t cublas = nullptr;
  cudnn::check(cublasCreate(&cublas), "cublasCreate", "a benchmark");
  cudnn::check(cublasSetStream(cublas, stream), "cublasSetStream", "a benchmark");
  const float one = 1.0F, zero = 0.0F;
  const double seconds = measure(state, stream, [&] {
    cudnn::check(cublasGemmEx_64(cublas, CUBLAS_OP_N, CUBLAS_OP_N, size, size, size, &one, b.data(), CUDA_R_16BF, size,
                                 a.data(), CUDA_R_16BF, size, &zero, c.data(), CUDA_R_16BF, size, CUBLAS_COMPUTE_32F,
                                 CUBLAS_GEMM_DEFAULT),
                 "cublasGemmEx", "a benchmark");
  });
  (void)cublasDestroy(cublas);
  product_rate<Bf16> = product_flops / seconds;
  report<Bf16>(state, seconds, product_flops, product_flops);
}

void copy(benchmark::State& state) {
  constexpr std::size_t size = std::size_t{1} << 29;
  backend::Cudnn<> backend;
  const auto from = random_buffer(backend, size, 1);
  typename backend::Cudnn<>::Buffer to(size);
  measure(state, backend.device().stream(), [&] { backend.copy(from.data(), size, to.data()); });
  count(state, "bytes_read_and_written", 2.0 * size * sizeof(float));
}

// --- Whole steps ---

/// Runs the trainer's own loop and times from one report to the next.
template <class P, class Train>
void run_steps(benchmark::State& state, const Train& train, double nominal, double useful) {
  using Clock = std::chrono::steady_clock;
  int warm = 0;
  std::vector<double> times;
  auto last = Clock::now();
  train([&](const StepReport&) {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - std::exchange(last, now)).count();
    if (++warm < 5) return Flow::carry_on; // allocates, records, starts the graph
    if (warm > 5) {
      times.push_back(seconds);
      state.SetIterationTime(seconds);
    }
    return state.KeepRunning() ? Flow::carry_on : Flow::stop;
  });
  std::nth_element(times.begin(), times.begin() + std::ssize(times) / 2, times.end());
  const double median = times[times.size() / 2];
  state.counters["median_ms"] = 1e3 * median;
  report<P>(state, median, nominal, useful);
}

template <class P>
using Trainer = TwoStageTrainer<FrameG<P>, SequenceG<P>>;

template <class P>
void frame_step(benchmark::State& state) {
  auto settings = paper_settings();
  settings.frames.steps = ~0ull;
  Trainer<P> trainer(settings);
  constexpr StepShape shape{.batch = frame_batch, .members = frame_members, .generations = 2};
  run_steps<P>(
      state, [&](const auto& observer) { trainer.train_frames(BouncingBalls<3>{}, observer); },
      nominal_step_flops<arch::DcganFrame<>, FrameD>(shape), useful_step_flops<arch::DcganFrame<>, FrameD>(shape));
}

template <class P>
void sequence_step(benchmark::State& state) {
  auto settings = paper_settings();
  settings.sequences.steps = ~0ull;
  Trainer<P> trainer(settings);
  trainer.begin_sequences();
  const auto shape = [](CountLinks links) {
    return StepShape{.batch = film_batch,
                     .members = film_members,
                     .behind = 30 * network_work<arch::DcganFrame<>>(links).all(),
                     .film = true};
  };
  run_steps<P>(
      state, [&](const auto& observer) { trainer.train_sequences(BouncingBalls<3>{}, observer); },
      nominal_step_flops<arch::BiLstmSequence<>, FilmD>(shape(nominal_links)),
      useful_step_flops<arch::BiLstmSequence<>, FilmD>(shape(useful_links)));
}

// --- Parts ---

/// A convolution as a network has it.
struct NetworkConvolution {
  ConvolutionGeometry geometry;
  Operands operands;
  LayerSurroundings surroundings;
};

/// One direction of one convolution: 0 forward, 1 data gradient, 2 filter gradient.
template <class P>
void convolution(benchmark::State& state, const NetworkConvolution& convolution_case, int members, int batch,
                 int direction) {
  backend::Cudnn<P> backend;
  const auto& g = convolution_case.geometry;
  typename backend::Cudnn<P>::ConvolutionPlan plan(g, convolution_case.operands);
  plan.set_surroundings(convolution_case.surroundings);
  const auto size = [](std::ptrdiff_t values) { return static_cast<std::size_t>(values); };
  const auto values = [&](std::ptrdiff_t count, std::uint32_t seed, bool narrow) {
    auto wide = random_buffer(backend, size(count), seed);
    if (!narrow) return wide;
    auto result = random_buffer(backend, size(count), seed);
    backend.device().run(
        count, kernel::Convert<float, __nv_bfloat16>{wide.data(), reinterpret_cast<__nv_bfloat16*>(result.data())});
    return result;
  };
  const auto& around = convolution_case.surroundings;
  auto input = values(batch * g.input_positions() * members * g.input_channels, 1, around.narrow_input);
  auto output = values(batch * g.output_positions() * members * g.output_channels, 2,
                       direction == 0 ? around.narrow_output : around.narrow_output_gradient);
  auto filter = random_buffer(backend, size(members * g.taps() * g.input_channels * g.output_channels), 3);
  const double samples = 2.0 * batch * members;
  const double seconds = measure(state, backend.device().stream(), [&] {
    if (direction == 0)
      backend.convolution_forward(plan, members, batch, input.data(), filter.data(), nullptr, output.data());
    else if (direction == 1)
      backend.convolution_data_gradient(plan, members, batch, output.data(), filter.data(), nullptr, input.data());
    else
      backend.convolution_filter_gradient(plan, members, batch, input.data(), output.data(), WriteMode::replace,
                                          filter.data());
  });
  report<P>(state, seconds, samples * nominal_links(g), samples * useful_links(g));
}

template <class P>
void rms_prop(benchmark::State& state, std::ptrdiff_t size) {
  backend::Cudnn<P> backend;
  const auto values = static_cast<std::size_t>(size);
  const auto gradient = random_buffer(backend, values, 1);
  auto average = random_buffer(backend, values, 2), parameters = random_buffer(backend, values, 3);
  backend.fill(average.data(), values, 1.0F);
  measure(state, backend.device().stream(), [&] {
    backend.rms_prop(size, 1e-6, 0.99, 1e-8, gradient.data(), average.data(), parameters.data(), [](Updated) {});
  });
  count(state, "bytes_read_and_written", 5.0 * static_cast<double>(size) * sizeof(float));
}

benchmark::internal::Benchmark* timed(benchmark::internal::Benchmark* one) {
  return one->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(0.2);
}

template <class P, class Network>
void register_layers(const std::string& network, int members, int batch) {
  int index = 0;
  const auto add = [&](const NetworkConvolution& convolution_case) {
    const char* directions[] = {"forward", "data_gradient", "filter_gradient"};
    for (int direction = 0; direction < 3; ++direction) {
      const std::string name =
          std::string(P::name) + "/" + network + "/" + std::to_string(index) + "/" + directions[direction];
      timed(benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        convolution<P>(state, convolution_case, members, batch, direction);
      }));
    }
    ++index;
  };
  [&]<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    constexpr auto surroundings = detail::surroundings_of<backend::Cudnn<P>, Layers...>();
    std::size_t number = 0;
    const auto visit = [&]<class Layer>(std::type_identity<Layer>) {
      const auto& around = surroundings[number++];
      // A transposed convolution is not told.
      if constexpr (requires {
                      Layer::may_apply_leaky_relu;
                      Layer::geometry;
                    })
        add({Layer::geometry, Layer::operands, around});
      else if constexpr (requires { Layer::geometry; })
        add({Layer::geometry, Layer::operands, {}});
    };
    (visit(std::type_identity<Layers>{}), ...);
  }(std::type_identity<typename Network::Layers::Bound>{});
}

template <class P>
void register_all() {
  const std::string name = P::name;
  // So many steps, since every new run of a benchmark would draw half a billion weights again.
  const auto add_step = [&](const char* what, void (*run)(benchmark::State&)) {
    benchmark::RegisterBenchmark((name + what).c_str(), run)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(60);
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
            convolution<P>(state, {geometry, Operands::exact, {}}, 1, film ? film_batch : frame_batch, direction);
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
  if (!backend::Cudnn<>::available()) {
    std::puts("skipped: there is no GPU");
    return 77;
  }
  timed(benchmark::RegisterBenchmark("tf32/product_of_8192", tf32_product));
  timed(benchmark::RegisterBenchmark("bf16/product_of_8192", bf16_product));
  timed(benchmark::RegisterBenchmark("copy_of_2_GiB", copy));
  register_all<Tf32>();
  register_all<Bf16>();
  register_all<Fp32>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    std::fputs("no benchmark has a name that the filter asks for\n", stderr);
    return 1;
  }
}
