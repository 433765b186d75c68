/// @file
/// Products of operands in the form that a backend multiplies them in. Operands are rounded piece by piece, some
/// members or, of one member, some samples at a time, so that their copies take little memory.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/links.hpp"
#include "zoetrope/backend/eigen/operands.hpp"
#include "zoetrope/backend/eigen/packing.hpp"
#include "zoetrope/backend/eigen/product.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

/// How many members, or samples of one member, are rounded at a time.
struct OperandPieces {
  std::ptrdiff_t members;
  int samples;

  /// @p of_sample elements of a sample and @p of_member ones that all samples share. Pieces of samples are no smaller
  /// than what makes up for packing the weights anew.
  OperandPieces(int batch, std::ptrdiff_t of_sample, std::ptrdiff_t of_member) {
    constexpr std::ptrdiff_t wanted_elements = 64 * 1024;
    constexpr int least_samples = 32;
    members = std::max<std::ptrdiff_t>(wanted_elements / std::max(batch * of_sample, of_member), 1);
    samples = static_cast<int>(std::clamp<std::ptrdiff_t>(wanted_elements / of_sample / least_samples * least_samples,
                                                          std::min(least_samples, batch), batch));
  }
};

/// Weights of @p members members from number @p first on, rounded.
template <class Form>
TapMatrices<typename Form::Element> round_weights(Workspace<float>& workspace, const TapMatrices<float>& weights,
                                                  std::ptrdiff_t first, std::ptrdiff_t members) {
  const int inputs = weights.input_channels, outputs = weights.output_channels;
  const Matrices<float> matrices{weights.data + first * weights.member_size(), members * weights.taps,
                                 std::ptrdiff_t{inputs} * outputs, inputs, outputs};
  constexpr auto slot = Workspace<float>::right_operands;
  if (weights.transposed)
    return {Form::along_rows(workspace, slot, matrices), weights.taps, inputs, Form::elements(outputs), true};
  return {Form::down_columns(workspace, slot, matrices), weights.taps, Form::elements(inputs), outputs, false};
}

} // namespace detail

/// linked_product() in @p Form.
template <class Form, class Scalar>
void operand_product(Workspace<Scalar>& workspace, const Links& links, int members, int batch,
                     std::ptrdiff_t source_positions, const Scalar* source, const TapMatrices<Scalar>& weights,
                     const Scalar* initial, Scalar* target) {
  if constexpr (std::is_same_v<Form, ExactOperands<Scalar>>) {
    linked_product(workspace, links, members, batch, source_positions, source, weights, initial, target, batch);
  } else {
    const int depth = weights.depth(), columns = weights.columns();
    const detail::OperandPieces pieces(batch, source_positions * Form::elements(depth), weights.member_size() / 2);
    for (std::ptrdiff_t member = 0; member < members; member += pieces.members) {
      const std::ptrdiff_t taken = std::min(pieces.members, members - member);
      const auto rounded_weights = detail::round_weights<Form>(workspace, weights, member, taken);
      for (int first = 0; first < batch; first += pieces.samples) {
        const int samples = std::min(pieces.samples, batch - first);
        const std::ptrdiff_t position_step = std::ptrdiff_t{batch} * depth;
        const auto* rounded =
            Form::along_rows(workspace, Workspace<Scalar>::left_operands,
                             {source + member * source_positions * position_step + std::ptrdiff_t{first} * depth,
                              taken * source_positions, position_step, samples, depth});
        linked_product(workspace, links, taken, samples, source_positions, rounded, rounded_weights,
                       initial ? initial + member * columns : nullptr,
                       target + (member * links.size() * batch + first) * columns, batch);
      }
    }
  }
}

/// linked_outer_product() in @p Form.
template <class Form, class Scalar>
void operand_outer_product(Workspace<Scalar>& workspace, const Links& links, int members, int batch, int rows,
                           int columns, std::ptrdiff_t left_positions, const Scalar* left,
                           std::ptrdiff_t right_positions, const Scalar* right, WriteMode write, Scalar* gradient) {
  if constexpr (std::is_same_v<Form, ExactOperands<Scalar>>) {
    linked_outer_product(workspace, links, members, batch, rows, columns, left_positions, left, right_positions, right,
                         write, gradient);
  } else {
    const detail::OperandPieces pieces(batch, std::max(left_positions * rows, right_positions * columns) / 2 + 1, 1);
    for (std::ptrdiff_t member = 0; member < members; member += pieces.members) {
      const std::ptrdiff_t taken = std::min(pieces.members, members - member);
      for (int first = 0; first < batch; first += pieces.samples) {
        const int samples = std::min(pieces.samples, batch - first);
        const auto round = [&](typename Workspace<Scalar>::Slot slot, const Scalar* values, std::ptrdiff_t positions,
                               int channels) {
          const std::ptrdiff_t position_step = std::ptrdiff_t{batch} * channels;
          return Form::down_columns(workspace, slot,
                                    {values + member * positions * position_step + std::ptrdiff_t{first} * channels,
                                     taken * positions, position_step, samples, channels});
        };
        const auto* rounded_left = round(Workspace<Scalar>::left_operands, left, left_positions, rows);
        const auto* rounded_right = round(Workspace<Scalar>::right_operands, right, right_positions, columns);
        linked_outer_product(workspace, links, taken, Form::elements(samples), rows, columns, left_positions,
                             rounded_left, right_positions, rounded_right, first == 0 ? write : WriteMode::add,
                             gradient + member * links.size() * rows * columns);
      }
    }
  }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
