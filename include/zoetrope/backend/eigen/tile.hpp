/// @file
/// The inner loop of every product: one tile of the result stays in vector registers while any number of pairs of
/// blocks is multiplied into it. It is what lets a convolution read its input in place and leave padding zeros out.
#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <type_traits>
#include <utility>

#if defined(__GNUC__)
#define ZOETROPE_INLINE __attribute__((always_inline)) inline
#define ZOETROPE_INLINE_LAMBDA __attribute__((always_inline))
#else
#define ZOETROPE_INLINE inline
#define ZOETROPE_INLINE_LAMBDA
#endif

namespace zoetrope::cpu {

/// The widest vector of @p Scalar that Eigen uses for the target machine.
template <class Scalar>
using Packet = typename Eigen::internal::packet_traits<Scalar>::type;

template <class Scalar>
inline constexpr int packet_size = Eigen::internal::unpacket_traits<Packet<Scalar>>::size;

/// Rows of a tile: as many as leave room for two vectors of columns, their operands and nothing else.
inline constexpr int tile_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 6;

/// Columns of a full tile.
template <class Scalar>
inline constexpr int tile_columns = 2 * packet_size<Scalar>;

/// Columns rounded up to whole vectors.
template <class Scalar>
constexpr int padded_columns(int columns) {
  return (columns + packet_size<Scalar> - 1) / packet_size<Scalar> * packet_size<Scalar>;
}

template <int Count, class Body>
ZOETROPE_INLINE void unroll(const Body& body) {
  [&]<int... I>(std::integer_sequence<int, I...>) ZOETROPE_INLINE_LAMBDA {
    (body(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, Count>{});
}

/// The operands of a product: result += sum over blocks i of left[i] * right[i], with @p depth terms a block.
/// Element (row, k) of a left block lies at left[i][row * left_stride + k], or at left[i][row + k * left_stride] where
/// it is Transposed; row k of a right block starts at right[i] + k * right_stride and has whole vectors of columns.
template <class Scalar>
struct BlockPairs {
  const Scalar* const* left;
  const Scalar* const* right;
  int count;
  int depth;
  std::ptrdiff_t left_stride;
  std::ptrdiff_t right_stride;
};

/// Where the result goes and what it starts from: its own old values, @p initial (one value a column), or zero.
template <class Scalar>
struct Target {
  Scalar* data;
  std::ptrdiff_t stride;
  int columns;
  bool accumulate;
  const Scalar* initial = nullptr;
};

namespace detail {

template <int Rows, int Vectors, bool Transposed, class Scalar>
void multiply_tile(const BlockPairs<Scalar>& pairs, std::ptrdiff_t left_offset, const Target<Scalar>& target) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  constexpr int width = packet_size<Scalar>;
  const bool whole = target.columns == Vectors * width;
  P sum[Rows][Vectors];

  alignas(64) Scalar edge[Rows][Vectors * width];
  if (!whole && (target.accumulate || target.initial != nullptr)) {
    for (int row = 0; row < Rows; ++row)
      for (int column = 0; column < Vectors * width; ++column)
        edge[row][column] = column >= target.columns ? Scalar(0)
                            : target.accumulate      ? target.data[row * target.stride + column]
                                                     : target.initial[column];
  }
  unroll<Rows>([&](auto row) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>([&](auto v) ZOETROPE_INLINE_LAMBDA {
      if (!target.accumulate && target.initial == nullptr)
        sum[row][v] = pset1<P>(Scalar(0));
      else if (!whole)
        sum[row][v] = ploadu<P>(&edge[row][v * width]);
      else if (target.accumulate)
        sum[row][v] = ploadu<P>(target.data + row * target.stride + v * width);
      else
        sum[row][v] = ploadu<P>(target.initial + v * width);
    });
  });

  for (int i = 0; i < pairs.count; ++i) {
    const Scalar* right = pairs.right[i];
    const Scalar* left[Rows];
    unroll<Rows>([&](auto row) ZOETROPE_INLINE_LAMBDA {
      left[row] = pairs.left[i] + left_offset + (Transposed ? row : row * pairs.left_stride);
    });
    for (int k = 0; k < pairs.depth; ++k) {
      P columns[Vectors];
      unroll<Vectors>([&](auto v) ZOETROPE_INLINE_LAMBDA { columns[v] = ploadu<P>(right + v * width); });
      const std::ptrdiff_t at = Transposed ? k * pairs.left_stride : k;
      unroll<Rows>([&](auto row) ZOETROPE_INLINE_LAMBDA {
        const P factor = pset1<P>(Transposed ? left[0][at + row] : left[row][at]);
        unroll<Vectors>([&](auto v) ZOETROPE_INLINE_LAMBDA { sum[row][v] = pmadd(factor, columns[v], sum[row][v]); });
      });
      right += pairs.right_stride;
    }
  }

  unroll<Rows>([&](auto row) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>([&](auto v) ZOETROPE_INLINE_LAMBDA {
      pstoreu(whole ? target.data + row * target.stride + v * width : &edge[row][v * width], sum[row][v]);
    });
  });
  if (!whole) {
    for (int row = 0; row < Rows; ++row)
      for (int column = 0; column < target.columns; ++column)
        target.data[row * target.stride + column] = edge[row][column];
  }
}

template <int Rows, bool Transposed, class Scalar>
void multiply_columns(const BlockPairs<Scalar>& pairs, std::ptrdiff_t left_offset, const Target<Scalar>& target) {
  if (target.columns > packet_size<Scalar>)
    multiply_tile<Rows, 2, Transposed>(pairs, left_offset, target);
  else
    multiply_tile<Rows, 1, Transposed>(pairs, left_offset, target);
}

} // namespace detail

/// Multiplies any number of @p rows by one panel of at most tile_columns columns.
template <bool Transposed, class Scalar>
void multiply_panel(int rows, const BlockPairs<Scalar>& pairs, Target<Scalar> target) {
  const std::ptrdiff_t row_step = Transposed ? 1 : pairs.left_stride;
  for (int row = 0; row < rows;) {
    const std::ptrdiff_t offset = row * row_step;
    const int left = rows - row;
    const int taken = left >= tile_rows ? tile_rows : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    switch (taken) {
    case tile_rows:
      detail::multiply_columns<tile_rows, Transposed>(pairs, offset, target);
      break;
    case 4:
      detail::multiply_columns<4, Transposed>(pairs, offset, target);
      break;
    case 2:
      detail::multiply_columns<2, Transposed>(pairs, offset, target);
      break;
    default:
      detail::multiply_columns<1, Transposed>(pairs, offset, target);
    }
    row += taken;
    target.data += taken * target.stride;
  }
}

} // namespace zoetrope::cpu
