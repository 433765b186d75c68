/// @file
/// The few kernels of our own, as functions of one index: what element (or column, or member) @p i becomes. No two
/// indices write the same place and every sum has a fixed order, so results never change from run to run. A GPU runs
/// them through kernels.cuh; compiled by plain C++ they run in a loop.
///
/// Activations are [batch][position][member][channel]: rows (a position of a sample) of columns (a member's channel).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#define ZOETROPE_HOST_DEVICE __host__ __device__
#else
#define ZOETROPE_HOST_DEVICE
#endif

namespace zoetrope::kernel {

using Index = std::ptrdiff_t;

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

/// Adds bias[column] to rows of @p columns values.
struct AddBias {
  Index columns;
  const float* bias;
  float* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { values[i] += bias[i % columns]; }
};

// --- Activations ---

struct LeakyRelu {
  float slope;
  float* values;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float x = values[i], scaled = slope * x;
    values[i] = x < scaled ? scaled : x; // NaN stays
  }
};

/// Like PyTorch, the derivative at 0 is the slope.
struct LeakyReluGradient {
  float slope;
  const float* output;
  float* gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    if (!(output[i] > 0.0F)) gradient[i] *= slope;
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
  /// @p i is a place among the positions.
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
  /// @p i is a place in the sum.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float* first = from + i / channels * members * channels + i % channels;
    float sum = 0.0F;
    for (Index member = 0; member < members; ++member) sum += first[member * channels];
    to[i] = sum;
  }
};

// --- Losses ---

/// losses[member] = mean over the batch of max(x, 0) - x target + log(1 + exp(-|x|)), logits [batch][member].
struct CrossEntropy {
  Index members, batch;
  double target;
  const float* logits;
  double* losses;
  ZOETROPE_HOST_DEVICE void operator()(Index member) const {
    double sum = 0;
    for (Index i = 0; i < batch; ++i) {
      const double x = logits[i * members + member];
      sum += (x < 0 ? 0 : x) - x * target + log1p(exp(-fabs(x)));
    }
    losses[member] = sum / static_cast<double>(batch);
  }
};

struct CrossEntropyGradient {
  Index members, batch;
  double target;
  const float* logits;
  const double* weights;
  float* gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const double x = logits[i];
    const double probability = x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
    gradient[i] = static_cast<float>(weights[i % members] * (probability - target) / static_cast<double>(batch));
  }
};

// --- Optimizers, PyTorch's definitions ---

struct RmsProp {
  float rate, keep, take, epsilon;
  const float* gradient;
  float *square_average, *parameters;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float g = gradient[i], s = keep * square_average[i] + take * g * g;
    square_average[i] = s;
    parameters[i] -= rate * g / (sqrtf(s) + epsilon);
  }
};

/// @p rates are the learning rate over 1 - beta1^t, and 1 / sqrt(1 - beta2^t).
struct Adam {
  float beta1, beta2, one_minus_beta1, one_minus_beta2, epsilon;
  const double* rates;
  const float* gradient;
  float *average, *square_average, *parameters;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float g = gradient[i];
    const float m = beta1 * average[i] + one_minus_beta1 * g;
    const float v = beta2 * square_average[i] + one_minus_beta2 * g * g;
    average[i] = m;
    square_average[i] = v;
    const auto rate = static_cast<float>(rates[0]), correction = static_cast<float>(rates[1]);
    parameters[i] -= rate * m / (sqrtf(v) * correction + epsilon);
  }
};

/// Sets the flag where a value is infinite or NaN.
struct FindNotFinite {
  const float* values;
  std::int32_t* flag;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    if (!(values[i] * 0.0F == 0.0F)) *flag = 1; // whoever writes, writes the same
  }
};

} // namespace zoetrope::kernel
