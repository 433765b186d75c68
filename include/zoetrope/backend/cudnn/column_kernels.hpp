/// @file
/// Kernels over the rows of a matrix: sums of columns in two passes of fixed order, and batch norm on top of them.
#pragma once

#include "zoetrope/backend/cudnn/kernels.hpp"

namespace zoetrope::kernel {

/// What is summed of a row of @p columns values, at @p Count columns from @p column on.
template <class Element>
struct Value {
  Index columns;
  const Element* values;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index row, Index column) const {
    return load_pack<Count>(values + row * columns + column);
  }
  [[nodiscard]] bool begins_fours() const { return begin_packs<4>(values); }
};

/// A gradient through a leaky ReLU, written over the one that it is made from.
template <class Element, class Gradient>
struct ThroughLeakyRelu {
  Index columns;
  LeakyReluGradient<Element, Gradient> leaky_relu;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index row, Index column) const {
    const Index i = row * columns + column;
    const auto output = load_pack<Count>(leaky_relu.output + i);
    auto gradient = load_pack<Count>(leaky_relu.gradient + i);
    for (int k = 0; k < Count; ++k)
      gradient.values[k] = rounded(through_leaky_relu(gradient.values[k], output.values[k], leaky_relu.slope));
    return gradient;
  }
  template <int Count>
  ZOETROPE_HOST_DEVICE void keep(Index row, Index column, const Pack<float, Count>& gradient) const {
    store_pack(gradient, leaky_relu.gradient + row * columns + column);
  }
  [[nodiscard]] bool begins_fours() const { return leaky_relu.begins_fours(); }

private:
  ZOETROPE_HOST_DEVICE static float rounded(float value) {
    Gradient result;
    store(value, &result);
    return load(&result);
  }
};

struct SquaredDeviation {
  Index columns;
  const float *values, *mean;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index row, Index column) const {
    auto result = load_pack<Count>(values + row * columns + column);
    const auto means = load_pack<Count>(mean + column);
    for (int k = 0; k < Count; ++k) {
      const float deviation = result.values[k] - means.values[k];
      result.values[k] = deviation * deviation;
    }
    return result;
  }
  [[nodiscard]] bool begins_fours() const { return begin_packs<4>(values, mean); }
};

/// A gradient times the normalised value.
struct GradientTimesNormal {
  Index columns;
  const float *gradient, *input, *mean, *inverse_deviation;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index row, Index column) const {
    const Index i = row * columns + column;
    auto result = load_pack<Count>(gradient + i);
    const auto x = load_pack<Count>(input + i), means = load_pack<Count>(mean + column),
               inverse = load_pack<Count>(inverse_deviation + column);
    for (int k = 0; k < Count; ++k)
      result.values[k] = result.values[k] * (x.values[k] - means.values[k]) * inverse.values[k];
    return result;
  }
  [[nodiscard]] bool begins_fours() const { return begin_packs<4>(gradient, input, mean, inverse_deviation); }
};

/// partial[part][column] = the sum over the part's rows; an element is one of partial.
template <class Term>
struct SumPart {
  Index rows, columns, rows_per_part;
  Term term;
  float* partial;
  template <int Count>
  ZOETROPE_HOST_DEVICE void elements(Index i) const {
    const Index column = i % columns, first = i / columns * rows_per_part;
    const Index last = first + rows_per_part < rows ? first + rows_per_part : rows;
    Pack<float, Count> sums{};
    Index row = first;
    for (; row + 4 <= last; row += 4) add<4>(row, column, sums);
    for (; row < last; ++row) add<1>(row, column, sums);
    store_pack(sums, partial + i);
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { elements<1>(i); }
  [[nodiscard]] bool begins_fours() const { return columns % 4 == 0 && term.begins_fours() && begin_packs<4>(partial); }

private:
  /// All rows are read before the first is written, so that a GPU waits for memory once.
  template <int Rows, int Count>
  ZOETROPE_HOST_DEVICE void add(Index row, Index column, Pack<float, Count>& sums) const {
    Pack<float, Count> terms[Rows];
    ZOETROPE_UNROLL
    for (int r = 0; r < Rows; ++r) terms[r] = term.template at<Count>(row + r, column);
    ZOETROPE_UNROLL
    for (int r = 0; r < Rows; ++r) {
      for (int k = 0; k < Count; ++k) sums.values[k] += terms[r].values[k];
      if constexpr (requires { term.keep(row, column, sums); }) term.keep(row + r, column, terms[r]);
    }
  }
};

/// sums[column] = factor * the sum over the parts, added to what is there where @p add.
struct SumParts {
  Index parts, columns;
  float factor;
  bool add;
  const float* partial;
  float* sums;
  ZOETROPE_HOST_DEVICE void operator()(Index column) const {
    float sum = 0.0F;
    for (Index part = 0; part < parts; ++part) sum += partial[part * columns + column];
    sums[column] = factor * sum + (add ? sums[column] : 0.0F);
  }
};

/// From a batch's mean and variance (in inverse_deviation), the inverse deviation and the running statistics.
struct BatchNormFinish {
  float rows, epsilon, momentum;
  const float* mean;
  float *inverse_deviation, *running_mean, *running_variance;
  ZOETROPE_HOST_DEVICE void operator()(Index column) const {
    const float variance = inverse_deviation[column];
    inverse_deviation[column] = 1.0F / sqrtf(variance + epsilon);
    running_mean[column] += momentum * (mean[column] - running_mean[column]);
    running_variance[column] += momentum * (variance * (rows / (rows - 1.0F)) - running_variance[column]);
  }
};

/// The running statistics as those to normalise by.
struct BatchNormRunningStatistics {
  float epsilon;
  const float *running_mean, *running_variance;
  float *mean, *inverse_deviation;
  ZOETROPE_HOST_DEVICE void operator()(Index column) const {
    mean[column] = running_mean[column];
    inverse_deviation[column] = 1.0F / sqrtf(running_variance[column] + epsilon);
  }
};

/// With the leaky ReLU that follows, whose slope is 1 where none does.
struct BatchNormApply {
  Index columns;
  const float *input, *mean, *inverse_deviation, *weight, *bias;
  float slope;
  float* output;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index column = i % columns;
    output[i] =
        leaky_relu((input[i] - mean[column]) * (weight[column] * inverse_deviation[column]) + bias[column], slope);
  }
};

/// The gradient with respect to the input, written over that with respect to the output. @p sums and @p products, of
/// the gradient and of the gradient times the normalised value over @p rows, are null where statistics are fixed.
struct BatchNormGradient {
  Index columns;
  float rows;
  const float *input, *mean, *inverse_deviation, *weight, *sums, *products;
  float slope;                    ///< of the leaky ReLU after it,
  const float* leaky_relu_output; ///< whose gradient is still to be taken, unless this is null
  float* gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index column = i % columns;
    const float factor = weight[column] * inverse_deviation[column];
    float centred = gradient[i];
    if (leaky_relu_output != nullptr) centred = through_leaky_relu(centred, leaky_relu_output[i], slope);
    if (sums != nullptr) {
      const float normal = (input[i] - mean[column]) * inverse_deviation[column];
      centred -= sums[column] / rows + normal * (products[column] / rows);
    }
    gradient[i] = centred * factor;
  }
};

} // namespace zoetrope::kernel
