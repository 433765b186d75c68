/// @file
/// The inner loop of every product: one tile of the result stays in vector registers while any number of pairs of
/// blocks is multiplied into it. It is what lets a convolution read its input in place and leave padding zeros out.
#pragma once

#include "zoetrope/backend/eigen/blocks.hpp"
#include "zoetrope/backend/eigen/matrix_unit.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <type_traits>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// How the elements of two operands are multiplied and added to sums, a vector of each at a time. There is one for
/// every number that Eigen has vectors of; operands.hpp has those whose elements hold several terms of a sum.
template <class Element>
struct Arithmetic {
  using Sums = typename Eigen::internal::packet_traits<Element>::type;
  using Factors = Sums;

  static ZOETROPE_INLINE Factors load(const Element* from) { return Eigen::internal::ploadu<Factors>(from); }
  static ZOETROPE_INLINE Factors repeat(Element element) { return Eigen::internal::pset1<Factors>(element); }
  static ZOETROPE_INLINE Sums multiply_add(const Factors& left, const Factors& right, const Sums& sums) {
    return Eigen::internal::pmadd(left, right, sums);
  }
};

/// The widest vector of @p Element that Eigen uses for the target machine, or that of its sums.
template <class Element>
using Packet = typename Arithmetic<Element>::Sums;

template <class Element>
inline constexpr int packet_size = Eigen::internal::unpacket_traits<Packet<Element>>::size;

/// Columns of a full tile.
template <class Scalar>
inline constexpr int tile_columns = 2 * packet_size<Scalar>;

/// Columns rounded up to whole vectors.
template <class Scalar>
constexpr int padded_columns(int columns) {
  return (columns + packet_size<Scalar> - 1) / packet_size<Scalar> * packet_size<Scalar>;
}

namespace detail {

/// A tile of the result, of whole vectors of columns.
template <int Rows, int Vectors, class Left, class Element, class Scalar>
void multiply_tile(const BlockPairs& sum_of, const Left& left_blocks, const RightRows<Element>& right_blocks,
                   const Target<Scalar>& target) {
  using namespace Eigen::internal;
  using A = Arithmetic<Element>;
  using P = typename A::Sums;
  constexpr int width = packet_size<Scalar>;
  P sum[Rows][Vectors];
  unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
      if (!target.accumulate && target.initial == nullptr)
        sum[row][v] = pset1<P>(Scalar(0));
      else if (target.accumulate)
        sum[row][v] = ploadu<P>(target.data + row * target.stride + v * width);
      else
        sum[row][v] = ploadu<P>(target.initial + v * width);
    });
  });

  for (std::ptrdiff_t i = 0; i < sum_of.count; ++i) {
    const BlockPair pair = sum_of.blocks(i);
    const auto left = left_blocks.template block<Rows>(pair.left);
    const Element* right = right_blocks.data + (pair.right - right_blocks.first) * right_blocks.step;
    for (int k = 0; k < sum_of.depth; ++k) {
      typename A::Factors columns[Vectors];
      unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { columns[v] = A::load(right + v * width); });
      unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA {
        const auto factor = A::repeat(left.at(row, k));
        unroll<Vectors>([&](int v)
                            ZOETROPE_INLINE_LAMBDA { sum[row][v] = A::multiply_add(factor, columns[v], sum[row][v]); });
      });
      right += right_blocks.stride;
    }
  }

  unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>(
        [&](int v) ZOETROPE_INLINE_LAMBDA { pstoreu(target.data + row * target.stride + v * width, sum[row][v]); });
  });
}

template <int Rows, class Left, class Element, class Scalar>
void multiply_columns(const BlockPairs& sum_of, const Left& left, const RightRows<Element>& right,
                      const Target<Scalar>& target) {
  if (target.columns > packet_size<Scalar>)
    multiply_tile<Rows, 2>(sum_of, left, right, target);
  else
    multiply_tile<Rows, 1>(sum_of, left, right, target);
}

/// A tile of which the last columns do not fill a vector is multiplied in @p edge, and copied from and to there.
template <class Scalar>
Target<Scalar> begin_edge(int rows, const Target<Scalar>& target, Scalar* edge) {
  const Target<Scalar> tile{edge, tile_columns<Scalar>, padded_columns<Scalar>(target.columns),
                            target.accumulate || target.initial != nullptr};
  if (tile.accumulate) {
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < tile.columns; ++column)
        edge[row * tile.stride + column] = column >= target.columns ? Scalar(0)
                                           : target.accumulate      ? target.data[row * target.stride + column]
                                                                    : target.initial[column];
  }
  return tile;
}
template <class Scalar>
void end_edge(int rows, const Target<Scalar>& target, const Scalar* edge) {
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < target.columns; ++column)
      target.data[row * target.stride + column] = edge[row * tile_columns<Scalar> + column];
}

} // namespace detail

/// target = or += sum over the pairs of left block * right block: any number of @p rows by one panel of at most
/// tile_columns columns.
template <class Left, class Element, class Scalar>
void multiply_panel(int rows, const BlockPairs& sum_of, Left left, const RightRows<Element>& right,
                    Target<Scalar> target) {
  if constexpr (MatrixUnit<Element>::exists && std::is_same_v<Left, LeftRows<Element>>) {
    const int taken = multiply_by_unit(rows, sum_of, left, right, target);
    rows -= taken;
    left.skip(taken);
    target.data += taken * target.stride;
  }
  const bool whole = target.columns == padded_columns<Scalar>(target.columns);
  alignas(64) Scalar edge[tile_rows * tile_columns<Scalar>];
  while (rows > 0) {
    const int taken = rows >= tile_rows ? tile_rows : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
    const Target<Scalar> tile = whole ? target : detail::begin_edge(taken, target, edge);
    switch (taken) {
    case tile_rows:
      detail::multiply_columns<tile_rows>(sum_of, left, right, tile);
      break;
    case 4:
      detail::multiply_columns<4>(sum_of, left, right, tile);
      break;
    case 2:
      detail::multiply_columns<2>(sum_of, left, right, tile);
      break;
    default:
      detail::multiply_columns<1>(sum_of, left, right, tile);
    }
    if (!whole) detail::end_edge(taken, target, edge);
    rows -= taken;
    left.skip(taken);
    target.data += taken * target.stride;
  }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
