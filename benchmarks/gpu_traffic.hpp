/// @file
/// What training on a GPU reads and writes, counted without one: a device that computes nothing and adds up the bytes
/// of whatever it is asked to do, each operand once and each result once, as if no cache kept anything between
/// operations.
#pragma once

#include <zoetrope/backend/cudnn.hpp>

#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace traffic {

using namespace zoetrope;
using kernel::Index;

/// Bytes by kind of work.
using Tally = std::map<std::string, double>;

inline double total(const Tally& tally) {
  double sum = 0;
  for (const auto& [kind, bytes] : tally) sum += bytes;
  return sum;
}

/// Addresses that nobody may follow.
class NoMemory {
public:
  static void* allocate(std::size_t bytes) {
    ++changes_;
    constexpr std::uintptr_t page = 4096;
    return reinterpret_cast<void*>(std::exchange(next_, next_ + (bytes + page) / page * page));
  }
  static void release(void*) noexcept {}
  /// Zeros: what comes back from the device are losses, and flags that nothing raises.
  static void* allocate_pinned(std::size_t bytes) { return std::memset(::operator new(bytes), 0, bytes); }
  static void release_pinned(void* memory) noexcept { ::operator delete(memory); }
  static std::uint64_t changes() { return changes_; }
  static void finish_all() {}
  static bool holds(const void* address) { return reinterpret_cast<std::uintptr_t>(address) >= first; }

private:
  static constexpr std::uintptr_t first = std::uintptr_t{1} << 56;
  static inline std::uintptr_t next_ = first;
  static inline std::uint64_t changes_ = 0;
};

namespace detail {

template <class Value>
constexpr double width = static_cast<double>(sizeof(Value));
inline double as_double(Index count) { return static_cast<double>(count); }

struct Work {
  const char* kind;
  double bytes;
};

// What each kernel reads and writes for n indices.
inline Work of(const kernel::Fill&, double n) { return {"filled and added", 4 * n}; }
inline Work of(const kernel::AddValue&, double n) { return {"filled and added", 8 * n}; }
inline Work of(const kernel::AddTo&, double n) { return {"filled and added", 12 * n}; }
inline Work of(const kernel::AddToAverage&, double n) { return {"optimizers", 12 * n}; }
inline Work of(const kernel::TakeDirection&, double n) { return {"optimizers", 8 * n}; }
inline Work of(const kernel::ScaleToBound&, double n) { return {"optimizers", 8 * n}; }
inline Work of(const kernel::Scale&, double n) { return {"activations", 8 * n}; }
template <class From, class To>
Work of(const kernel::Convert<From, To>&, double n) {
  return {"converted", n * (width<From> + width<To>)};
}
template <class Value>
Work of(const kernel::LeakyRelu<Value>&, double n) {
  return {"activations", 2 * n * width<Value>};
}
template <class Value, class Gradient>
Work of(const kernel::LeakyReluGradient<Value, Gradient>&, double n) {
  return {"activations", n * (width<Value> + 2 * width<Gradient>)};
}
template <class From, class To>
Work of(const kernel::Epilogue<From, To>& k, double n) {
  return {"activations", n * (width<From> * (k.second != nullptr ? 2 : 1) + width<To>)};
}
inline Work of(const kernel::Tanh&, double n) { return {"activations", 8 * n}; }
inline Work of(const kernel::TanhGradient&, double n) { return {"activations", 12 * n}; }
inline Work of(const kernel::Positions&, double n) { return {"copied", 8 * n}; }
inline Work of(const kernel::PackSamples&, double n) { return {"copied", 8 * n}; }
inline Work of(const kernel::PickFrames&, double n) { return {"copied", 8 * n}; }
inline Work of(const kernel::AddFrames&, double n) { return {"copied", 12 * n}; }
inline Work of(const kernel::AppendColumns& k, double n) {
  return {"copied", 4 * n + 4 * n * (k.behind ? 1 : as_double(k.width) / as_double(k.width + k.more))};
}
inline Work of(const kernel::FirstColumns&, double n) { return {"copied", 8 * n}; }
inline Work of(const kernel::AddUpPositions& k, double n) { return {"activations", 8 * n * as_double(k.positions)}; }
inline Work of(const kernel::FilterOverTime& k, double n) {
  return {"copied", 4 * n * (static_cast<double>(k.filters.taps) + 1)};
}
inline Work of(const kernel::FilterOverTimeGradient& k, double n) {
  return {"copied", 4 * n * (static_cast<double>(k.filters.taps * k.filters.kinds) + 1)};
}
inline Work of(const kernel::RepeatMembers& k, double n) { return {"copied", 4 * n + 4 * n / as_double(k.members)}; }
inline Work of(const kernel::SumMembers& k, double n) { return {"copied", 4 * n * as_double(k.members) + 4 * n}; }
template <class Loss>
Work of(const kernel::LossValues<Loss>&, double n) {
  return {"losses", 12 * n};
}
inline Work of(const kernel::MeanOfSamples& k, double n) { return {"losses", n * 8 * (as_double(k.count) + 1)}; }
template <class Loss>
Work of(const kernel::LossGradient<Loss>&, double n) {
  return {"losses", 8 * n};
}
inline Work of(const kernel::RmsProp&, double n) { return {"optimizers", 20 * n}; }
inline Work of(const kernel::Adam&, double n) { return {"optimizers", 28 * n}; }
template <class Optimizer>
Work of(const kernel::Update<Optimizer>& k, double n) {
  return of(k.optimizer, n);
}
template <class Optimizer>
Work of(const kernel::UpdateFilterPart<Optimizer>& k, double n) {
  return {"optimizers", of(k.optimizer, n).bytes + n * (2 - (k.gradient != nullptr ? 2 : 0))};
}
inline Work of(const kernel::FindNotFinite&, double n) { return {"checked", 4 * n}; }
template <class Element>
double term_bytes(const kernel::Value<Element>&) {
  return width<Element>;
}
template <class Element, class Gradient>
double term_bytes(const kernel::ThroughLeakyRelu<Element, Gradient>&) {
  return width<Element> + 2 * width<Gradient>;
}
inline double term_bytes(const kernel::SquaredDeviation&) { return 4; }
inline double term_bytes(const kernel::GradientTimesNormal&) { return 8; }
inline double term_bytes(const kernel::WeightsTimesVector&) { return 4; }
inline double term_bytes(const kernel::VectorTimesWeights&) { return 4; }
inline double term_bytes(const kernel::SquareOfVector&) { return 4; }
template <class Term>
Work of(const kernel::SumPart<Term>& k, double n) {
  return {"sums and batch norm", as_double(k.rows * k.columns) * term_bytes(k.term) + 4 * n};
}
inline Work of(const kernel::SumParts& k, double n) {
  return {"sums and batch norm", n * (4 * as_double(k.parts) + (k.add ? 8 : 4))};
}
inline Work of(const kernel::BatchNormFinish&, double n) { return {"sums and batch norm", 28 * n}; }
inline Work of(const kernel::BatchNormRunningStatistics&, double n) { return {"sums and batch norm", 16 * n}; }
inline Work of(const kernel::BatchNormApply&, double n) { return {"sums and batch norm", 8 * n}; }
inline Work of(const kernel::BatchNormGradient& k, double n) {
  return {"sums and batch norm", ((k.sums != nullptr ? 12 : 8) + (k.leaky_relu_output != nullptr ? 4 : 0)) * n};
}
inline double volume(const int (&sizes)[3]) { return static_cast<double>(sizes[0]) * sizes[1] * sizes[2]; }
inline Work of(const kernel::GatherPatches& k, double n) {
  const auto& g = k.geometry;
  return {"patches", 4 * n + 4 * n * volume(g.input) / (volume(g.output) * as_double(g.taps()))};
}
template <class To>
Work of(const kernel::SumPatches<To>& k, double n) {
  const auto& g = k.geometry;
  return {"patches", width<To> * n + 4 * n * volume(g.output) * as_double(g.taps()) / volume(g.input)};
}
template <int Depth, int Outputs, class To>
Work of(const kernel::MultiplyPatches<Depth, Outputs, To>& k, double n) {
  const double rows = as_double(k.rows), members = as_double(k.values.members), depth = k.values.depth;
  const double columns = members * as_double(k.values.outputs);
  return {"patches", rows * (members * depth * 4 + columns * width<To>)+n * Outputs * depth * 4};
}
inline double times_seen(const kernel::PatchGeometry& g) {
  return volume(g.output) * as_double(g.taps()) / volume(g.input);
}
inline Work of(const kernel::GatherEights& k, double n) {
  const double values = 8 * n * k.geometry.window[2];
  return {"patches", 2 * values * (1 + 1 / times_seen(k.geometry))};
}
template <class To>
Work of(const kernel::SumEights<To>& k, double n) {
  return {"patches", 8 * n * (width<To> + 2 * times_seen(k.geometry))};
}
template <int Depths, class From>
Work of(const kernel::MultiplyGradients<Depths, From>& k, double) {
  const double outputs = as_double(k.values.outputs), depth = k.values.depth;
  const double patches = as_double(k.rows * k.values.members);
  const double read = (k.leaky_relu_output != nullptr ? 2 : 1) * width<From>;
  return {"patches",
          patches * outputs * read + as_double(k.values.members) * outputs * depth * 4 + patches * depth * 4};
}
template <int Channels, class To>
Work of(const kernel::SpreadGradients<Channels, To>& k, double indices) {
  const auto& g = k.geometry;
  const double n = indices * Channels;
  const double outputs = as_double(g.members * k.outputs), channels = as_double(g.channels);
  return {"patches", n * width<To> + 4 * n / (volume(g.input) * channels) * as_double(k.outputs) +
                         4 * outputs * volume(g.input) * channels};
}
template <int Depth, int Outputs, class From>
Work of(const kernel::SumPatchProducts<Depth, Outputs, From>& k, double n) {
  const double rows = as_double(k.rows), members = as_double(k.values.members), depth = k.values.depth;
  return {"patches",
          rows * members * (as_double(k.values.outputs) * width<From> + depth * 4) + n * Outputs * depth * 4};
}
template <class To>
Work of(const kernel::AddSlices<To>& k, double n) {
  const double slices = as_double(k.first.slice_depth + k.second.slice_depth) / as_double(k.first.depth);
  return {"slices", n * (2 * slices + width<To>)};
}
inline Work of(const kernel::PartToBf16&, double n) { return {"converted", 6 * n}; }
inline Work of(const kernel::PartFromBf16& k, double n) { return {"converted", n * (k.add ? 10 : 6)}; }
template <class Kernel>
Work of(const kernel::InFours<Kernel>& k, double n) {
  return of(k.kernel, 4 * n);
}

} // namespace detail

/// Fits cudnn::ComputeDevice.
class CountingDevice {
public:
  using Memory = NoMemory;
  static bool available() { return true; }

  /// What has been done since clear_tally(), graphs included.
  [[nodiscard]] const Tally& tally() const { return done_; }
  void clear_tally() { done_.clear(); }

  void copy(const void* from, std::size_t bytes, void* to) {
    count("copied", static_cast<double>(bytes) * (Memory::holds(from) + Memory::holds(to)));
  }
  void copy_and_wait(const void* from, std::size_t bytes, void* to) {
    copy(from, bytes, to);
    if (!Memory::holds(to)) std::memset(to, 0, bytes);
  }
  void clear(void*, std::size_t bytes) { count("filled and added", static_cast<double>(bytes)); }

  template <class Kernel>
  void run(std::ptrdiff_t n, const Kernel& kernel) {
    const detail::Work work = detail::of(kernel, static_cast<double>(n));
    count(work.kind, work.bytes);
  }

  template <Precision P>
  void multiply(const cudnn::MatrixProduct& p) {
    count_product(p);
  }
  void multiply(const cudnn::NarrowProduct& p) { count_product(p); }

  void convolve(const cudnn::ConvolutionProblem& p, void*, void*, void*) {
    const auto sizes = p.sizes();
    double values = static_cast<double>(sizes[0]) + static_cast<double>(sizes[1]) + static_cast<double>(sizes[2]);
    if (p.write == WriteMode::add) values += static_cast<double>(sizes[1]);
    count("convolutions", values * (p.operands == CUDNN_DATA_FLOAT ? 4 : 2));
  }

  struct LstmCache {
    void reserve(const LstmGeometry&, int) {}
  };
  void lstm_forward(const LstmGeometry& g, int batch, const float*, const std::array<LstmParameters<const float*>, 2>&,
                    LstmCache&, float*) {
    // Parameters copied to where cuDNN wants them and read there; input, output, and gates and cells for the backward
    // pass.
    count("LSTM", 4 * (3 * parameters(g) + 1.0 * g.steps * batch * (g.input + 6.0 * g.directions * g.hidden)));
  }
  void lstm_backward(const LstmGeometry& g, int batch, const float*, const float*, const float*,
                     const std::array<LstmParameters<const float*>, 2>&, LstmCache&, WriteMode,
                     const std::array<LstmParameters<float*>, 2>& gradients, float*) {
    const double passes = gradients[0].weight_ih != nullptr ? 2 : 1;
    count("LSTM", 4 * (4 * parameters(g) + passes * g.steps * batch * (g.input + 7.0 * g.directions * g.hidden)));
  }

  using Graph = Tally;
  void begin_recording() { recording_.emplace(); }
  Graph end_recording() {
    Graph graph = std::move(*recording_);
    recording_.reset();
    return graph;
  }
  void abandon_recording() noexcept { recording_.reset(); }
  void launch_graph(const Graph& graph) {
    for (const auto& [kind, bytes] : graph) done_[kind] += bytes;
  }
  void synchronize() const {}

private:
  template <class Value>
  void count_product(const cudnn::MatrixProductOf<Value>& p) {
    const auto rows = static_cast<double>(p.rows), columns = static_cast<double>(p.columns),
               depth = static_cast<double>(p.depth);
    count("products", detail::width<Value> * p.members *
                          (rows * depth + depth * columns + (p.accumulate ? 2 : 1) * rows * columns));
  }
  static double parameters(const LstmGeometry& g) { return 4.0 * g.directions * g.hidden * (g.input + g.hidden + 2); }
  void count(const char* kind, double bytes) { (recording_ ? *recording_ : done_)[kind] += bytes; }

  Tally done_;
  std::optional<Graph> recording_;
};

template <Precision P>
using CountingBackend = backend::Cudnn<P, CountingDevice>;

} // namespace traffic
