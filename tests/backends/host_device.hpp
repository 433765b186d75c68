/// @file
/// Plays a GPU on the CPU, so that everything about the GPU backend but the GPU's own libraries is tested everywhere:
/// kernels run in a loop, cuDNN's convolution and LSTM and cuBLAS' product are computed by their definitions.
#pragma once

#include "zoetrope/backend/cudnn.hpp"
#include "zoetrope/backend/eigen.hpp"

#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace support {

class HostMemory {
public:
  static void* allocate(std::size_t bytes) {
    ++changes_;
    void* memory = ::operator new(bytes, alignment);
    std::memset(memory, 0xFF, bytes); // NaN, as float, bfloat16 and double
    sizes_[memory] = bytes;
    return memory;
  }
  static void release(void* memory) noexcept {
    if (memory != nullptr) ++changes_;
    sizes_.erase(memory);
    ::operator delete(memory, alignment);
  }
  /// Bytes that are allocated now.
  static std::size_t live_bytes() {
    std::size_t sum = 0;
    for (const auto& [memory, bytes] : sizes_) sum += bytes;
    return sum;
  }
  /// Whether @p bytes from @p first on lie in one piece of memory.
  static bool holds(const void* first, std::size_t bytes) {
    const auto after = sizes_.upper_bound(const_cast<void*>(first));
    if (after == sizes_.begin()) return false;
    const auto& [begin, size] = *std::prev(after);
    return static_cast<const char*>(first) + bytes <= static_cast<const char*>(begin) + size;
  }
  static void* allocate_pinned(std::size_t bytes) {
    ++pinned_changes_;
    return ::operator new(bytes, alignment);
  }
  static void release_pinned(void* memory) noexcept {
    if (memory != nullptr) ++pinned_changes_;
    ::operator delete(memory, alignment);
  }
  static std::uint64_t changes() { return changes_; }
  static std::uint64_t all_changes() { return changes_ + pinned_changes_; }
  static void finish_all() {}

private:
  static constexpr std::align_val_t alignment{64};
  static inline std::uint64_t changes_ = 0, pinned_changes_ = 0;
  static inline std::map<void*, std::size_t> sizes_;
};

class HostDevice {
public:
  using Memory = HostMemory;
  static bool available() { return true; }
  /// Where copies are late, the source is read no sooner than somebody waits, or works on what was copied.
  void copy(const void* from, std::size_t bytes, void* to) const {
    const auto work = [=] {
      if (bytes > 0) std::memcpy(to, from, bytes);
    };
    if (copies_are_late && !recorded_)
      late_.push_back(work);
    else
      submit(work);
  }
  static inline bool copies_are_late = false;
  void copy_and_wait(const void* from, std::size_t bytes, void* to) const {
    copy(from, bytes, to);
    synchronize();
  }
  void clear(void* to, std::size_t bytes) const {
    submit([=] {
      if (bytes > 0) std::memset(to, 0, bytes);
    });
  }

  template <class Kernel>
  void run(std::ptrdiff_t count, const Kernel& kernel) const {
    submit([=] {
      for (std::ptrdiff_t i = 0; i < count; ++i) kernel(i);
    });
  }

  /// As with CUDA: what is recorded is not done, and nothing may be waited for or allocated meanwhile.
  using Graph = std::vector<std::function<void()>>;
  void begin_recording() {
    synchronize();
    recorded_.emplace();
    changes_before_ = Memory::all_changes();
  }
  Graph end_recording() {
    zoetrope::require(Memory::all_changes() == changes_before_,
                      "memory was allocated or released while a graph was recorded");
    Graph graph = std::move(*recorded_);
    recorded_.reset();
    return graph;
  }
  void abandon_recording() noexcept { recorded_.reset(); }
  void launch_graph(const Graph& graph) const {
    finish_late();
    for (const auto& work : graph) work();
    ++graphs_launched;
  }
  void synchronize() const {
    zoetrope::require(!recorded_, "a graph that is being recorded was waited for");
    finish_late();
  }

  static inline int graphs_launched = 0;

  template <zoetrope::Precision P>
  void multiply(const zoetrope::cudnn::MatrixProduct& p) const {
    submit([p] { compute(p, [](float value) { return rounded<P>(value); }); });
  }
  void multiply(const zoetrope::cudnn::NarrowProduct& p) const {
    zoetrope::require(reinterpret_cast<std::uintptr_t>(p.left.data) % 16 == 0 &&
                          reinterpret_cast<std::uintptr_t>(p.right.data) % 16 == 0 &&
                          reinterpret_cast<std::uintptr_t>(p.result.data) % 16 == 0,
                      "a matrix is not aligned as tensor cores want it");
    submit([p] { compute(p, [](__nv_bfloat16 value) { return double{__bfloat162float(value)}; }); });
  }

  void convolve(const zoetrope::cudnn::ConvolutionProblem& problem, void* input, void* filter, void* output) {
    const auto extents = problem.extents();
    const std::size_t width = problem.operands == CUDNN_DATA_FLOAT ? 4 : 2;
    for (std::size_t i = 0; const void* tensor : {input, filter, output}) {
      zoetrope::require(reinterpret_cast<std::uintptr_t>(tensor) % 16 == 0, "a tensor is not aligned as promised");
      zoetrope::require(Memory::holds(tensor, width * extents[i++]), "a tensor is longer than its memory");
    }
    submit([=] {
      if (problem.operands == CUDNN_DATA_FLOAT)
        compute(problem, static_cast<float*>(input), static_cast<float*>(filter), static_cast<float*>(output));
      else
        compute(problem, static_cast<__nv_bfloat16*>(input), static_cast<__nv_bfloat16*>(filter),
                static_cast<__nv_bfloat16*>(output));
    });
  }

  struct LstmCache {
    zoetrope::eigen::LstmCache<float> cache;
    void reserve(const zoetrope::LstmGeometry& g, int batch) { cache.reserve(g, batch); }
  };

  void lstm_forward(const zoetrope::LstmGeometry& g, int batch, const float* input,
                    const std::array<zoetrope::LstmParameters<const float*>, 2>& parameters, LstmCache& cache,
                    float* output) {
    submit([this, g, batch, input, parameters, &cache, output] {
      const int width = g.directions * g.hidden;
      const auto x = time_first(g.steps, batch, g.input, input);
      std::vector<float> y(static_cast<std::size_t>(g.steps * batch * width));
      const Weights weights(g, parameters);
      eigen_.lstm_forward(g, batch, x.data(), weights.pointers(), cache.cache, y.data());
      batch_first(g.steps, batch, width, y.data(), output);
    });
  }

  void lstm_backward(const zoetrope::LstmGeometry& g, int batch, const float* input, const float* output,
                     const float* output_gradient,
                     const std::array<zoetrope::LstmParameters<const float*>, 2>& parameters, LstmCache& cache,
                     zoetrope::WriteMode write, const std::array<zoetrope::LstmParameters<float*>, 2>& gradients,
                     float* input_gradient) {
    submit([=, this, &cache] {
      const int width = g.directions * g.hidden;
      const auto x = time_first(g.steps, batch, g.input, input), y = time_first(g.steps, batch, width, output),
                 dy = time_first(g.steps, batch, width, output_gradient);
      std::vector<float> dx(x.size());
      const Weights weights(g, parameters);
      const bool wanted = gradients[0].weight_ih != nullptr;
      Weights found(g, parameters);
      found.clear();
      eigen_.lstm_backward(
          g, batch, x.data(), y.data(), dy.data(), weights.pointers(), cache.cache, zoetrope::WriteMode::add,
          wanted ? found.pointers_to_write() : std::array<zoetrope::LstmParameters<float*>, 2>{}, dx.data());
      if (wanted) found.write_to(g, gradients, write);
      batch_first(g.steps, batch, g.input, dx.data(), input_gradient);
    });
  }

private:
  template <class Work>
  void submit(Work work) const {
    if (recorded_) {
      recorded_->push_back(std::move(work));
    } else {
      finish_late();
      work();
    }
  }
  void finish_late() const {
    for (const auto& work : std::exchange(late_, {})) work();
  }

  /// As a product in precision @p P takes its operands.
  template <zoetrope::Precision P>
  static double rounded(float value) {
    if constexpr (std::is_same_v<P, zoetrope::Bf16>) return double{__bfloat162float(__float2bfloat16(value))};
    return double{value};
  }

  template <class Value, class Take>
  static void compute(const zoetrope::cudnn::MatrixProductOf<Value>& p, const Take& take) {
    const auto at = [](const auto& matrix, std::ptrdiff_t member, std::ptrdiff_t row, std::ptrdiff_t column) {
      return matrix.data + member * matrix.step +
             (matrix.transposed ? column * matrix.stride + row : row * matrix.stride + column);
    };
    for (std::ptrdiff_t member = 0; member < p.members; ++member)
      for (std::ptrdiff_t row = 0; row < p.rows; ++row)
        for (std::ptrdiff_t column = 0; column < p.columns; ++column) {
          double sum = 0;
          for (std::ptrdiff_t k = 0; k < p.depth; ++k)
            sum += take(*at(p.left, member, row, k)) * take(*at(p.right, member, k, column));
          Value& result = *at(p.result, member, row, column);
          const double before = p.accumulate ? static_cast<double>(static_cast<float>(result)) : 0.0;
          result = static_cast<Value>(static_cast<float>(sum + before));
        }
  }

  template <class Value>
  static void compute(const zoetrope::cudnn::ConvolutionProblem& p, Value* input, Value* filter, Value* output) {
    using zoetrope::cudnn::Direction;
    const auto& g = p.geometry;
    const auto inputs = static_cast<std::size_t>(p.batch * g.input_positions() * p.members * g.input_channels),
               filters = static_cast<std::size_t>(p.members * g.output_channels * g.taps() * g.input_channels),
               outputs = static_cast<std::size_t>(p.batch * g.output_positions() * p.members * g.output_channels);
    // The written one's old values count for a filter gradient that is added.
    std::vector<double> x(inputs), w(filters), y(outputs);
    if (p.direction != Direction::data_gradient && p.input_stride == 0) read(input, x);
    if (p.direction != Direction::data_gradient && p.input_stride != 0)
      for (std::size_t i = 0, sample = inputs / static_cast<std::size_t>(p.batch); i < inputs; ++i)
        x[i] = static_cast<double>(
            static_cast<float>(input[i / sample * static_cast<std::size_t>(p.input_stride) + i % sample]));
    if (p.direction != Direction::filter_gradient || p.write == zoetrope::WriteMode::add) read(filter, w);
    if (p.direction != Direction::forward) read(output, y);
    for (std::ptrdiff_t b = 0; b < p.batch; ++b)
      for (std::ptrdiff_t output_position = 0; output_position < g.output_positions(); ++output_position)
        for (std::ptrdiff_t tap = 0; tap < g.taps(); ++tap) {
          const std::ptrdiff_t seen = input_position(g, output_position, tap);
          if (seen < 0) continue;
          for (std::ptrdiff_t m = 0; m < p.members; ++m)
            for (std::ptrdiff_t o = 0; o < g.output_channels; ++o)
              for (std::ptrdiff_t i = 0; i < g.input_channels; ++i) {
                double& xi = x[static_cast<std::size_t>(
                    ((b * g.input_positions() + seen) * p.members + m) * g.input_channels + i)];
                double& wi =
                    w[static_cast<std::size_t>(((m * g.output_channels + o) * g.taps() + tap) * g.input_channels + i)];
                double& yi = y[static_cast<std::size_t>(
                    ((b * g.output_positions() + output_position) * p.members + m) * g.output_channels + o)];
                if (p.direction == Direction::forward) yi += xi * wi;
                if (p.direction == Direction::data_gradient) xi += yi * wi;
                if (p.direction == Direction::filter_gradient) wi += xi * yi;
              }
        }
    if (p.direction == Direction::forward) write(y, output);
    if (p.direction == Direction::data_gradient) write(x, input);
    if (p.direction == Direction::filter_gradient) write(w, filter);
  }

  static std::ptrdiff_t input_position(const zoetrope::ConvolutionGeometry& g, std::ptrdiff_t output,
                                       std::ptrdiff_t tap) {
    std::ptrdiff_t position = 0, at[3];
    for (std::size_t d = 3; d-- > 0;) {
      at[d] = output % g.output[d] * g.stride[d] - g.padding[d] + tap % g.kernel[d];
      output /= g.output[d];
      tap /= g.kernel[d];
    }
    for (std::size_t d = 0; d < 3; ++d) {
      if (at[d] < 0 || at[d] >= g.input[d]) return -1;
      position = position * g.input[d] + at[d];
    }
    return position;
  }

  template <class Value>
  static void read(const Value* from, std::vector<double>& to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<double>(static_cast<float>(from[i]));
  }
  template <class Value>
  static void write(const std::vector<double>& from, Value* to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<Value>(static_cast<float>(from[i]));
  }

  static std::vector<float> time_first(int steps, int batch, int width, const float* from) {
    std::vector<float> to(static_cast<std::size_t>(steps * batch * width));
    for (int b = 0; b < batch; ++b)
      for (int t = 0; t < steps; ++t)
        std::copy_n(from + (b * steps + t) * width, width, to.begin() + (t * batch + b) * width);
    return to;
  }
  static void batch_first(int steps, int batch, int width, const float* from, float* to) {
    for (int b = 0; b < batch; ++b)
      for (int t = 0; t < steps; ++t) std::copy_n(from + (t * batch + b) * width, width, to + (b * steps + t) * width);
  }

  /// Copies of an LSTM's parameters in the order of the Eigen backend, which has a matrix's transpose.
  class Weights {
  public:
    Weights(const zoetrope::LstmGeometry& g, const std::array<zoetrope::LstmParameters<const float*>, 2>& from) {
      const int gates = 4 * g.hidden;
      for (std::size_t d = 0; d < static_cast<std::size_t>(g.directions); ++d)
        values_[d] = {transposed(gates, g.input, from[d].weight_ih),
                      transposed(gates, g.hidden, from[d].weight_hh),
                      {from[d].bias_ih, from[d].bias_ih + gates},
                      {from[d].bias_hh, from[d].bias_hh + gates}};
    }
    void clear() {
      for (auto& direction : values_)
        for (auto& vector : direction) std::fill(vector.begin(), vector.end(), 0.0F);
    }
    [[nodiscard]] std::array<zoetrope::LstmParameters<const float*>, 2> pointers() const {
      std::array<zoetrope::LstmParameters<const float*>, 2> result{};
      for (std::size_t d = 0; d < 2; ++d)
        result[d] = {values_[d][0].data(), values_[d][1].data(), values_[d][2].data(), values_[d][3].data()};
      return result;
    }
    [[nodiscard]] std::array<zoetrope::LstmParameters<float*>, 2> pointers_to_write() {
      std::array<zoetrope::LstmParameters<float*>, 2> result{};
      for (std::size_t d = 0; d < 2; ++d)
        result[d] = {values_[d][0].data(), values_[d][1].data(), values_[d][2].data(), values_[d][3].data()};
      return result;
    }
    void write_to(const zoetrope::LstmGeometry& g, const std::array<zoetrope::LstmParameters<float*>, 2>& sums,
                  zoetrope::WriteMode write) const {
      const auto add = [write](const std::vector<float>& from, float* to) {
        for (std::size_t i = 0; i < from.size(); ++i)
          to[i] = from[i] + (write == zoetrope::WriteMode::add ? to[i] : 0.0F);
      };
      for (std::size_t d = 0; d < static_cast<std::size_t>(g.directions); ++d) {
        add(transposed(g.input, 4 * g.hidden, values_[d][0].data()), sums[d].weight_ih);
        add(transposed(g.hidden, 4 * g.hidden, values_[d][1].data()), sums[d].weight_hh);
        add(values_[d][2], sums[d].bias_ih);
        add(values_[d][3], sums[d].bias_hh);
      }
    }

  private:
    static std::vector<float> transposed(int rows, int columns, const float* from) {
      std::vector<float> to(static_cast<std::size_t>(rows * columns));
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) to[static_cast<std::size_t>(c * rows + r)] = from[r * columns + c];
      return to;
    }
    std::array<std::array<std::vector<float>, 4>, 2> values_;
  };

  mutable std::optional<Graph> recorded_;
  mutable Graph late_;
  std::uint64_t changes_before_ = 0;
  zoetrope::backend::Eigen<float> eigen_;
};

/// The GPU backend without a GPU.
template <zoetrope::Precision P = zoetrope::Fp32>
using CudnnOnHost = zoetrope::backend::Cudnn<P, HostDevice>;

} // namespace support
