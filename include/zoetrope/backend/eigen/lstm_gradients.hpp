/// @file
/// What the gradients before the gates' functions say about an LSTM's parameters and its input.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/dense_product.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/lstm_recurrence.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {
namespace detail {

/// Writes or adds to @p gradients what all steps of one direction give.
template <class Scalar>
void write_weight_gradients(const LstmDirection<Scalar>& d, const Scalar* input, const Scalar* output,
                            const Scalar* gate_gradients, WriteMode write, const LstmParameters<Scalar*>& gradients) {
  const int inputs = d.geometry.input, hidden = d.geometry.hidden, gates = d.gates(), padded = d.padded_gates();
  if (write == WriteMode::replace) {
    std::fill_n(gradients.weight_ih, std::ptrdiff_t{gates} * inputs, Scalar(0));
    std::fill_n(gradients.weight_hh, std::ptrdiff_t{gates} * hidden, Scalar(0));
    std::fill_n(gradients.bias_ih, gates, Scalar(0));
    std::fill_n(gradients.bias_hh, gates, Scalar(0));
  }
  add_outer_product(d.rows(), inputs, gates, input, inputs, gate_gradients, padded, gradients.weight_ih);
  // Step t of the gates meets the hidden state of the step before, in this direction's sense of time.
  const std::ptrdiff_t later = d.direction == 0 ? d.batch : 0, earlier = d.direction == 0 ? 0 : d.batch;
  add_outer_product(d.rows() - d.batch, hidden, gates, output + earlier * d.output_width() + d.output_offset(),
                    d.output_width(), gate_gradients + later * padded, padded, gradients.weight_hh);
  for (int row = 0; row < d.rows(); ++row) {
    const Scalar* gradient = gate_gradients + std::ptrdiff_t{row} * padded;
    add_values(gates, gradient, gradients.bias_ih);
    add_values(gates, gradient, gradients.bias_hh);
  }
}

/// Writes the input's gradient in direction 0, and adds to it in direction 1. @p weight_ih is transposed.
template <class Scalar>
void write_input_gradient(const LstmDirection<Scalar>& d, const PackedMatrix<Scalar>& weight_ih,
                          const Scalar* gate_gradients, Scalar* gradient) {
  const int inputs = d.geometry.input, padded = d.padded_gates();
  const Parts parts = cut(d.rows(), 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    const std::ptrdiff_t first = parts.begin(part);
    row_product(static_cast<int>(parts.end(part) - first), d.gates(), gate_gradients + first * padded, padded,
                weight_ih, gradient + first * inputs, inputs, d.direction > 0);
  });
}

} // namespace detail
} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
