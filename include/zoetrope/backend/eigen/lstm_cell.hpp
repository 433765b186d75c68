/// @file
/// The arithmetic of an LSTM's cell: one time step of one sample, with PyTorch's gate order i, f, g, o.
#pragma once

#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {
namespace detail {

/// Applies the gates' functions to what goes into them, in place, and writes the cell and its output. @p cell_before is
/// null in the first step.
template <class Scalar>
void lstm_cell_forward(int hidden, Scalar* gates, const Scalar* cell_before, Scalar* cell, Scalar* output) {
  Values<Scalar> in_forget(gates, 2 * hidden), candidate(gates + 2 * hidden, hidden), out(gates + 3 * hidden, hidden);
  in_forget = logistic_of(in_forget);
  candidate = tanh_of(candidate);
  out = logistic_of(out);
  using namespace Eigen::internal;
  const Scalar *forget = gates + hidden, *offered = forget + hidden, *out_gate = offered + hidden;
  for_lanes<Scalar>(
      hidden, [&]<class Lane>(int k) { pstoreu(cell + k, pmul(ploadu<Lane>(gates + k), ploadu<Lane>(offered + k))); });
  if (cell_before != nullptr)
    for_lanes<Scalar>(hidden, [&]<class Lane>(int k) {
      const Lane kept = pmul(ploadu<Lane>(forget + k), ploadu<Lane>(cell_before + k));
      pstoreu(cell + k, padd(ploadu<Lane>(cell + k), kept));
    });
  Values<Scalar>(output, hidden) = tanh_of(ConstValues<Scalar>(cell, hidden));
  for_lanes<Scalar>(hidden, [&]<class Lane>(int k) {
    pstoreu(output + k, pmul(ploadu<Lane>(out_gate + k), ploadu<Lane>(output + k)));
  });
}

/// Gradients before the gates' functions overwrite the gates; @p cell_gradient becomes that of the step before.
/// The output's gradient is the sum of what comes from the next step, @p hidden_gradient, and from the layer above.
template <class Scalar>
void lstm_cell_backward(int hidden, Scalar* gates, const Scalar* cell_before, const Scalar* tanh_of_cell,
                        const Scalar* hidden_gradient, const Scalar* output_gradient, Scalar* cell_gradient) {
  const int h = hidden;
  for (int k = 0; k < h; ++k) {
    const Scalar in = gates[k], forget = gates[h + k], candidate = gates[2 * h + k], out = gates[3 * h + k];
    const Scalar dh = hidden_gradient[k] + output_gradient[k];
    const Scalar dc = cell_gradient[k] + dh * out * (Scalar(1) - tanh_of_cell[k] * tanh_of_cell[k]);
    gates[k] = dc * candidate * in * (Scalar(1) - in);
    gates[h + k] = cell_before == nullptr ? Scalar(0) : dc * cell_before[k] * forget * (Scalar(1) - forget);
    gates[2 * h + k] = dc * in * (Scalar(1) - candidate * candidate);
    gates[3 * h + k] = dh * tanh_of_cell[k] * out * (Scalar(1) - out);
    cell_gradient[k] = dc * forget;
  }
}

} // namespace detail
} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
