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
#include <array>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// For every member and every list of @p links, one for each position: target[position] = initial + sum over its
/// (source, tap) pairs, in order of their taps, of source[source] * weights[tap]. Rows are the batch; layouts are
/// [member][position][batch][channel]. The target may have a larger batch, @p target_batch, of which these are some.
template <class Scalar, class Element>
void linked_product(Workspace<Scalar>& workspace, const Links& links, std::ptrdiff_t members, int batch,
                    std::ptrdiff_t source_positions, const Element* source, const TapMatrices<Element>& weights,
                    const Scalar* initial, Scalar* target, int target_batch) {
  const int depth = weights.depth(), columns = weights.columns();
  const auto plan = plan_product(weights, members, links.size(), batch, source_positions * batch);
  const WeightPanels<Element> panels(workspace, weights, members, plan);
  parallel_for(members * plan.positions.count * plan.panels.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t panel_part = task % plan.panels.count;
    const std::ptrdiff_t position_part = task / plan.panels.count % plan.positions.count;
    const std::ptrdiff_t member = task / plan.panels.count / plan.positions.count;
    const LeftRows<Element> left{source + member * source_positions * batch * depth, std::ptrdiff_t{batch} * depth,
                                 depth};
    Scalar* member_target = target + member * links.size() * target_batch * columns;
    for (std::ptrdiff_t group = 0; group < weights.taps; group += plan.taps_per_group) {
      const auto before = [](const BlockPair& pair, std::ptrdiff_t tap) { return pair.right < tap; };
      for (auto p = plan.panels.begin(panel_part); p < plan.panels.end(panel_part); ++p) {
        const int panel = static_cast<int>(p);
        const std::ptrdiff_t first_column = p * tile_columns<Element>;
        const RightRows<Element> right = panels.rows(member, panel, group);
        for (auto position = plan.positions.begin(position_part); position < plan.positions.end(position_part);
             ++position) {
          auto first = links.begin(position), last = links.end(position);
          if (weights.taps > plan.taps_per_group) {
            first = std::lower_bound(first, last, group, before);
            last = std::lower_bound(first, last, group + plan.taps_per_group, before);
          }
          multiply_panel(batch, BlockPairs{first, last - first, depth}, left, right,
                         Target<Scalar>{member_target + position * target_batch * columns + first_column, columns,
                                        panels.columns(panel), group > 0,
                                        initial ? initial + member * columns + first_column : nullptr});
        }
      }
    }
  });
}

/// Blocks [columns][rows] in the place of @p values [rows][columns], valid until the next call.
template <class Scalar, class Element>
const Element* transpose_blocks(Workspace<Scalar>& workspace, const Element* values, std::ptrdiff_t blocks, int rows,
                                int columns) {
  const std::ptrdiff_t size = std::ptrdiff_t{rows} * columns;
  auto* transposed =
      workspace.template get<Element>(Workspace<Scalar>::transposed, static_cast<std::size_t>(blocks * size));
  for_all(blocks, [&](std::ptrdiff_t block) {
    transpose(values + block * size, columns, rows, columns, transposed + block * size, rows, rows);
  });
  return transposed;
}

/// For every member and every list of @p links, one for each tap: gradient[tap] = or += the sum over its pairs of
/// transpose(left[first]) * right[second]. left has @p rows channels, right @p columns; the batch, of @p terms
/// elements, is summed over.
template <class Scalar, class Element>
void linked_outer_product(Workspace<Scalar>& workspace, const Links& links, std::ptrdiff_t members, int terms, int rows,
                          int columns, std::ptrdiff_t left_positions, const Element* left,
                          std::ptrdiff_t right_positions, const Element* right, WriteMode write, Scalar* gradient) {
  constexpr int most_pairs = 64, panel_width = tile_columns<Element>;
  const int padded = padded_columns<Element>(columns);
  right = pad_columns(workspace, right, members * right_positions * terms, columns);
  constexpr bool by_unit = MatrixUnit<Element>::exists;
  constexpr int rows_at_once = by_unit ? 2 * unit_size : tile_rows;
  if constexpr (by_unit) left = transpose_blocks(workspace, left, members * left_positions, terms, rows);
  const Parts row_parts = cut((rows + rows_at_once - 1) / rows_at_once, members * links.size());
  // Rows that lie far apart share the cache's sets; read by few rows of the result, they are not worth a copy.
  const bool copies_panels = rows / row_parts.count >= 64 && columns >= 128;
  const std::ptrdiff_t cached_pairs = std::clamp((copies_panels ? 512 : 1024) / terms, 1, most_pairs);
  Element* copies = nullptr;
  if (copies_panels)
    copies = workspace.template get<Element>(
        Workspace<Scalar>::group_panels, static_cast<std::size_t>(cached_pairs * terms * panel_width * thread_count()));
  parallel_for(members * links.size() * row_parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t part = task % row_parts.count;
    const std::ptrdiff_t tap = task / row_parts.count % links.size();
    const std::ptrdiff_t member = task / row_parts.count / links.size();
    const int row_begin = static_cast<int>(row_parts.begin(part)) * rows_at_once;
    const int row_end = std::min(static_cast<int>(row_parts.end(part)) * rows_at_once, rows);
    const Element* member_left = left + member * left_positions * terms * rows;
    const Element* member_right = right + member * right_positions * terms * padded;
    Element* copy = copies_panels ? copies + thread_index() * cached_pairs * terms * panel_width : nullptr;
    Scalar* target = gradient + (member * links.size() + tap) * rows * columns;
    bool accumulate = write == WriteMode::add;
    if (!accumulate && links.begin(tap) == links.end(tap))
      std::fill(target + std::ptrdiff_t{row_begin} * columns, target + std::ptrdiff_t{row_end} * columns, Scalar(0));
    for (auto link = links.begin(tap); link != links.end(tap);) {
      const std::ptrdiff_t count = std::min(cached_pairs, links.end(tap) - link);
      std::array<BlockPair, most_pairs> pairs;
      for (int i = 0; i < count; ++i)
        pairs[static_cast<std::size_t>(i)] = {link[i].left, copies_panels ? i : link[i].right};
      // The right panel is wider than the left one, so it is the one that should stay in the cache.
      for (int column = 0; column < columns; column += panel_width) {
        const int width = std::min(panel_width, columns - column), padded_width = padded_columns<Element>(width);
        RightRows<Element> right_rows{member_right + column, std::ptrdiff_t{terms} * padded, padded};
        if (copies_panels) {
          for (std::ptrdiff_t i = 0; i < count; ++i)
            for (int term = 0; term < terms; ++term)
              std::copy_n(right_rows.data + link[i].right * right_rows.step + term * right_rows.stride, padded_width,
                          copy + (i * terms + term) * padded_width);
          right_rows = {copy, std::ptrdiff_t{terms} * padded_width, padded_width};
        }
        for (int row = row_begin; row < row_end; row += rows_at_once) {
          const auto multiply = [&](const auto& left_blocks) {
            multiply_panel(std::min(rows_at_once, row_end - row), BlockPairs{pairs.data(), count, terms}, left_blocks,
                           right_rows,
                           Target<Scalar>{target + std::ptrdiff_t{row} * columns + column, columns, width, accumulate});
          };
          if constexpr (by_unit)
            multiply(LeftRows<Element>{member_left + std::ptrdiff_t{row} * terms, std::ptrdiff_t{terms} * rows, terms});
          else
            multiply(LeftColumns<Element>{member_left + row, std::ptrdiff_t{terms} * rows, rows});
        }
      }
      link += count;
      accumulate = true;
    }
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
