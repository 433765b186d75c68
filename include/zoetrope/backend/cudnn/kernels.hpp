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

template <class Value>
struct LeakyRelu {
  float slope;
  Value* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { store(leaky_relu(load(values + i), slope), values + i); }
};

/// Like PyTorch, the derivative at 0 is the slope.
template <class Value, class Gradient>
struct LeakyReluGradient {
  float slope;
  const Value* output;
  Gradient* gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    if (!(load(output + i) > 0.0F)) store(load(gradient + i) * slope, gradient + i);
  }
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
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    float x = load(first + i);
    if (second != nullptr) x += load(second + i);
    if (bias != nullptr) x += bias[i % columns];
    store(leaky_relu(x, slope), to + i);
  }
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

// --- Layouts ---

/// Features [batch][member][feature] and positions [batch][position][member][channel]; feature c * positions + p where
/// @p channels_first, else p * channels + c.
struct Positions {
  Index positions, members, channels;
  bool channels_first, split;
  const float* from;
  float* to;
  /// @p i is an index into the activations that have positions.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index channel = i % channels, member = i / channels % members, position = i / channels / members % positions,
                sample = i / channels / members / positions;
    const Index feature = channels_first ? channel * positions + position : position * channels + channel;
    const Index merged = (sample * members + member) * positions * channels + feature;
    if (split)
      to[i] = from[merged];
    else
      to[merged] = from[i];
  }
};

/// Every member gets what the one has.
struct RepeatMembers {
  Index members, channels;
  const float* from;
  float* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    to[i] = from[i / (members * channels) * channels + i % channels];
  }
};

struct SumMembers {
  Index members, channels;
  const float* from;
  float* to;
  /// @p i is an index into the sum.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float* first = from + i / channels * members * channels + i % channels;
    float sum = 0.0F;
    for (Index member = 0; member < members; ++member) sum += first[member * channels];
    to[i] = sum;
  }
};

// --- Losses ---

/// results[member] = the mean loss of @p count samples, logits [sample][member].
template <LogitLoss Loss>
struct Losses {
  Loss loss;
  LogitRole role;
  Index members, count;
  const float* logits;
  double* results;
  ZOETROPE_HOST_DEVICE void operator()(Index member) const {
    double sum = 0;
    for (Index i = 0; i < count; ++i) sum += loss.value(role, logits[i * members + member]);
    results[member] = sum / static_cast<double>(count);
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

// --- Optimizers, PyTorch's definitions ---

ZOETROPE_HOST_DEVICE inline bool is_finite(float value) { return value * 0.0F == 0.0F; }

/// Flags that an update raises where what it has written is not finite. Whoever writes one, writes the same.
struct UpdateFlags {
  std::int32_t *parameters, *averages;
};

/// update() is that of one element from its gradient and gives the new parameter; the operator is that of element
/// @p first + i.
/// @p rates is the learning rate.
struct RmsProp {
  float keep, take, epsilon;
  const double* rates;
  Index first;
  const float* gradient;
  float *square_average, *parameters;
  UpdateFlags not_finite;
  ZOETROPE_HOST_DEVICE float update(Index i, float g) const {
    const float s = keep * square_average[i] + take * g * g;
    const auto rate = static_cast<float>(rates[0]);
    const float parameter = parameters[i] - rate * g / (sqrtf(s) + epsilon);
    square_average[i] = s;
    parameters[i] = parameter;
    if (!is_finite(s)) *not_finite.averages = 1;
    if (!is_finite(parameter)) *not_finite.parameters = 1;
    return parameter;
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { (void)update(first + i, gradient[first + i]); }
};

/// @p rates are the learning rate over 1 - beta1^t, and 1 / sqrt(1 - beta2^t).
struct Adam {
  float beta1, beta2, one_minus_beta1, one_minus_beta2, epsilon;
  const double* rates;
  Index first;
  const float* gradient;
  float *average, *square_average, *parameters;
  UpdateFlags not_finite;
  ZOETROPE_HOST_DEVICE float update(Index i, float g) const {
    const float m = beta1 * average[i] + one_minus_beta1 * g;
    const float v = beta2 * square_average[i] + one_minus_beta2 * g * g;
    const auto rate = static_cast<float>(rates[0]), correction = static_cast<float>(rates[1]);
    const float parameter = parameters[i] - rate * m / (sqrtf(v) * correction + epsilon);
    average[i] = m;
    square_average[i] = v;
    parameters[i] = parameter;
    if (!is_finite(m) || !is_finite(v)) *not_finite.averages = 1;
    if (!is_finite(parameter)) *not_finite.parameters = 1;
    return parameter;
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { (void)update(first + i, gradient[first + i]); }
};

/// Sets the flag where a value is infinite or NaN.
struct FindNotFinite {
  const float* values;
  std::int32_t* flag;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    if (!is_finite(values[i])) *flag = 1; // whoever writes, writes the same
  }
};

} // namespace zoetrope::kernel
