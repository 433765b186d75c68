/// @file
/// The few kernels of our own, as functions of one index: what element (or column, or member) @p i becomes. No two
/// indices write the same element and every sum has a fixed order, so results never change from run to run. A GPU runs
/// them through kernels.cuh; compiled by plain C++ they run in a loop.
///
/// Activations are [batch][position][member][channel]: rows (a position of a sample) of columns (a member's channel).
#pragma once

#include "zoetrope/backend/loss.hpp"
#include "zoetrope/core/host_device.hpp"

#include <cuda_bf16.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace zoetrope::kernel {

using Index = std::ptrdiff_t;

/// Values are float or, where they are kept narrow, bfloat16; sums and functions are float's.
ZOETROPE_HOST_DEVICE inline float load(const float* from) { return *from; }
ZOETROPE_HOST_DEVICE inline float load(const __nv_bfloat16* from) { return __bfloat162float(*from); }
ZOETROPE_HOST_DEVICE inline void store(float value, float* to) { *to = value; }
ZOETROPE_HOST_DEVICE inline void store(float value, __nv_bfloat16* to) { *to = __float2bfloat16(value); }

/// @p Count values that a thread moves at once, 16 bytes at a time where they are as many.
template <class Value, int Count>
struct alignas(sizeof(Value) * Count < 16 ? sizeof(Value) * Count : 16) Pack {
  Value values[Count];
};
template <int Count, class Value>
ZOETROPE_HOST_DEVICE inline Pack<float, Count> load_pack(const Value* from) {
  const auto pack = *reinterpret_cast<const Pack<Value, Count>*>(from);
  Pack<float, Count> result;
  for (int k = 0; k < Count; ++k) result.values[k] = load(pack.values + k);
  return result;
}
template <int Count, class Value>
ZOETROPE_HOST_DEVICE inline void store_pack(const Pack<float, Count>& pack, Value* to) {
  Pack<Value, Count> result;
  for (int k = 0; k < Count; ++k) store(pack.values[k], result.values + k);
  *reinterpret_cast<Pack<Value, Count>*>(to) = result;
}
/// Whether packs of @p Count may begin at each of these; null is nowhere, and may.
template <int Count, class... Values>
bool begin_packs(const Values*... values) {
  return ((reinterpret_cast<std::uintptr_t>(values) % alignof(Pack<Values, Count>) == 0) && ...);
}

/// A kernel whose work at an index is elements<Count>(first of Count elements that lie together), four an index.
/// begins_fours() says whether the memory that it works on lies as that asks.
template <class Kernel>
struct InFours {
  Kernel kernel;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { kernel.template elements<4>(4 * i); }
};

struct Fill {
  float* to;
  float value;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { to[i] = value; }
};

struct AddValue {
  float* to;
  float value;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { to[i] += value; }
};

struct AddTo {
  const float* from;
  float* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { to[i] += from[i]; }
};

/// As eigen::add_to_average(); @p take is 1 - keep.
struct AddToAverage {
  float take;
  const float* from;
  float* average;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { average[i] += take * (from[i] - average[i]); }
};

struct Scale {
  float factor;
  float* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { values[i] *= factor; }
};

template <class From, class To>
struct Convert {
  const From* from;
  To* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { store(load(from + i), to + i); }
};

// --- Activations ---

/// max(x, slope x); with a slope of 1, x itself. NaN stays.
ZOETROPE_HOST_DEVICE inline float leaky_relu(float x, float slope) {
  const float scaled = slope * x;
  return x < scaled ? scaled : x;
}

/// The gradient before a leaky ReLU of that @p output. Like PyTorch, the derivative at 0 is the slope.
ZOETROPE_HOST_DEVICE inline float through_leaky_relu(float gradient, float output, float slope) {
  return output > 0.0F ? gradient : gradient * slope;
}

template <class Value>
struct LeakyRelu {
  float slope;
  Value* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { store(leaky_relu(load(values + i), slope), values + i); }
};

template <class Value, class Gradient>
struct LeakyReluGradient {
  float slope;
  const Value* output;
  Gradient* gradient;
  template <int Count>
  ZOETROPE_HOST_DEVICE void elements(Index i) const {
    const auto y = load_pack<Count>(output + i);
    auto g = load_pack<Count>(gradient + i);
    for (int k = 0; k < Count; ++k) g.values[k] = through_leaky_relu(g.values[k], y.values[k], slope);
    store_pack(g, gradient + i);
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { elements<1>(i); }
  [[nodiscard]] bool begins_fours() const { return begin_packs<4>(output, gradient); }
};

/// What ends a convolution: the sum of its parts (@p second may be null), a bias for each of @p columns (may be null),
/// and the leaky ReLU that follows, whose slope is 1 where none does.
template <class From, class To>
struct Epilogue {
  Index columns;
  const From *first, *second;
  const float* bias;
  float slope;
  To* to;
  template <int Count>
  ZOETROPE_HOST_DEVICE void elements(Index i) const {
    auto x = load_pack<Count>(first + i);
    const auto add = [&x](const auto& y) {
      for (int k = 0; k < Count; ++k) x.values[k] += y.values[k];
    };
    if (second != nullptr) add(load_pack<Count>(second + i));
    if (bias != nullptr) add(load_pack<Count>(bias + i % columns));
    for (int k = 0; k < Count; ++k) x.values[k] = leaky_relu(x.values[k], slope);
    store_pack(x, to + i);
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { elements<1>(i); }
  [[nodiscard]] bool begins_fours() const { return columns % 4 == 0 && begin_packs<4>(first, second, bias, to); }
};

struct Tanh {
  float* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { values[i] = tanhf(values[i]); }
};

struct TanhGradient {
  const float* output;
  float* gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { gradient[i] *= 1.0F - output[i] * output[i]; }
};

// --- Losses ---

/// The loss of each logit, [sample][member].
template <LogitLoss Loss>
struct LossValues {
  Loss loss;
  LogitRole role;
  const float* logits;
  double* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { values[i] = loss.value(role, logits[i]); }
};

/// means[member] = that of @p count samples, values [sample][member].
struct MeanOfSamples {
  Index members, count;
  const double* values;
  double* means;
  ZOETROPE_HOST_DEVICE void operator()(Index member) const {
    double sum = 0;
    for (Index i = 0; i < count; ++i) sum += values[i * members + member];
    means[member] = sum / static_cast<double>(count);
  }
};

template <LogitLoss Loss>
struct LossGradient {
  Loss loss;
  LogitRole role;
  Index members, count;
  const float* logits;
  const double* weights;
  float* gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const double derivative = loss.derivative(role, logits[i]);
    gradient[i] = static_cast<float>(weights[i % members] * derivative / static_cast<double>(count));
  }
};

// --- Checks ---

ZOETROPE_HOST_DEVICE inline bool is_finite(float value) { return value * 0.0F == 0.0F; }

/// Sets the flag where a value is infinite or NaN.
struct FindNotFinite {
  const float* values;
  std::int32_t* flag;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    if (!is_finite(values[i])) *flag = 1; // whoever writes, writes the same
  }
};

} // namespace zoetrope::kernel
