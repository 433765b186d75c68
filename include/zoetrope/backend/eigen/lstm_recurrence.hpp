/// @file
/// An LSTM's way through time, in one direction: forward, and back from the last step to the first.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/dense_product.hpp"
#include "zoetrope/backend/eigen/lstm_cell.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// What backward() of one layer and member needs: the gates after their functions, [direction][time][batch][4 hidden]
/// with rows padded to whole vectors, and the cells, [direction][time][batch][hidden].
template <class Scalar>
struct LstmCache {
  Buffer<Scalar> gates, cells;

  void reserve(const LstmGeometry& g, int batch) {
    const std::ptrdiff_t rows = std::ptrdiff_t{g.directions} * g.steps * batch;
    gates.resize(static_cast<std::size_t>(rows * padded_columns<Scalar>(4 * g.hidden)));
    cells.resize(static_cast<std::size_t>(rows * g.hidden));
  }
};

namespace detail {

/// One direction of an LSTM on a batch: its sizes, and where its steps lie. Time runs from the last step to the first
/// in direction 1.
template <class Scalar>
struct LstmDirection {
  const LstmGeometry& geometry;
  int batch, direction;

  [[nodiscard]] int gates() const { return 4 * geometry.hidden; }
  [[nodiscard]] int padded_gates() const { return padded_columns<Scalar>(gates()); }
  [[nodiscard]] int rows() const { return geometry.steps * batch; }
  /// Of the output, which holds all directions.
  [[nodiscard]] int output_width() const { return geometry.directions * geometry.hidden; }
  [[nodiscard]] std::ptrdiff_t output_offset() const { return std::ptrdiff_t{direction} * geometry.hidden; }
  /// The first of the rows [time][batch] of this direction's step @p i.
  [[nodiscard]] std::ptrdiff_t row(int i) const {
    return (direction == 0 ? i : geometry.steps - 1 - i) * std::ptrdiff_t{batch};
  }
  [[nodiscard]] Scalar* gates_of(LstmCache<Scalar>& cache) const {
    return cache.gates.data() + std::ptrdiff_t{direction} * rows() * padded_gates();
  }
  [[nodiscard]] Scalar* cells_of(LstmCache<Scalar>& cache) const {
    return cache.cells.data() + std::ptrdiff_t{direction} * rows() * geometry.hidden;
  }
};

/// From what the input gives to the gates, in @p gates, to gates, cells and output.
template <class Scalar>
void run_forward(const LstmDirection<Scalar>& d, const PackedMatrix<Scalar>& weight_hh, Scalar* gates, Scalar* cells,
                 Scalar* output) {
  const int hidden = d.geometry.hidden, width = d.output_width(), padded = d.padded_gates();
  output += d.output_offset();
  for (int i = 0; i < d.geometry.steps; ++i) {
    const std::ptrdiff_t now = d.row(i), before = i == 0 ? -1 : d.row(i - 1);
    if (i > 0)
      row_product(d.batch, hidden, output + before * width, width, weight_hh, gates + now * padded, padded, true);
    for (int row = 0; row < d.batch; ++row)
      lstm_cell_forward(hidden, gates + (now + row) * padded, i > 0 ? cells + (before + row) * hidden : nullptr,
                        cells + (now + row) * hidden, output + (now + row) * width);
  }
}

/// How many values run_backward() keeps at its @p state.
inline std::ptrdiff_t backward_state_size(const LstmGeometry& g, int batch) {
  return std::ptrdiff_t{3} * batch * g.hidden;
}

/// From the output's gradient to those before the gates' functions, which replace @p gates. @p weight_hh is
/// transposed.
template <class Scalar>
void run_backward(const LstmDirection<Scalar>& d, const PackedMatrix<Scalar>& weight_hh, const Scalar* cells,
                  const Scalar* output_gradient, Scalar* state, Scalar* gates) {
  const int h = d.geometry.hidden, width = d.output_width(), padded = d.padded_gates(), size = d.batch * h;
  output_gradient += d.output_offset();
  Scalar* hidden_gradient = state;
  Scalar* cell_gradient = hidden_gradient + size;
  Scalar* tanh_of_cells = cell_gradient + size;
  std::fill_n(hidden_gradient, 2 * size, Scalar(0));
  for (int i = d.geometry.steps - 1; i >= 0; --i) {
    const std::ptrdiff_t now = d.row(i), before = i == 0 ? -1 : d.row(i - 1);
    Values<Scalar>(tanh_of_cells, size) = tanh_of(ConstValues<Scalar>(cells + now * h, size));
    for (int row = 0; row < d.batch; ++row) {
      Scalar* z = gates + (now + row) * padded;
      lstm_cell_backward(h, z, i > 0 ? cells + (before + row) * h : nullptr, tanh_of_cells + row * h,
                         hidden_gradient + row * h, output_gradient + (now + row) * width, cell_gradient + row * h);
      std::fill_n(z + d.gates(), padded - d.gates(), Scalar(0));
    }
    if (i > 0) row_product(d.batch, d.gates(), gates + now * padded, padded, weight_hh, hidden_gradient, h, false);
  }
}

} // namespace detail

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
