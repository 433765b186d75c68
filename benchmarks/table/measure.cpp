#include "measure.hpp"

#include "../allocations.hpp"

#include <zoetrope/core/parallel.hpp>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace zoetrope::benchmarks {

namespace {

/// FLOP/s of Eigen's product of two matrices of 1024 x 1024 floats, one product on each thread: the better of two.
double eigen_rate() {
  using Clock = std::chrono::steady_clock;
  constexpr int size = 1024;
  static const Eigen::MatrixXf a = Eigen::MatrixXf::Random(size, size), b = Eigen::MatrixXf::Random(size, size);
  static std::vector<Eigen::MatrixXf> products;
  products.resize(static_cast<std::size_t>(thread_count()), Eigen::MatrixXf(size, size));
  double best = 0;
  for (int i = 0; i < 2; ++i) {
    const auto start = Clock::now();
    parallel_for(thread_count(), [&](std::ptrdiff_t k) { products[static_cast<std::size_t>(k)].noalias() = a * b; });
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, 2.0 * size * size * size * thread_count() / seconds);
  }
  return best;
}

/// The work that was prepared last: a row is measured many times, and the paper's networks take seconds to make.
struct Prepared {
  std::string name;
  Work work;
  std::ptrdiff_t bytes_before = 0;
};

void measure(benchmark::State& state, const Row& row, int threads) {
  static Prepared prepared;
  set_thread_count(threads);
  if (prepared.name != row.name) {
    prepared = {};
    const std::ptrdiff_t bytes_before = allocated_bytes();
    prepared = {row.name, row.prepare(), bytes_before};
  }
  const double eigen_before = row.flops > 0 ? eigen_rate() : 0;
  prepared.work(); // buffers are allocated in the first call
  const std::ptrdiff_t bytes = allocated_bytes() - prepared.bytes_before;
  for (auto _ : state) prepared.work();
  using benchmark::Counter;
  if (row.flops > 0) {
    state.counters["flops"] = Counter(row.flops, Counter::kIsIterationInvariantRate);
    state.counters["eigen_flops"] = (eigen_before + eigen_rate()) / 2;
  }
  if (row.memory.activations > 0) {
    state.counters["bytes"] = static_cast<double>(bytes);
    state.counters["activation_share"] = row.memory.activation_share(static_cast<double>(bytes));
  }
  if (row.items > 0) state.counters[row.item] = Counter(row.items, Counter::kIsIterationInvariantRate);
}

} // namespace

std::vector<float> normals(std::ptrdiff_t size) {
  std::vector<float> values(static_cast<std::size_t>(size));
  RandomStream(1, Stream::sampling).fill_normal(0, values.data(), values.size());
  return values;
}

std::vector<int> thread_counts() {
  std::vector<int> counts{1, 2};
  if (const int cores = static_cast<int>(std::thread::hardware_concurrency()); cores > 2) counts.push_back(cores);
  return counts;
}

void add(Row row) {
  for (const int threads : thread_counts())
    benchmark::RegisterBenchmark((row.name + "/threads:" + std::to_string(threads)).c_str(),
                                 [row, threads](benchmark::State& state) { measure(state, row, threads); })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

} // namespace zoetrope::benchmarks
