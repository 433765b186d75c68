/// @file
/// What the bound on spectral norms is made of: members' matrices W, which lie as [member][column][row] with a row for
/// each of an input's taps, times vectors, as sums of column_kernels.hpp.
#pragma once

#include "zoetrope/backend/cudnn/kernels.hpp"

namespace zoetrope::kernel {

/// The terms of W v: sums over W's columns, for each row of each member.
struct WeightsTimesVector {
  Index rows, columns;
  const float *weights, *vectors;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index column, Index member_row) const {
    const Index member = member_row / rows, row = member_row % rows;
    auto result = load_pack<Count>(weights + (member * columns + column) * rows + row);
    const float factor = vectors[member * columns + column];
    for (int k = 0; k < Count; ++k) result.values[k] *= factor;
    return result;
  }
  /// No pack reaches into the next member.
  [[nodiscard]] bool begins_fours() const { return rows % 4 == 0 && begin_packs<4>(weights); }
};

/// The terms of W'u: sums over W's rows, for each column of each member.
struct VectorTimesWeights {
  Index rows, columns;
  const float *weights, *vectors;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index row, Index member_column) const {
    Pack<float, Count> result;
    for (int k = 0; k < Count; ++k)
      result.values[k] =
          weights[(member_column + k) * rows + row] * vectors[(member_column + k) / columns * rows + row];
    return result;
  }
  /// Its columns do not lie together.
  [[nodiscard]] bool begins_fours() const { return false; }
};

/// Each member's vector of @p size values: the terms of its length's square.
struct SquareOfVector {
  Index size;
  const float* vectors;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> at(Index element, Index member) const {
    Pack<float, Count> result;
    for (int k = 0; k < Count; ++k) {
      const float value = vectors[(member + k) * size + element];
      result.values[k] = value * value;
    }
    return result;
  }
  [[nodiscard]] bool begins_fours() const { return false; }
};

/// As eigen::detail::take_direction(): @p i is an index into all members' vectors of @p size values.
struct TakeDirection {
  Index size;
  const float *products, *squares;
  float* vectors;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float square = squares[i / size];
    if (square > 0.0F && is_finite(square)) vectors[i] = products[i] / sqrtf(square);
  }
};

/// As the end of eigen::bound_spectral_norms(): @p i is an index into all members' matrices of @p size values.
struct ScaleToBound {
  Index size;
  float bound;
  const float* squares;
  float* weights;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float norm = sqrtf(squares[i / size]);
    if (norm > bound && is_finite(norm)) weights[i] *= bound / norm;
  }
};

} // namespace zoetrope::kernel
