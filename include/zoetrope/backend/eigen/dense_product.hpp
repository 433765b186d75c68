/// @file
/// Products of two matrices, as the LSTM needs them.
#pragma once

#include "zoetrope/backend/eigen/packing.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {
namespace detail {

inline constexpr BlockPair the_only_pair{0, 0};

/// target[rows][columns] = or, where @p accumulate, += left[rows][depth] * packed weights.
template <class Scalar>
void row_product(int rows, int depth, const Scalar* left, std::ptrdiff_t stride, const PackedMatrix<Scalar>& weights,
                 Scalar* target, std::ptrdiff_t target_stride, bool accumulate) {
  for (int panel = 0; panel < weights.panels(); ++panel) {
    multiply_panel(rows, BlockPairs{&the_only_pair, 1, depth}, LeftRows<Scalar>{left, 0, stride},
                   RightRows<Scalar>{weights.panel(0, panel), 0, weights.panel_stride(panel)},
                   Target<Scalar>{target + std::ptrdiff_t{panel} * tile_columns<Scalar>, target_stride,
                                  weights.panel_columns(panel), accumulate});
  }
}

/// gradient[rows][columns] += transpose(left[terms][rows]) * right[terms][columns], for @p columns of whole vectors
/// where right's stride has room for them.
template <class Scalar>
void add_outer_product(int terms, int rows, int columns, const Scalar* left, std::ptrdiff_t left_stride,
                       const Scalar* right, std::ptrdiff_t right_stride, Scalar* gradient) {
  const Parts parts = cut((rows + tile_rows - 1) / tile_rows, 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (int row = static_cast<int>(parts.begin(part)) * tile_rows;
         row < std::min(rows, static_cast<int>(parts.end(part)) * tile_rows); row += tile_rows) {
      for (int column = 0; column < columns; column += tile_columns<Scalar>) {
        multiply_panel(std::min(tile_rows, rows - row), BlockPairs{&the_only_pair, 1, terms},
                       LeftColumns<Scalar>{left + row, 0, left_stride},
                       RightRows<Scalar>{right + column, 0, right_stride},
                       Target<Scalar>{gradient + std::ptrdiff_t{row} * columns + column, columns,
                                      std::min(tile_columns<Scalar>, columns - column), true});
      }
    }
  });
}

} // namespace detail
} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
