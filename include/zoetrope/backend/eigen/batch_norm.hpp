/// @file
/// Batch norm over [member][row][channel], a row being one position of one sample (Ioffe and Szegedy 2015).
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/channel_sums.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <cmath>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Statistics of this batch into a.mean and a.inverse_deviation; running ones follow with PyTorch's momentum
/// (the running variance is the unbiased one). Blocks of rows are joined as in Chan, Golub and LeVeque (1979), which
/// needs one pass and loses nothing where the mean is large.
template <class Scalar>
void batch_norm_statistics(Workspace<Scalar>& workspace, const BatchNormArguments<Scalar>& a, const Scalar* input,
                           Scalar epsilon, Scalar momentum, Scalar* running_mean, Scalar* running_variance) {
  using namespace Eigen::internal;
  using detail::block_rows;
  const Parts parts = detail::cut_rows(a.rows, a.members, a.channels);
  const std::ptrdiff_t size = 2 * std::ptrdiff_t{a.channels};
  // Of every part: the mean, and the sum of squares about it.
  Scalar* partial =
      workspace.get(Workspace<Scalar>::channel_sums, static_cast<std::size_t>(a.members * parts.count * size));
  detail::for_row_parts(
      parts, a.members, a.rows,
      [&](std::ptrdiff_t member, std::ptrdiff_t part, std::ptrdiff_t first, std::ptrdiff_t last) {
        Scalar* mean = partial + (member * parts.count + part) * size;
        Scalar* squares = mean + a.channels;
        std::fill_n(mean, size, Scalar(0));
        for (std::ptrdiff_t block = first; block < last; block += block_rows) {
          const std::ptrdiff_t block_end = std::min(block + block_rows, last);
          const auto before = static_cast<Scalar>(block - first), added = static_cast<Scalar>(block_end - block);
          const Scalar share = added / (before + added);
          for_lanes<Scalar>(a.channels, [&]<class Lane>(int channel) {
            const Scalar* x = input + member * a.rows * a.channels + channel;
            Lane sum = pset1<Lane>(Scalar(0)), square_sum = sum;
            for (std::ptrdiff_t row = block; row < block_end; ++row)
              sum = padd(sum, ploadu<Lane>(x + row * a.channels));
            const Lane block_mean = pmul(sum, pset1<Lane>(Scalar(1) / added));
            for (std::ptrdiff_t row = block; row < block_end; ++row) {
              const Lane distance = psub(ploadu<Lane>(x + row * a.channels), block_mean);
              square_sum = pmadd(distance, distance, square_sum);
            }
            const Lane step = psub(block_mean, ploadu<Lane>(mean + channel));
            pstoreu(mean + channel, pmadd(step, pset1<Lane>(share), ploadu<Lane>(mean + channel)));
            pstoreu(squares + channel, padd(ploadu<Lane>(squares + channel),
                                            pmadd(pmul(step, step), pset1<Lane>(before * share), square_sum)));
          });
        }
      });
  const auto n = static_cast<Scalar>(a.rows);
  for (std::ptrdiff_t member = 0; member < a.members; ++member) {
    for (std::ptrdiff_t channel = 0; channel < a.channels; ++channel) {
      Scalar mean = 0, squares = 0, before = 0;
      for (std::ptrdiff_t part = 0; part < parts.count; ++part) {
        const Scalar* of_part = partial + (member * parts.count + part) * size + channel;
        const auto added =
            static_cast<Scalar>(std::min(parts.end(part) * block_rows, a.rows) - parts.begin(part) * block_rows);
        const Scalar step = of_part[0] - mean, share = added / (before + added);
        mean += step * share;
        squares += of_part[a.channels] + step * step * before * share;
        before += added;
      }
      const std::ptrdiff_t at = member * a.channels + channel;
      const Scalar variance = squares / n;
      a.mean[at] = mean;
      a.inverse_deviation[at] = Scalar(1) / std::sqrt(variance + epsilon);
      running_mean[at] += momentum * (mean - running_mean[at]);
      running_variance[at] += momentum * (variance * (n / (n - Scalar(1))) - running_variance[at]);
    }
  }
}

/// output = (input - mean) * inverse_deviation * weight + bias.
template <class Scalar>
void batch_norm_apply(const BatchNormArguments<Scalar>& a, const Scalar* input, Scalar* output) {
  using namespace Eigen::internal;
  detail::for_row_blocks<Scalar>(
      a.members, a.rows, a.channels,
      [&]<class Lane>(std::ptrdiff_t where, std::ptrdiff_t channel, std::ptrdiff_t rows) {
        const Lane mean = ploadu<Lane>(a.mean + channel), bias = ploadu<Lane>(a.bias + channel);
        const Lane factor = pmul(ploadu<Lane>(a.weight + channel), ploadu<Lane>(a.inverse_deviation + channel));
        for (std::ptrdiff_t row = 0; row < rows; ++row, where += a.channels)
          pstoreu(output + where, pmadd(psub(ploadu<Lane>(input + where), mean), factor, bias));
      });
}

/// Turns @p gradient, with respect to the output, into that with respect to the input, in place. Writes
/// @p weight_gradient and @p bias_gradient where these are not null. In @p training the statistics depend on the input.
template <class Scalar>
void batch_norm_gradient(Workspace<Scalar>& workspace, const BatchNormArguments<Scalar>& a, const Scalar* input,
                         bool training, Scalar* gradient, WriteMode write, Scalar* weight_gradient,
                         Scalar* bias_gradient) {
  using namespace Eigen::internal;
  const Scalar* sums = nullptr; // of gradient and of gradient * (input - mean)
  if (training || weight_gradient != nullptr) {
    sums = detail::sum_terms<2>(workspace, a.members, a.rows, a.channels,
                                [&]<class Lane>(std::ptrdiff_t where, std::ptrdiff_t channel, Lane* terms) {
                                  const Lane dy = ploadu<Lane>(gradient + where);
                                  const Lane x = psub(ploadu<Lane>(input + where), ploadu<Lane>(a.mean + channel));
                                  terms[0] = padd(terms[0], dy);
                                  terms[1] = pmadd(dy, x, terms[1]);
                                });
  }
  if (weight_gradient != nullptr) {
    for (std::ptrdiff_t member = 0; member < a.members; ++member) {
      for (std::ptrdiff_t channel = 0; channel < a.channels; ++channel) {
        const std::ptrdiff_t at = member * a.channels + channel;
        if (write == WriteMode::replace) bias_gradient[at] = weight_gradient[at] = Scalar(0);
        bias_gradient[at] += sums[2 * member * a.channels + channel];
        weight_gradient[at] += sums[(2 * member + 1) * a.channels + channel] * a.inverse_deviation[at];
      }
    }
  }
  const Scalar per_row = Scalar(1) / static_cast<Scalar>(a.rows);
  detail::for_row_blocks<Scalar>(a.members, a.rows, a.channels,
                                 [&]<class Lane>(std::ptrdiff_t where, std::ptrdiff_t channel, std::ptrdiff_t rows) {
                                   const Lane inverse = ploadu<Lane>(a.inverse_deviation + channel);
                                   const Lane factor = pmul(ploadu<Lane>(a.weight + channel), inverse);
                                   if (!training) {
                                     for (std::ptrdiff_t row = 0; row < rows; ++row, where += a.channels)
                                       pstoreu(gradient + where, pmul(ploadu<Lane>(gradient + where), factor));
                                     return;
                                   }
                                   // (dy - mean of dy - normalised x * mean of (dy * normalised x)) * factor
                                   const Lane mean = ploadu<Lane>(a.mean + channel), each = pset1<Lane>(per_row);
                                   const Scalar* sum = sums + channel + channel / a.channels * a.channels;
                                   const Lane of_gradient = pmul(ploadu<Lane>(sum), each);
                                   const Lane of_product =
                                       pmul(pmul(ploadu<Lane>(sum + a.channels), each), pmul(inverse, inverse));
                                   for (std::ptrdiff_t row = 0; row < rows; ++row, where += a.channels) {
                                     const Lane x = psub(ploadu<Lane>(input + where), mean);
                                     const Lane dy = psub(ploadu<Lane>(gradient + where), of_gradient);
                                     pstoreu(gradient + where, pmul(psub(dy, pmul(x, of_product)), factor));
                                   }
                                 });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
