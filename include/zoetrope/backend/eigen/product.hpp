/// @file
/// Packed weights, and products that visit a list of (source position, tap) links for every result position.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/backend/transpose.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace zoetrope::eigen {

/// A number of lists of pairs of indices, one behind the other (compressed rows).
struct Links {
  std::vector<std::ptrdiff_t> offsets{0};
  std::vector<BlockPair> pairs;

  [[nodiscard]] std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(offsets.size()) - 1; }
  [[nodiscard]] const BlockPair* begin(std::ptrdiff_t list) const { return pairs.data() + offsets[index(list)]; }
  [[nodiscard]] const BlockPair* end(std::ptrdiff_t list) const { return pairs.data() + offsets[index(list) + 1]; }
  void close_list() { offsets.push_back(static_cast<std::ptrdiff_t>(pairs.size())); }

private:
  static std::size_t index(std::ptrdiff_t list) { return static_cast<std::size_t>(list); }
};

/// How a whole is cut into equal parts for parallel_for().
struct Parts {
  std::ptrdiff_t whole;
  std::ptrdiff_t count;
  [[nodiscard]] std::ptrdiff_t begin(std::ptrdiff_t part) const { return whole * part / count; }
  [[nodiscard]] std::ptrdiff_t end(std::ptrdiff_t part) const { return whole * (part + 1) / count; }
};

/// Enough tasks to keep the threads busy to the end, few enough to cost nothing. A constant: results and their order of
/// summation never depend on the number of threads.
inline constexpr std::ptrdiff_t wanted_tasks = 16;

/// Cuts @p whole so that @p others times the parts give about wanted_tasks.
inline Parts cut(std::ptrdiff_t whole, std::ptrdiff_t others) {
  return {whole,
          std::clamp<std::ptrdiff_t>((wanted_tasks + others - 1) / others, 1, std::max<std::ptrdiff_t>(whole, 1))};
}

/// Matrices [rows, columns], one per member, stored as panels of tile_columns columns, the last one padded with zeros
/// to whole vectors: what multiply_panel() reads from front to back.
template <class Scalar>
struct PackedMatrix {
  const Scalar* data;
  std::ptrdiff_t rows;
  int columns;

  static std::ptrdiff_t size(std::ptrdiff_t rows, int columns) { return rows * padded_columns<Scalar>(columns); }
  [[nodiscard]] int panels() const { return (columns + tile_columns<Scalar> - 1) / tile_columns<Scalar>; }
  [[nodiscard]] const Scalar* panel(std::ptrdiff_t member, int panel) const {
    return data + member * size(rows, columns) + panel * rows * tile_columns<Scalar>;
  }
  [[nodiscard]] int panel_columns(int panel) const {
    return std::min(tile_columns<Scalar>, columns - panel * tile_columns<Scalar>);
  }
  [[nodiscard]] int panel_stride(int panel) const { return padded_columns<Scalar>(panel_columns(panel)); }
};

/// Weights [member][tap][input channel][output channel] as matrices of [tap, input channel] rows, or, where
/// @p transposed, of [tap, output channel] rows and input-channel columns.
template <class Scalar>
struct TapMatrices {
  const Scalar* data;
  std::ptrdiff_t taps;
  int input_channels, output_channels;
  bool transposed;

  [[nodiscard]] int depth() const { return transposed ? output_channels : input_channels; }
  [[nodiscard]] int columns() const { return transposed ? input_channels : output_channels; }
  [[nodiscard]] std::ptrdiff_t member_size() const { return taps * input_channels * output_channels; }

  /// Writes the rows of taps [first, last) of one panel, one after another.
  void pack(std::ptrdiff_t member, int panel, std::ptrdiff_t first, std::ptrdiff_t last, Scalar* to) const {
    const int first_column = panel * tile_columns<Scalar>;
    const int width = std::min(tile_columns<Scalar>, columns() - first_column), stride = padded_columns<Scalar>(width);
    for (std::ptrdiff_t tap = first; tap < last; ++tap) {
      const Scalar* matrix = data + member * member_size() + tap * input_channels * output_channels;
      if (transposed) {
        transpose(matrix + std::ptrdiff_t{first_column} * output_channels, output_channels, width, output_channels, to,
                  stride, stride);
        to += output_channels * stride;
      } else {
        for (int k = 0; k < input_channels; ++k, to += stride)
          std::fill(std::copy_n(matrix + k * output_channels + first_column, width, to), to + stride, Scalar(0));
      }
    }
  }
};

/// All of @p weights, packed into @p storage.
template <class Scalar>
PackedMatrix<Scalar> pack_weights(Scalar* storage, const TapMatrices<Scalar>& weights, int members) {
  const PackedMatrix<Scalar> packed{storage, weights.taps * weights.depth(), weights.columns()};
  const Parts tap_parts = cut(weights.taps, std::ptrdiff_t{members} * packed.panels());
  parallel_for(members * packed.panels() * tap_parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t part = task % tap_parts.count;
    const int panel = static_cast<int>(task / tap_parts.count % packed.panels());
    const std::ptrdiff_t member = task / tap_parts.count / packed.panels(), first = tap_parts.begin(part);
    weights.pack(member, panel, first, tap_parts.end(part),
                 const_cast<Scalar*>(packed.panel(member, panel)) +
                     first * weights.depth() * packed.panel_stride(panel));
  });
  return packed;
}

/// For every member and every list of @p links, one for each position: target[position] = initial + sum over its
/// (source, tap) pairs, in order of their taps, of source[source] * weights[tap]. Rows are the batch; layouts are
/// [member][position][batch][channel].
template <class Scalar>
void linked_product(Workspace<Scalar>& workspace, const Links& links, int members, int batch,
                    std::ptrdiff_t source_positions, const Scalar* source, const TapMatrices<Scalar>& weights,
                    const Scalar* initial, Scalar* target) {
  constexpr int cached_depth = 1024;
  const int depth = weights.depth(), columns = weights.columns();
  const std::ptrdiff_t taps = weights.taps, taps_per_group = std::clamp<std::ptrdiff_t>(cached_depth / depth, 1, taps);
  PackedMatrix<Scalar> matrix{weights.data, taps * depth, columns};
  const int panels = matrix.panels();

  // Multiplied with few rows, weights are not worth packing; far apart, their rows would compete for the same sets of
  // the cache.
  const bool in_place =
      !weights.transposed && links.size() * batch <= 256 && columns <= 256 && columns % packet_size<Scalar> == 0;
  // Where there are tasks enough without cutting the positions, each packs what it multiplies next. Where a member's
  // source stays in the cache while panel after panel reads it again, the same number for each thread is enough. Who
  // packs changes no sum's order.
  const std::ptrdiff_t panel_tasks = std::ptrdiff_t{members} * panels;
  const bool small_source = source_positions * batch * depth <= 128 * 1024;
  const bool packed_by_tasks =
      !in_place && (panel_tasks >= wanted_tasks || (small_source && panel_tasks % thread_count() == 0));
  const std::ptrdiff_t group_size = taps_per_group * depth * tile_columns<Scalar>;
  Scalar* group_panels = nullptr;
  if (packed_by_tasks) {
    group_panels =
        workspace.get(Workspace<Scalar>::group_panels, static_cast<std::size_t>(group_size * thread_count()));
  } else if (!in_place) {
    const auto size = static_cast<std::size_t>(members * PackedMatrix<Scalar>::size(taps * depth, columns));
    matrix = pack_weights(workspace.get(Workspace<Scalar>::packed_weights, size), weights, members);
  }

  const Parts position_parts = packed_by_tasks ? Parts{links.size(), 1} : cut(links.size(), members);
  const Parts panel_parts = cut(panels, members * position_parts.count);
  parallel_for(members * position_parts.count * panel_parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t panel_part = task % panel_parts.count;
    const std::ptrdiff_t position_part = task / panel_parts.count % position_parts.count;
    const std::ptrdiff_t member = task / panel_parts.count / position_parts.count;
    const LeftRows<Scalar> left{source + member * source_positions * batch * depth, std::ptrdiff_t{batch} * depth,
                                depth};
    Scalar* member_target = target + member * links.size() * batch * columns;
    for (std::ptrdiff_t group = 0; group < taps; group += taps_per_group) {
      const auto before = [](const BlockPair& pair, std::ptrdiff_t tap) { return pair.right < tap; };
      for (auto p = panel_parts.begin(panel_part); p < panel_parts.end(panel_part); ++p) {
        const int panel = static_cast<int>(p);
        const std::ptrdiff_t first_column = p * tile_columns<Scalar>;
        const int stride = in_place ? columns : matrix.panel_stride(panel);
        RightRows<Scalar> right{nullptr, std::ptrdiff_t{depth} * stride, stride};
        if (packed_by_tasks) {
          Scalar* panel_rows = group_panels + thread_index() * group_size;
          weights.pack(member, panel, group, std::min(group + taps_per_group, taps), panel_rows);
          right.data = panel_rows;
          right.first = static_cast<int>(group);
        } else {
          right.data =
              in_place ? weights.data + member * weights.member_size() + first_column : matrix.panel(member, panel);
        }
        for (auto position = position_parts.begin(position_part); position < position_parts.end(position_part);
             ++position) {
          auto first = links.begin(position), last = links.end(position);
          if (taps > taps_per_group) {
            first = std::lower_bound(first, last, group, before);
            last = std::lower_bound(first, last, group + taps_per_group, before);
          }
          multiply_panel(batch, BlockPairs{first, last - first, depth}, left, right,
                         Target<Scalar>{member_target + position * batch * columns + first_column, columns,
                                        matrix.panel_columns(panel), group > 0,
                                        initial ? initial + member * columns + first_column : nullptr});
        }
      }
    }
  });
}

/// Rows of @p columns values, padded with zeros to whole vectors: @p values itself where nothing is missing.
template <class Scalar>
const Scalar* pad_columns(Workspace<Scalar>& workspace, const Scalar* values, std::ptrdiff_t rows, int columns) {
  const int padded = padded_columns<Scalar>(columns);
  if (padded == columns) return values;
  Scalar* copy = workspace.get(Workspace<Scalar>::padded_columns, static_cast<std::size_t>(rows * padded));
  const Parts parts = cut(rows, 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (std::ptrdiff_t row = parts.begin(part); row < parts.end(part); ++row) {
      Scalar* to = copy + row * padded;
      std::fill(std::copy_n(values + row * columns, columns, to), to + padded, Scalar(0));
    }
  });
  return copy;
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

} // namespace zoetrope::eigen
