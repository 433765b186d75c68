/// @file
/// One layer of an LSTM in one or two directions, with PyTorch's gate order i, f, g, o and zero initial state.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"

#include <array>
#include <cmath>

namespace zoetrope::eigen {

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

/// In the backward direction time runs from the last step to the first.
inline int step_at(const LstmGeometry& g, int direction, int i) { return direction == 0 ? i : g.steps - 1 - i; }

} // namespace detail

/// output[time][batch][directions * hidden] from input[time][batch][input].
template <class Scalar>
void lstm_forward(Workspace<Scalar>& workspace, const LstmGeometry& g, int batch, const Scalar* input,
                  const std::array<LstmParameters<const Scalar*>, 2>& parameters, LstmCache<Scalar>& cache,
                  Scalar* output) {
  const int gates = 4 * g.hidden, width = g.directions * g.hidden, rows = g.steps * batch;
  const int padded = padded_columns<Scalar>(gates);
  const std::ptrdiff_t ih = PackedMatrix<Scalar>::size(g.input, gates),
                       hh = PackedMatrix<Scalar>::size(g.hidden, gates);
  Scalar* storage =
      workspace.get(Workspace<Scalar>::packed_weights, static_cast<std::size_t>((ih + hh) * g.directions));
  for (int direction = 0; direction < g.directions; ++direction) {
    Scalar* packed = storage + direction * (ih + hh);
    pack_weights(packed, TapMatrices<Scalar>{parameters[direction].weight_ih, 1, g.input, gates, false}, 1);
    pack_weights(packed + ih, TapMatrices<Scalar>{parameters[direction].weight_hh, 1, g.hidden, gates, false}, 1);
  }
  parallel_for(g.directions, [&](std::ptrdiff_t d) {
    const int direction = static_cast<int>(d);
    const auto& p = parameters[static_cast<std::size_t>(d)];
    const PackedMatrix<Scalar> weight_ih{storage + d * (ih + hh), g.input, gates};
    const PackedMatrix<Scalar> weight_hh{storage + d * (ih + hh) + ih, g.hidden, gates};
    Scalar* all_gates = cache.gates.data() + d * rows * padded;
    Scalar* all_cells = cache.cells.data() + d * rows * g.hidden;
    const auto bias = ConstValues<Scalar>(p.bias_ih, gates) + ConstValues<Scalar>(p.bias_hh, gates);
    for (int row = 0; row < rows; ++row) Values<Scalar>(all_gates + std::ptrdiff_t{row} * padded, gates) = bias;
    detail::row_product(rows, g.input, input, g.input, weight_ih, all_gates, padded, true);
    for (int i = 0; i < g.steps; ++i) {
      const std::ptrdiff_t now = detail::step_at(g, direction, i) * std::ptrdiff_t{batch};
      const std::ptrdiff_t before = i == 0 ? -1 : detail::step_at(g, direction, i - 1) * std::ptrdiff_t{batch};
      if (i > 0)
        detail::row_product(batch, g.hidden, output + before * width + direction * g.hidden, width, weight_hh,
                            all_gates + now * padded, padded, true);
      for (int row = 0; row < batch; ++row) {
        Scalar* z = all_gates + (now + row) * padded;
        Values<Scalar> in_forget(z, 2 * g.hidden), candidate(z + 2 * g.hidden, g.hidden),
            out(z + 3 * g.hidden, g.hidden);
        in_forget = in_forget.logistic();
        candidate = candidate.tanh();
        out = out.logistic();
        Values<Scalar> cell(all_cells + (now + row) * g.hidden, g.hidden);
        cell = in_forget.head(g.hidden) * candidate;
        if (i > 0)
          cell += in_forget.tail(g.hidden) * ConstValues<Scalar>(all_cells + (before + row) * g.hidden, g.hidden);
        Values<Scalar>(output + (now + row) * width + direction * g.hidden, g.hidden) = out * cell.tanh();
      }
    }
  });
}

/// Writes @p gradients, and @p input_gradient (either may be left out: null weights, null input gradient).
/// @p input and @p output are those of the forward direction. Afterwards @p cache is used up: gradients are written
/// over it.
template <class Scalar>
void lstm_backward(Workspace<Scalar>& workspace, const LstmGeometry& g, int batch, const Scalar* input,
                   const Scalar* output, const Scalar* output_gradient,
                   const std::array<LstmParameters<const Scalar*>, 2>& parameters, LstmCache<Scalar>& cache,
                   WriteMode write, const std::array<LstmParameters<Scalar*>, 2>& gradients, Scalar* input_gradient) {
  const int gates = 4 * g.hidden, width = g.directions * g.hidden, rows = g.steps * batch;
  const int padded = padded_columns<Scalar>(gates);
  const std::ptrdiff_t ih = PackedMatrix<Scalar>::size(gates, g.input),
                       hh = PackedMatrix<Scalar>::size(gates, g.hidden);
  Scalar* storage =
      workspace.get(Workspace<Scalar>::packed_weights, static_cast<std::size_t>((ih + hh) * g.directions));
  for (int direction = 0; direction < g.directions; ++direction) {
    Scalar* packed = storage + direction * (ih + hh);
    pack_weights(packed, TapMatrices<Scalar>{parameters[direction].weight_ih, 1, g.input, gates, true}, 1);
    pack_weights(packed + ih, TapMatrices<Scalar>{parameters[direction].weight_hh, 1, g.hidden, gates, true}, 1);
  }
  Scalar* states =
      workspace.get(Workspace<Scalar>::lstm_state, static_cast<std::size_t>(3 * g.directions * batch * g.hidden));
  parallel_for(g.directions, [&](std::ptrdiff_t d) {
    const int direction = static_cast<int>(d), h = g.hidden;
    const PackedMatrix<Scalar> weight_hh{storage + d * (ih + hh) + ih, gates, h};
    Scalar* all_gates = cache.gates.data() + d * rows * padded;
    const Scalar* all_cells = cache.cells.data() + d * rows * h;
    Scalar* hidden_gradient = states + d * 3 * batch * h;
    Scalar* cell_gradient = hidden_gradient + batch * h;
    Scalar* tanh_of_cells = cell_gradient + batch * h;
    std::fill_n(hidden_gradient, 2 * batch * h, Scalar(0));
    for (int i = g.steps - 1; i >= 0; --i) {
      const std::ptrdiff_t now = detail::step_at(g, direction, i) * std::ptrdiff_t{batch};
      const std::ptrdiff_t before = i == 0 ? -1 : detail::step_at(g, direction, i - 1) * std::ptrdiff_t{batch};
      Values<Scalar>(tanh_of_cells, batch * h) = ConstValues<Scalar>(all_cells + now * h, batch * h).tanh();
      for (int row = 0; row < batch; ++row) {
        // Gradients before the gates' functions are written over the gates.
        Scalar* z = all_gates + (now + row) * padded;
        const Scalar* cells_before = i > 0 ? all_cells + (before + row) * h : nullptr;
        const Scalar* from_above = output_gradient + (now + row) * width + direction * h;
        for (int k = 0, at = row * h; k < h; ++k, ++at) {
          const Scalar in = z[k], forget = z[h + k], candidate = z[2 * h + k], out = z[3 * h + k];
          const Scalar tanh_of_cell = tanh_of_cells[at], dh = hidden_gradient[at] + from_above[k];
          const Scalar dc = cell_gradient[at] + dh * out * (Scalar(1) - tanh_of_cell * tanh_of_cell);
          z[k] = dc * candidate * in * (Scalar(1) - in);
          z[h + k] = cells_before == nullptr ? Scalar(0) : dc * cells_before[k] * forget * (Scalar(1) - forget);
          z[2 * h + k] = dc * in * (Scalar(1) - candidate * candidate);
          z[3 * h + k] = dh * tanh_of_cell * out * (Scalar(1) - out);
          cell_gradient[at] = dc * forget;
        }
        std::fill_n(z + gates, padded - gates, Scalar(0));
      }
      if (i > 0)
        detail::row_product(batch, gates, all_gates + now * padded, padded, weight_hh, hidden_gradient, h, false);
    }
  });
  for (int direction = 0; direction < g.directions; ++direction) {
    const auto d = static_cast<std::size_t>(direction);
    const Scalar* dz = cache.gates.data() + std::ptrdiff_t{direction} * rows * padded;
    if (gradients[d].weight_ih != nullptr) {
      if (write == WriteMode::replace) {
        std::fill_n(gradients[d].weight_ih, std::ptrdiff_t{gates} * g.input, Scalar(0));
        std::fill_n(gradients[d].weight_hh, std::ptrdiff_t{gates} * g.hidden, Scalar(0));
        std::fill_n(gradients[d].bias_ih, gates, Scalar(0));
        std::fill_n(gradients[d].bias_hh, gates, Scalar(0));
      }
      detail::add_outer_product(rows, g.input, gates, input, g.input, dz, padded, gradients[d].weight_ih);
      // Step t of the gates meets the hidden state of the step before, in this direction's sense of time.
      const std::ptrdiff_t later = direction == 0 ? batch : 0, earlier = direction == 0 ? 0 : batch;
      detail::add_outer_product(rows - batch, g.hidden, gates, output + earlier * width + direction * g.hidden, width,
                                dz + later * padded, padded, gradients[d].weight_hh);
      for (int row = 0; row < rows; ++row) {
        const ConstValues<Scalar> gradient(dz + std::ptrdiff_t{row} * padded, gates);
        Values<Scalar>(gradients[d].bias_ih, gates) += gradient;
        Values<Scalar>(gradients[d].bias_hh, gates) += gradient;
      }
    }
    if (input_gradient != nullptr) {
      const PackedMatrix<Scalar> weight_ih{storage + direction * (ih + hh), gates, g.input};
      const Parts parts = cut(rows, 1);
      parallel_for(parts.count, [&](std::ptrdiff_t part) {
        const std::ptrdiff_t first = parts.begin(part);
        detail::row_product(static_cast<int>(parts.end(part) - first), gates, dz + first * padded, padded, weight_ih,
                            input_gradient + first * g.input, g.input, direction > 0);
      });
    }
  }
}

} // namespace zoetrope::eigen
