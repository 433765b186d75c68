/// @file
/// Operations that visit each value once: activations, losses, optimizer updates and changes of layout.
#pragma once

#include "zoetrope/backend/eigen/product.hpp"

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <cstring>

namespace zoetrope::cpu {

template <class Scalar>
using Values = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
template <class Scalar>
using ConstValues = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

/// Calls @p body(first, count) for consecutive pieces of [0, size), in parallel where that pays.
template <class Body>
void for_pieces(std::ptrdiff_t size, const Body& body) {
  constexpr std::ptrdiff_t piece = 8192;
  const std::ptrdiff_t pieces = (size + piece - 1) / piece;
  parallel_for(pieces, [&](std::ptrdiff_t i) { body(i * piece, std::min(piece, size - i * piece)); });
}

/// x <- max(x, slope * x), in place. ReLU has slope 0.
template <class Scalar>
void leaky_relu(std::ptrdiff_t size, Scalar slope, Scalar* values) {
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    Values<Scalar> x(values + first, count);
    x = x.max(slope * x);
  });
}

/// gradient <- gradient * derivative, in place, from the activation's output. Like PyTorch, the derivative at 0 is the
/// slope.
template <class Scalar>
void leaky_relu_gradient(std::ptrdiff_t size, Scalar slope, const Scalar* output, Scalar* gradient) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    // Eigen's own select() does not use vectors.
    const P zero = pset1<P>(Scalar(0)), slopes = pset1<P>(slope);
    std::ptrdiff_t i = first;
    for (; i + packet_size<Scalar> <= first + count; i += packet_size<Scalar>) {
      const P g = ploadu<P>(gradient + i);
      pstoreu(gradient + i, pselect(pcmp_lt(zero, ploadu<P>(output + i)), g, pmul(slopes, g)));
    }
    for (; i < first + count; ++i) gradient[i] = output[i] > Scalar(0) ? gradient[i] : slope * gradient[i];
  });
}

/// x <- tanh(x), in place.
template <class Scalar>
void tanh(std::ptrdiff_t size, Scalar* values) {
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    Values<Scalar> x(values + first, count);
    x = x.tanh();
  });
}

template <class Scalar>
void tanh_gradient(std::ptrdiff_t size, const Scalar* output, Scalar* gradient) {
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    Values<Scalar>(gradient + first, count) *= Scalar(1) - ConstValues<Scalar>(output + first, count).square();
  });
}

/// x <- factor * x, in place; its own gradient too.
template <class Scalar>
void scale(std::ptrdiff_t size, Scalar factor, Scalar* values) {
  for_pieces(size,
             [&](std::ptrdiff_t first, std::ptrdiff_t count) { Values<Scalar>(values + first, count) *= factor; });
}

/// Binary cross entropy of logits [member][batch] against one @p target, from logits so that nothing overflows:
/// losses[member] = mean over the batch of max(x, 0) - x target + log(1 + exp(-|x|)).
template <class Scalar>
void binary_cross_entropy(int members, int batch, const Scalar* logits, double target, double* losses) {
  for (int member = 0; member < members; ++member) {
    double sum = 0;
    for (int i = 0; i < batch; ++i) {
      const double x = logits[member * batch + i];
      // A comparison with a NaN is false, so max() alone would hide one.
      sum += (x < 0 ? 0 : x) - x * target + std::log1p(std::exp(-std::abs(x)));
    }
    losses[member] = sum / batch;
  }
}

/// Its gradient times weights[member].
template <class Scalar>
void binary_cross_entropy_gradient(int members, int batch, const Scalar* logits, double target, const double* weights,
                                   Scalar* gradient) {
  for (int member = 0; member < members; ++member) {
    for (int i = 0; i < batch; ++i) {
      const double x = logits[member * batch + i];
      const double probability = x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
      gradient[member * batch + i] = static_cast<Scalar>(weights[member] * (probability - target) / batch);
    }
  }
}

namespace detail {

inline constexpr int channel_group = 64;

template <class Scalar>
using ChannelRow = Eigen::Array<Scalar, Eigen::Dynamic, 1, 0, channel_group, 1>;

/// Calls @p body(member, first channel, width) for groups of channels, in parallel.
template <class Body>
void for_channel_groups(int members, int channels, const Body& body) {
  // Narrow groups where there are few, so that every thread gets one.
  const int group = members * ((channels + channel_group - 1) / channel_group) >= wanted_tasks ? channel_group : 16;
  const int groups = (channels + group - 1) / group;
  parallel_for(std::ptrdiff_t{members} * groups, [&](std::ptrdiff_t task) {
    const int first = static_cast<int>(task % groups) * group;
    body(task / groups, first, std::min(group, channels - first));
  });
}

/// Sum over all rows of term(row), in two levels against rounding.
template <class Scalar, class Term>
ChannelRow<Scalar> sum_over_rows(std::ptrdiff_t rows, int width, const Term& term) {
  ChannelRow<Scalar> total = ChannelRow<Scalar>::Zero(width);
  for (std::ptrdiff_t block = 0; block < rows; block += 64) {
    ChannelRow<Scalar> partial = ChannelRow<Scalar>::Zero(width);
    for (std::ptrdiff_t row = block; row < std::min(block + 64, rows); ++row) partial += term(row);
    total += partial;
  }
  return total;
}

} // namespace detail

/// Adds the sum over [rows] to sums [member][channels].
template <class Scalar>
void sum_rows(int members, std::ptrdiff_t rows, int channels, const Scalar* values, Scalar* sums) {
  detail::for_channel_groups(members, channels, [&](std::ptrdiff_t member, int first, int width) {
    const Scalar* start = values + member * rows * channels + first;
    Values<Scalar>(sums + member * channels + first, width) += detail::sum_over_rows<Scalar>(
        rows, width, [&](std::ptrdiff_t row) { return ConstValues<Scalar>(start + row * channels, width); });
  });
}

/// PyTorch's RMSprop: s <- a s + (1 - a) g^2; w <- w - lr g / (sqrt(s) + eps).
template <class Scalar>
void rms_prop(std::ptrdiff_t size, double learning_rate, double alpha, double epsilon, const Scalar* gradient,
              Scalar* square_average, Scalar* parameters) {
  const auto rate = static_cast<Scalar>(learning_rate), eps = static_cast<Scalar>(epsilon);
  const auto keep = static_cast<Scalar>(alpha), take = static_cast<Scalar>(1 - alpha);
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    const ConstValues<Scalar> g(gradient + first, count);
    Values<Scalar> s(square_average + first, count);
    s = keep * s + take * g.square();
    Values<Scalar>(parameters + first, count) -= rate * g / (s.sqrt() + eps);
  });
}

/// PyTorch's Adam, @p step counted from 1: w <- w - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps).
template <class Scalar>
void adam(std::ptrdiff_t size, double learning_rate, double beta1, double beta2, double epsilon, std::uint64_t step,
          const Scalar* gradient, Scalar* average, Scalar* square_average, Scalar* parameters) {
  const double t = static_cast<double>(step);
  const auto rate = static_cast<Scalar>(learning_rate / (1 - std::pow(beta1, t)));
  const auto correction = static_cast<Scalar>(1 / std::sqrt(1 - std::pow(beta2, t)));
  const auto b1 = static_cast<Scalar>(beta1), b2 = static_cast<Scalar>(beta2), eps = static_cast<Scalar>(epsilon);
  const auto c1 = static_cast<Scalar>(1 - beta1), c2 = static_cast<Scalar>(1 - beta2);
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    const ConstValues<Scalar> g(gradient + first, count);
    Values<Scalar> m(average + first, count), v(square_average + first, count);
    m = b1 * m + c1 * g;
    v = b2 * v + c2 * g.square();
    Values<Scalar>(parameters + first, count) -= rate * m / (v.sqrt() * correction + eps);
  });
}

/// True where no value is infinite or NaN.
template <class Scalar>
bool all_finite(std::ptrdiff_t size, const Scalar* values) {
  constexpr std::ptrdiff_t piece = 65536;
  bool finite = true;
  for (std::ptrdiff_t first = 0; first < size && finite; first += piece) {
    const ConstValues<Scalar> x(values + first, std::min(piece, size - first));
    finite = (x * Scalar(0)).sum() == Scalar(0);
  }
  return finite;
}

/// [outer][middle][inner] of rows of @p width values -> [middle][outer][inner].
template <class Scalar>
void swap_leading(std::ptrdiff_t outer, std::ptrdiff_t middle, std::ptrdiff_t width, const Scalar* from, Scalar* to) {
  const Parts parts = cut(middle, 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (std::ptrdiff_t m = parts.begin(part); m < parts.end(part); ++m)
      for (std::ptrdiff_t o = 0; o < outer; ++o)
        std::copy_n(from + (o * middle + m) * width, width, to + (m * outer + o) * width);
  });
}

/// [rows][columns] -> [columns][rows], for each of @p count matrices.
template <class Scalar>
void transpose(std::ptrdiff_t count, std::ptrdiff_t rows, std::ptrdiff_t columns, const Scalar* from, Scalar* to) {
  constexpr std::ptrdiff_t block = 16;
  const Parts parts = cut(rows, count);
  parallel_for(count * parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t matrix = task / parts.count * rows * columns, part = task % parts.count;
    for (std::ptrdiff_t row = parts.begin(part); row < parts.end(part); row += block)
      for (std::ptrdiff_t column = 0; column < columns; ++column)
        for (std::ptrdiff_t r = row; r < std::min(row + block, parts.end(part)); ++r)
          to[matrix + column * rows + r] = from[matrix + r * columns + column];
  });
}

} // namespace zoetrope::cpu
