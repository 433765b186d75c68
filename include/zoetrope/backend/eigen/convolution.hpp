/// @file
/// One convolution of one to three dimensions with its three directions. Activations are [member][position][batch]
/// [channel]: at one position the batch is a dense matrix, so a tap is a product that needs no gathering, and taps that
/// would meet padding are never visited. Operands that may be rounded are multiplied in the form @p Rounded.
#pragma once

#include "zoetrope/backend/eigen/few_channels.hpp"
#include "zoetrope/backend/eigen/operand_product.hpp"
#include "zoetrope/backend/eigen/operands.hpp"
#include "zoetrope/backend/eigen/transformed_product.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <cstddef>
#include <type_traits>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

/// Calls @p multiply with the form in which this convolution's operands are multiplied.
template <class Rounded, class Scalar, class Multiply>
void with_operands(const ConvolutionPlan& plan, const Multiply& multiply) {
  if constexpr (!std::is_same_v<Rounded, ExactOperands<Scalar>>)
    if (plan.rounds_operands()) return multiply(Rounded{});
  multiply(ExactOperands<Scalar>{});
}

} // namespace detail

/// output = bias + input * weights. weights are [member][tap][input channel][output channel]; @p bias may be null.
template <class Rounded, class Scalar>
void convolution_forward(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                         const Scalar* input, const Scalar* weights, const Scalar* bias, Scalar* output) {
  const auto& g = plan.geometry;
  const TapMatrices<Scalar> matrices{weights, g.taps(), g.input_channels, g.output_channels, false};
  detail::with_operands<Rounded, Scalar>(plan, [&]<class Form>(Form) {
    if constexpr (std::is_same_v<Form, ExactOperands<Scalar>>)
      if (const TransformedPlan* fewer = plan.transformed_for(batch))
        return transformed_product(workspace, *fewer, false, members, batch, g.input_positions(), input, matrices, bias,
                                   g.output_positions(), output);
    operand_product<Form>(workspace, plan.by_output, members, batch, g.input_positions(), input, matrices, bias,
                          output);
  });
}

/// The gradient with respect to the input, which is also the transposed convolution's output: there @p bias (one value
/// per input channel, may be null) is added.
template <class Rounded, class Scalar>
void convolution_data_gradient(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                               const Scalar* output_gradient, const Scalar* weights, const Scalar* bias,
                               Scalar* input_gradient) {
  const auto& g = plan.geometry;
  if (plan.has_few_input_channels()) {
    data_gradient_of_few_channels(workspace, plan, members, batch, output_gradient, weights, bias, input_gradient);
  } else {
    const TapMatrices<Scalar> matrices{weights, g.taps(), g.input_channels, g.output_channels, true};
    detail::with_operands<Rounded, Scalar>(plan, [&]<class Form>(Form) {
      if constexpr (std::is_same_v<Form, ExactOperands<Scalar>>)
        if (const TransformedPlan* fewer = plan.transformed_for(batch))
          return transformed_product(workspace, *fewer, true, members, batch, g.output_positions(), output_gradient,
                                     matrices, bias, g.input_positions(), input_gradient);
      operand_product<Form>(workspace, plan.by_input, members, batch, g.output_positions(), output_gradient, matrices,
                            bias, input_gradient);
    });
  }
}

/// The gradient with respect to the weights, written over @p filter_gradient or added to it.
template <class Rounded, class Scalar>
void convolution_filter_gradient(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                                 const Scalar* input, const Scalar* output_gradient, WriteMode write,
                                 Scalar* filter_gradient) {
  const auto& g = plan.geometry;
  if (plan.has_few_input_channels())
    filter_gradient_of_few_channels(workspace, plan, members, batch, input, output_gradient, write, filter_gradient);
  else
    detail::with_operands<Rounded, Scalar>(plan, [&]<class Form>(Form) {
      if constexpr (std::is_same_v<Form, ExactOperands<Scalar>>)
        if (const TransformedPlan* fewer = plan.transformed_for(batch))
          return transformed_outer_product(workspace, *fewer, members, batch, g.input_channels, g.output_channels,
                                           g.input_positions(), input, g.output_positions(), output_gradient, g.taps(),
                                           write, filter_gradient);
      operand_outer_product<Form>(workspace, plan.by_tap, members, batch, g.input_channels, g.output_channels,
                                  g.input_positions(), input, g.output_positions(), output_gradient, write,
                                  filter_gradient);
    });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
