/// @file
/// Leaky ReLU and its gradient, which needs no more of the output than its signs.
#pragma once

#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Which of a number of values are positive. A sum of powers of two tells as many of them as Scalar has digits, so that
/// whole vectors of sums are written and read with arithmetic that every processor has.
template <class Scalar>
struct Signs {
  static constexpr int vectors = 4; ///< of sums in a block, so that none waits for another
  static constexpr int width = vectors * packet_size<Scalar>;
  static constexpr int digits = std::numeric_limits<Scalar>::digits;
  static constexpr auto greatest_power =
      static_cast<Scalar>(std::int64_t{1} << (digits - 1));               ///< a block's first values'
  static constexpr std::ptrdiff_t block = std::ptrdiff_t{digits} * width; ///< values

  Buffer<Scalar> sums;

  void reserve(std::ptrdiff_t size) { sums.resize(static_cast<std::size_t>((size + block - 1) / block * width)); }
};

namespace detail {

/// Calls @p body(number of a block, its first value, how many it has) for all blocks of @p size values.
template <class Scalar, class Body>
void for_sign_blocks(std::ptrdiff_t size, const Body& body) {
  constexpr std::ptrdiff_t block = Signs<Scalar>::block, blocks_per_piece = 4;
  const std::ptrdiff_t blocks = (size + block - 1) / block;
  parallel_for((blocks + blocks_per_piece - 1) / blocks_per_piece, [&](std::ptrdiff_t piece) {
    for (std::ptrdiff_t b = piece * blocks_per_piece; b < std::min((piece + 1) * blocks_per_piece, blocks); ++b)
      body(b, b * block, std::min(block, size - b * block));
  });
}

} // namespace detail

/// x <- max(x, slope * x), in place, and the signs of that. ReLU has slope 0.
template <class Scalar>
void leaky_relu(std::ptrdiff_t size, Scalar slope, Scalar* values, Signs<Scalar>& signs) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  using S = Signs<Scalar>;
  detail::for_sign_blocks<Scalar>(size, [&](std::ptrdiff_t block, std::ptrdiff_t first, std::ptrdiff_t count) {
    const P zero = pset1<P>(Scalar(0)), slopes = pset1<P>(slope), one_half = pset1<P>(Scalar(0.5));
    Scalar* x = values + first;
    Scalar* sums = signs.sums.data() + block * S::width;
    P sum[S::vectors], power = pset1<P>(S::greatest_power);
    unroll<S::vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { sum[v] = zero; });
    std::ptrdiff_t i = 0;
    for (; i + S::width <= count; i += S::width) {
      unroll<S::vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
        Scalar* at = x + i + v * packet_size<Scalar>;
        const P value = ploadu<P>(at);
        sum[v] = padd(sum[v], pand(pcmp_lt(zero, value), power));
        pstoreu(at, pmax(value, pmul(slopes, value)));
      });
      power = pmul(power, one_half);
    }
    unroll<S::vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { pstoreu(sums + v * packet_size<Scalar>, sum[v]); });
    for (; i < count; ++i, ++sums) {
      if (x[i] > Scalar(0)) *sums += pfirst(power);
      x[i] = std::max(x[i], slope * x[i]);
    }
  });
}

/// gradient <- gradient * derivative, in place. Like PyTorch, the derivative at 0 is the slope.
template <class Scalar>
void leaky_relu_gradient(std::ptrdiff_t size, Scalar slope, const Signs<Scalar>& signs, Scalar* gradient) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  using S = Signs<Scalar>;
  detail::for_sign_blocks<Scalar>(size, [&](std::ptrdiff_t block, std::ptrdiff_t first, std::ptrdiff_t count) {
    const P slopes = pset1<P>(slope), one_half = pset1<P>(Scalar(0.5));
    Scalar* g = gradient + first;
    alignas(64) Scalar rest[S::width];
    P sum[S::vectors], power = pset1<P>(S::greatest_power);
    unroll<S::vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
      sum[v] = ploadu<P>(signs.sums.data() + block * S::width + v * packet_size<Scalar>);
    });
    std::ptrdiff_t i = 0;
    for (; i + S::width <= count; i += S::width) {
      unroll<S::vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
        Scalar* at = g + i + v * packet_size<Scalar>;
        const P positive = pcmp_le(power, sum[v]), value = ploadu<P>(at);
        sum[v] = psub(sum[v], pand(positive, power));
        pstoreu(at, pselect(positive, value, pmul(slopes, value)));
      });
      power = pmul(power, one_half);
    }
    unroll<S::vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { pstore(rest + v * packet_size<Scalar>, sum[v]); });
    for (std::ptrdiff_t k = i; k < count; ++k)
      if (rest[k - i] < pfirst(power)) g[k] *= slope;
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
