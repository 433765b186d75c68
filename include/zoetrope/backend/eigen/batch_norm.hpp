/// @file
/// Batch norm over [member][row][channel], a row being one position of one sample (Ioffe and Szegedy 2015).
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"

#include <cmath>

namespace zoetrope::cpu {

/// Statistics of this batch into a.mean and a.inverse_deviation; running ones follow with PyTorch's momentum
/// (the running variance is the unbiased one).
template <class Scalar>
void batch_norm_statistics(const BatchNormArguments<Scalar>& a, const Scalar* input, Scalar epsilon, Scalar momentum,
                           Scalar* running_mean, Scalar* running_variance) {
  const auto n = static_cast<Scalar>(a.rows);
  detail::for_channel_groups(a.members, a.channels, [&](std::ptrdiff_t member, int first, int width) {
    const std::ptrdiff_t at = member * a.channels + first;
    const Scalar* x = input + member * a.rows * a.channels + first;
    using Row = detail::ChannelRow<Scalar>;
    const auto row = [&](std::ptrdiff_t r) { return ConstValues<Scalar>(x + r * a.channels, width); };
    const Row mean = detail::sum_over_rows<Scalar>(a.rows, width, row) / n;
    const Row variance =
        detail::sum_over_rows<Scalar>(a.rows, width, [&](std::ptrdiff_t r) { return (row(r) - mean).square(); }) / n;
    Values<Scalar>(a.mean + at, width) = mean;
    Values<Scalar>(a.inverse_deviation + at, width) = (variance + epsilon).sqrt().inverse();
    Values<Scalar> old_mean(running_mean + at, width), old_variance(running_variance + at, width);
    old_mean += momentum * (mean - old_mean);
    old_variance += momentum * (variance * (n / (n - Scalar(1))) - old_variance);
  });
}

/// output = (input - mean) * inverse_deviation * weight + bias.
template <class Scalar>
void batch_norm_apply(const BatchNormArguments<Scalar>& a, const Scalar* input, Scalar* output) {
  detail::for_channel_groups(a.members, a.channels, [&](std::ptrdiff_t member, int first, int width) {
    const std::ptrdiff_t at = member * a.channels + first;
    using Row = detail::ChannelRow<Scalar>;
    const Row mean = ConstValues<Scalar>(a.mean + at, width);
    const Row factor = ConstValues<Scalar>(a.weight + at, width) * ConstValues<Scalar>(a.inverse_deviation + at, width);
    const Row bias = ConstValues<Scalar>(a.bias + at, width);
    for (std::ptrdiff_t row = 0; row < a.rows; ++row) {
      const std::ptrdiff_t offset = (member * a.rows + row) * a.channels + first;
      Values<Scalar>(output + offset, width) = (ConstValues<Scalar>(input + offset, width) - mean) * factor + bias;
    }
  });
}

/// Turns @p gradient, with respect to the output, into that with respect to the input, in place. Adds to
/// @p weight_gradient and @p bias_gradient where these are not null. In @p training the statistics depend on the input.
template <class Scalar>
void batch_norm_gradient(const BatchNormArguments<Scalar>& a, const Scalar* input, bool training, Scalar* gradient,
                         Scalar* weight_gradient, Scalar* bias_gradient) {
  const auto n = static_cast<Scalar>(a.rows);
  detail::for_channel_groups(a.members, a.channels, [&](std::ptrdiff_t member, int first, int width) {
    const std::ptrdiff_t at = member * a.channels + first;
    const Scalar* x = input + member * a.rows * a.channels + first;
    Scalar* dy = gradient + member * a.rows * a.channels + first;
    using Row = detail::ChannelRow<Scalar>;
    const Row mean = ConstValues<Scalar>(a.mean + at, width);
    const Row inverse = ConstValues<Scalar>(a.inverse_deviation + at, width);
    const Row factor = ConstValues<Scalar>(a.weight + at, width) * inverse;
    const auto row = [&](std::ptrdiff_t r) { return Values<Scalar>(dy + r * a.channels, width); };
    const auto normal = [&](std::ptrdiff_t r) {
      return (ConstValues<Scalar>(x + r * a.channels, width) - mean) * inverse;
    };
    Row sum = Row::Zero(width), product = Row::Zero(width);
    if (training || weight_gradient != nullptr) {
      sum = detail::sum_over_rows<Scalar>(a.rows, width, row);
      product =
          detail::sum_over_rows<Scalar>(a.rows, width, [&](std::ptrdiff_t r) -> Row { return row(r) * normal(r); });
    }
    if (weight_gradient != nullptr) {
      Values<Scalar>(weight_gradient + at, width) += product;
      Values<Scalar>(bias_gradient + at, width) += sum;
    }
    if (training) {
      sum /= n;
      product /= n;
      for (std::ptrdiff_t r = 0; r < a.rows; ++r) row(r) = (row(r) - sum - normal(r) * product) * factor;
    } else {
      for (std::ptrdiff_t r = 0; r < a.rows; ++r) row(r) *= factor;
    }
  });
}

} // namespace zoetrope::cpu
