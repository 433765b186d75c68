/// @file
/// Products that visit a list of (source position, tap) links for every result position.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/links.hpp"
#include "zoetrope/backend/eigen/packing.hpp"
#include "zoetrope/backend/eigen/product_plan.hpp"
#include "zoetrope/backend/eigen/weight_panels.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// For every member and every list of @p links, one for each position: target[position] = initial + sum over its
/// (source, tap) pairs, in order of their taps, of source[source] * weights[tap]. Rows are the batch; layouts are
/// [member][position][batch][channel].
template <class Scalar>
void linked_product(Workspace<Scalar>& workspace, const Links& links, int members, int batch,
                    std::ptrdiff_t source_positions, const Scalar* source, const TapMatrices<Scalar>& weights,
                    const Scalar* initial, Scalar* target) {
  const int depth = weights.depth(), columns = weights.columns();
  const auto plan = plan_product(weights, members, links.size(), batch, source_positions * batch);
  const WeightPanels<Scalar> panels(workspace, weights, members, plan);
  parallel_for(members * plan.positions.count * plan.panels.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t panel_part = task % plan.panels.count;
    const std::ptrdiff_t position_part = task / plan.panels.count % plan.positions.count;
    const std::ptrdiff_t member = task / plan.panels.count / plan.positions.count;
    const LeftRows<Scalar> left{source + member * source_positions * batch * depth, std::ptrdiff_t{batch} * depth,
                                depth};
    Scalar* member_target = target + member * links.size() * batch * columns;
    for (std::ptrdiff_t group = 0; group < weights.taps; group += plan.taps_per_group) {
      const auto before = [](const BlockPair& pair, std::ptrdiff_t tap) { return pair.right < tap; };
      for (auto p = plan.panels.begin(panel_part); p < plan.panels.end(panel_part); ++p) {
        const int panel = static_cast<int>(p);
        const std::ptrdiff_t first_column = p * tile_columns<Scalar>;
        const RightRows<Scalar> right = panels.rows(member, panel, group);
        for (auto position = plan.positions.begin(position_part); position < plan.positions.end(position_part);
             ++position) {
          auto first = links.begin(position), last = links.end(position);
          if (weights.taps > plan.taps_per_group) {
            first = std::lower_bound(first, last, group, before);
            last = std::lower_bound(first, last, group + plan.taps_per_group, before);
          }
          multiply_panel(batch, BlockPairs{first, last - first, depth}, left, right,
                         Target<Scalar>{member_target + position * batch * columns + first_column, columns,
                                        panels.columns(panel), group > 0,
                                        initial ? initial + member * columns + first_column : nullptr});
        }
      }
    }
  });
}

/// For every member and every list of @p links, one for each tap: gradient[tap] = or += the sum over its pairs of
/// transpose(left[first]) * right[second]. left has @p rows channels, right @p columns; the batch is summed over.
template <class Scalar>
void linked_outer_product(Workspace<Scalar>& workspace, const Links& links, int members, int batch, int rows,
                          int columns, std::ptrdiff_t left_positions, const Scalar* left,
                          std::ptrdiff_t right_positions, const Scalar* right, WriteMode write, Scalar* gradient) {
  const std::ptrdiff_t cached_pairs = std::clamp(1024 / batch, 1, 64);
  const int padded = padded_columns<Scalar>(columns);
  right = pad_columns(workspace, right, members * right_positions * batch, columns);
  const Parts row_parts = cut((rows + tile_rows - 1) / tile_rows, members * links.size());
  parallel_for(members * links.size() * row_parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t part = task % row_parts.count;
    const std::ptrdiff_t tap = task / row_parts.count % links.size();
    const std::ptrdiff_t member = task / row_parts.count / links.size();
    const int row_begin = static_cast<int>(row_parts.begin(part)) * tile_rows;
    const int row_end = std::min(static_cast<int>(row_parts.end(part)) * tile_rows, rows);
    const Scalar* member_left = left + member * left_positions * batch * rows;
    const Scalar* member_right = right + member * right_positions * batch * padded;
    Scalar* target = gradient + (member * links.size() + tap) * rows * columns;
    bool accumulate = write == WriteMode::add;
    if (!accumulate && links.begin(tap) == links.end(tap))
      std::fill(target + std::ptrdiff_t{row_begin} * columns, target + std::ptrdiff_t{row_end} * columns, Scalar(0));
    for (auto link = links.begin(tap); link != links.end(tap);) {
      const std::ptrdiff_t count = std::min(cached_pairs, links.end(tap) - link);
      // The right panel is wider than the left one, so it is the one that should stay in the cache.
      for (int column = 0; column < columns; column += tile_columns<Scalar>)
        for (int row = row_begin; row < row_end; row += tile_rows)
          multiply_panel(std::min(tile_rows, row_end - row), BlockPairs{link, count, batch},
                         LeftColumns<Scalar>{member_left + row, std::ptrdiff_t{batch} * rows, rows},
                         RightRows<Scalar>{member_right + column, std::ptrdiff_t{batch} * padded, padded},
                         Target<Scalar>{target + std::ptrdiff_t{row} * columns + column, columns,
                                        std::min(tile_columns<Scalar>, columns - column), accumulate});
      link += count;
      accumulate = true;
    }
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
