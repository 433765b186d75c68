/// @file
/// Weights and other matrices, rearranged to what multiply_panel() reads from front to back.
#pragma once

#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/backend/transpose.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Panels of tile_columns columns that @p columns columns need.
template <class Element>
constexpr int count_panels(int columns) {
  return (columns + tile_columns<Element> - 1) / tile_columns<Element>;
}

/// Matrices [rows, columns], one per member, stored as panels of tile_columns columns, the last one padded with zeros
/// to whole vectors: what multiply_panel() reads from front to back.
template <class Element>
struct PackedMatrix {
  const Element* data;
  std::ptrdiff_t rows;
  int columns;

  static std::ptrdiff_t size(std::ptrdiff_t rows, int columns) { return rows * padded_columns<Element>(columns); }
  [[nodiscard]] int panels() const { return count_panels<Element>(columns); }
  [[nodiscard]] const Element* panel(std::ptrdiff_t member, int panel) const {
    return data + member * size(rows, columns) + panel * rows * tile_columns<Element>;
  }
  [[nodiscard]] int panel_columns(int panel) const {
    return std::min(tile_columns<Element>, columns - panel * tile_columns<Element>);
  }
  [[nodiscard]] int panel_stride(int panel) const { return padded_columns<Element>(panel_columns(panel)); }
};

/// Weights [member][tap][input channel][output channel] as matrices of [tap, input channel] rows, or, where
/// @p transposed, of [tap, output channel] rows and input-channel columns.
template <class Element>
struct TapMatrices {
  const Element* data;
  std::ptrdiff_t taps;
  int input_channels, output_channels;
  bool transposed;

  [[nodiscard]] int depth() const { return transposed ? output_channels : input_channels; }
  [[nodiscard]] int columns() const { return transposed ? input_channels : output_channels; }
  [[nodiscard]] std::ptrdiff_t member_size() const { return taps * input_channels * output_channels; }

  /// Writes the rows of taps [first, last) of one panel, one after another.
  void pack(std::ptrdiff_t member, int panel, std::ptrdiff_t first, std::ptrdiff_t last, Element* to) const {
    const int first_column = panel * tile_columns<Element>;
    const int width = std::min(tile_columns<Element>, columns() - first_column);
    const int stride = padded_columns<Element>(width);
    for (std::ptrdiff_t tap = first; tap < last; ++tap) {
      const Element* matrix = data + member * member_size() + tap * input_channels * output_channels;
      if (transposed) {
        transpose(matrix + std::ptrdiff_t{first_column} * output_channels, output_channels, width, output_channels, to,
                  stride, stride);
        to += output_channels * stride;
      } else {
        for (int k = 0; k < input_channels; ++k, to += stride)
          std::fill(std::copy_n(matrix + k * output_channels + first_column, width, to), to + stride, Element(0));
      }
    }
  }
};

/// All of @p weights, packed into @p storage.
template <class Element>
PackedMatrix<Element> pack_weights(Element* storage, const TapMatrices<Element>& weights, std::ptrdiff_t members) {
  const PackedMatrix<Element> packed{storage, weights.taps * weights.depth(), weights.columns()};
  const Parts tap_parts = cut(weights.taps, std::ptrdiff_t{members} * packed.panels());
  parallel_for(members * packed.panels() * tap_parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t part = task % tap_parts.count;
    const int panel = static_cast<int>(task / tap_parts.count % packed.panels());
    const std::ptrdiff_t member = task / tap_parts.count / packed.panels(), first = tap_parts.begin(part);
    weights.pack(member, panel, first, tap_parts.end(part),
                 const_cast<Element*>(packed.panel(member, panel)) +
                     first * weights.depth() * packed.panel_stride(panel));
  });
  return packed;
}

/// Rows of @p columns values, padded with zeros to whole vectors: @p values itself where nothing is missing.
template <class Scalar, class Element>
const Element* pad_columns(Workspace<Scalar>& workspace, const Element* values, std::ptrdiff_t rows, int columns) {
  const int padded = padded_columns<Element>(columns);
  if (padded == columns) return values;
  auto* copy =
      workspace.template get<Element>(Workspace<Scalar>::padded_columns, static_cast<std::size_t>(rows * padded));
  for_all(rows, [&](std::ptrdiff_t row) {
    Element* to = copy + row * padded;
    std::fill(std::copy_n(values + row * columns, columns, to), to + padded, Element(0));
  });
  return copy;
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
