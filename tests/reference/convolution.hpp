/// @file
/// Convolution and transposed convolution by their definitions: plain loops in double precision, to compare with.
///
/// One to three spatial dimensions; fewer than three are written with leading ones. Layouts are PyTorch's: data is
/// (batch, channels, spatial...), a convolution's filter (out, in, kernel...), a transposed one's (in, out, kernel...).
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace reference {

using Extents = std::array<long, 3>;
using Values = std::vector<double>;

struct Convolution {
  long batch, in_channels, out_channels;
  Extents input, kernel;
  Extents stride{1, 1, 1};
  Extents padding{0, 0, 0};

  Extents output() const {
    Extents result;
    for (std::size_t d = 0; d < 3; ++d) result[d] = (input[d] + 2 * padding[d] - kernel[d]) / stride[d] + 1;
    return result;
  }

  /// Output extents of the transposed convolution.
  Extents transposed_output() const {
    Extents result;
    for (std::size_t d = 0; d < 3; ++d) result[d] = (input[d] - 1) * stride[d] - 2 * padding[d] + kernel[d];
    return result;
  }
};

inline long volume(const Extents& extents) { return extents[0] * extents[1] * extents[2]; }

/// Every position in a box, the last coordinate running fastest.
inline std::vector<Extents> positions(const Extents& extents) {
  std::vector<Extents> result;
  for (long i = 0; i < extents[0]; ++i)
    for (long j = 0; j < extents[1]; ++j)
      for (long k = 0; k < extents[2]; ++k) result.push_back({i, j, k});
  return result;
}

inline bool inside(const Extents& position, const Extents& extents) {
  for (std::size_t d = 0; d < 3; ++d)
    if (position[d] < 0 || position[d] >= extents[d]) return false;
  return true;
}

/// Index into an array (first, second, spatial...); `count` is the length of its second dimension.
inline std::size_t index(long first, long second, long count, const Extents& position, const Extents& extents) {
  const long spatial = (position[0] * extents[1] + position[1]) * extents[2] + position[2];
  return static_cast<std::size_t>((first * count + second) * volume(extents) + spatial);
}

/// Where `tap` of a filter applied at `position` falls: position * stride + tap - padding.
inline Extents tap_position(const Convolution& c, const Extents& position, const Extents& tap) {
  Extents result;
  for (std::size_t d = 0; d < 3; ++d) result[d] = position[d] * c.stride[d] + tap[d] - c.padding[d];
  return result;
}

inline Values zeros(long length) { return Values(static_cast<std::size_t>(length), 0.0); }

/// An empty bias counts as zero.
inline Values convolve(const Convolution& c, const Values& data, const Values& filter, const Values& bias = {}) {
  Values result = zeros(c.batch * c.out_channels * volume(c.output()));
  for (long n = 0; n < c.batch; ++n)
    for (long o = 0; o < c.out_channels; ++o)
      for (const Extents& target : positions(c.output())) {
        double sum = bias.empty() ? 0.0 : bias[static_cast<std::size_t>(o)];
        for (long i = 0; i < c.in_channels; ++i)
          for (const Extents& tap : positions(c.kernel))
            if (const Extents source = tap_position(c, target, tap); inside(source, c.input))
              sum +=
                  data[index(n, i, c.in_channels, source, c.input)] * filter[index(o, i, c.in_channels, tap, c.kernel)];
        result[index(n, o, c.out_channels, target, c.output())] = sum;
      }
  return result;
}

inline Values convolve_gradient_to_data(const Convolution& c, const Values& gradient, const Values& filter) {
  Values result = zeros(c.batch * c.in_channels * volume(c.input));
  for (long n = 0; n < c.batch; ++n)
    for (long o = 0; o < c.out_channels; ++o)
      for (const Extents& target : positions(c.output()))
        for (long i = 0; i < c.in_channels; ++i)
          for (const Extents& tap : positions(c.kernel))
            if (const Extents source = tap_position(c, target, tap); inside(source, c.input))
              result[index(n, i, c.in_channels, source, c.input)] +=
                  gradient[index(n, o, c.out_channels, target, c.output())] *
                  filter[index(o, i, c.in_channels, tap, c.kernel)];
  return result;
}

inline Values convolve_gradient_to_filter(const Convolution& c, const Values& data, const Values& gradient) {
  Values result = zeros(c.out_channels * c.in_channels * volume(c.kernel));
  for (long n = 0; n < c.batch; ++n)
    for (long o = 0; o < c.out_channels; ++o)
      for (const Extents& target : positions(c.output()))
        for (long i = 0; i < c.in_channels; ++i)
          for (const Extents& tap : positions(c.kernel))
            if (const Extents source = tap_position(c, target, tap); inside(source, c.input))
              result[index(o, i, c.in_channels, tap, c.kernel)] +=
                  gradient[index(n, o, c.out_channels, target, c.output())] *
                  data[index(n, i, c.in_channels, source, c.input)];
  return result;
}

/// Each input value adds the whole filter, times itself, to the output.
inline Values transposed_convolve(const Convolution& c, const Values& data, const Values& filter,
                                  const Values& bias = {}) {
  const Extents output = c.transposed_output();
  Values result = zeros(c.batch * c.out_channels * volume(output));
  for (long n = 0; n < c.batch; ++n)
    for (long o = 0; o < c.out_channels; ++o) {
      for (const Extents& target : positions(output))
        result[index(n, o, c.out_channels, target, output)] = bias.empty() ? 0.0 : bias[static_cast<std::size_t>(o)];
      for (long i = 0; i < c.in_channels; ++i)
        for (const Extents& source : positions(c.input))
          for (const Extents& tap : positions(c.kernel))
            if (const Extents target = tap_position(c, source, tap); inside(target, output))
              result[index(n, o, c.out_channels, target, output)] += data[index(n, i, c.in_channels, source, c.input)] *
                                                                     filter[index(i, o, c.out_channels, tap, c.kernel)];
    }
  return result;
}

inline Values transposed_convolve_gradient_to_data(const Convolution& c, const Values& gradient, const Values& filter) {
  const Extents output = c.transposed_output();
  Values result = zeros(c.batch * c.in_channels * volume(c.input));
  for (long n = 0; n < c.batch; ++n)
    for (long i = 0; i < c.in_channels; ++i)
      for (const Extents& source : positions(c.input)) {
        double sum = 0.0;
        for (long o = 0; o < c.out_channels; ++o)
          for (const Extents& tap : positions(c.kernel))
            if (const Extents target = tap_position(c, source, tap); inside(target, output))
              sum += gradient[index(n, o, c.out_channels, target, output)] *
                     filter[index(i, o, c.out_channels, tap, c.kernel)];
        result[index(n, i, c.in_channels, source, c.input)] = sum;
      }
  return result;
}

inline Values transposed_convolve_gradient_to_filter(const Convolution& c, const Values& data, const Values& gradient) {
  const Extents output = c.transposed_output();
  Values result = zeros(c.in_channels * c.out_channels * volume(c.kernel));
  for (long i = 0; i < c.in_channels; ++i)
    for (long o = 0; o < c.out_channels; ++o)
      for (const Extents& tap : positions(c.kernel)) {
        double sum = 0.0;
        for (long n = 0; n < c.batch; ++n)
          for (const Extents& source : positions(c.input))
            if (const Extents target = tap_position(c, source, tap); inside(target, output))
              sum += data[index(n, i, c.in_channels, source, c.input)] *
                     gradient[index(n, o, c.out_channels, target, output)];
        result[index(i, o, c.out_channels, tap, c.kernel)] = sum;
      }
  return result;
}

/// Gradient to the bias of either kind: the sum over batch and positions of `extents`, the output's.
inline Values gradient_to_bias(const Convolution& c, const Values& gradient, const Extents& extents) {
  Values result = zeros(c.out_channels);
  for (long n = 0; n < c.batch; ++n)
    for (long o = 0; o < c.out_channels; ++o)
      for (const Extents& target : positions(extents))
        result[static_cast<std::size_t>(o)] += gradient[index(n, o, c.out_channels, target, extents)];
  return result;
}

} // namespace reference
