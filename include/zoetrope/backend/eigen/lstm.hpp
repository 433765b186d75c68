/// @file
/// One layer of an LSTM in one or two directions, with PyTorch's gate order i, f, g, o and zero initial state.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/dense_product.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/lstm_gradients.hpp"
#include "zoetrope/backend/eigen/lstm_recurrence.hpp"
#include "zoetrope/backend/eigen/packing.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

/// The matrices of each direction, packed.
template <class Scalar>
struct PackedLstmWeights {
  std::array<PackedMatrix<Scalar>, 2> weight_ih, weight_hh;

  PackedLstmWeights(Workspace<Scalar>& workspace, const LstmGeometry& g,
                    const std::array<LstmParameters<const Scalar*>, 2>& parameters, bool transposed) {
    TapMatrices<Scalar> input{nullptr, 1, g.input, 4 * g.hidden, transposed},
        hidden{nullptr, 1, g.hidden, 4 * g.hidden, transposed};
    const std::ptrdiff_t input_size = PackedMatrix<Scalar>::size(input.depth(), input.columns()),
                         hidden_size = PackedMatrix<Scalar>::size(hidden.depth(), hidden.columns());
    Scalar* storage = workspace.get(Workspace<Scalar>::packed_weights,
                                    static_cast<std::size_t>((input_size + hidden_size) * g.directions));
    for (std::size_t d = 0; d < static_cast<std::size_t>(g.directions); ++d) {
      input.data = parameters[d].weight_ih;
      hidden.data = parameters[d].weight_hh;
      weight_ih[d] = pack_weights(storage, input, 1);
      weight_hh[d] = pack_weights(storage + input_size, hidden, 1);
      storage += input_size + hidden_size;
    }
  }
};

} // namespace detail

/// output[time][batch][directions * hidden] from input[time][batch][input].
template <class Scalar>
void lstm_forward(Workspace<Scalar>& workspace, const LstmGeometry& g, int batch, const Scalar* input,
                  const std::array<LstmParameters<const Scalar*>, 2>& parameters, LstmCache<Scalar>& cache,
                  Scalar* output) {
  const detail::PackedLstmWeights<Scalar> packed(workspace, g, parameters, false);
  parallel_for(g.directions, [&](std::ptrdiff_t direction) {
    const detail::LstmDirection<Scalar> d{g, batch, static_cast<int>(direction)};
    const auto index = static_cast<std::size_t>(direction);
    const auto& p = parameters[index];
    Scalar* gates = d.gates_of(cache);
    for (int row = 0; row < d.rows(); ++row) {
      Scalar* biases = std::copy_n(p.bias_ih, d.gates(), gates + std::ptrdiff_t{row} * d.padded_gates()) - d.gates();
      add_values(d.gates(), p.bias_hh, biases);
    }
    detail::row_product(d.rows(), g.input, input, g.input, packed.weight_ih[index], gates, d.padded_gates(), true);
    detail::run_forward(d, packed.weight_hh[index], gates, d.cells_of(cache), output);
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
  const detail::PackedLstmWeights<Scalar> packed(workspace, g, parameters, true);
  const std::ptrdiff_t state_size = detail::backward_state_size(g, batch);
  Scalar* states = workspace.get(Workspace<Scalar>::lstm_state, static_cast<std::size_t>(state_size * g.directions));
  parallel_for(g.directions, [&](std::ptrdiff_t direction) {
    const detail::LstmDirection<Scalar> d{g, batch, static_cast<int>(direction)};
    detail::run_backward(d, packed.weight_hh[static_cast<std::size_t>(direction)], d.cells_of(cache), output_gradient,
                         states + direction * state_size, d.gates_of(cache));
  });
  for (int direction = 0; direction < g.directions; ++direction) {
    const detail::LstmDirection<Scalar> d{g, batch, direction};
    const auto index = static_cast<std::size_t>(direction);
    const Scalar* gate_gradients = d.gates_of(cache);
    if (gradients[index].weight_ih != nullptr)
      detail::write_weight_gradients(d, input, output, gate_gradients, write, gradients[index]);
    if (input_gradient != nullptr)
      detail::write_input_gradient(d, packed.weight_ih[index], gate_gradients, input_gradient);
  }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
