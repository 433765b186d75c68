/// @file
/// All members' projections in one pass over samples that they share, and over time; the vectors are the batch.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/few_channels.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// A convolution for each member to one channel, all of the same samples [position][batch][channel]: activations
/// [member][position][batch] from weights [tap][channel][member]. The plan's output channels are the members.
template <class Scalar>
void shared_convolution_forward(Workspace<Scalar>& workspace, const SharedConvolutionPlan& plan, int batch,
                                const Scalar* samples, const Scalar* weights, Scalar* views) {
  const auto& g = plan.slice.geometry;
  const int channels = g.input_channels, members = g.output_channels, padded = padded_columns<Scalar>(batch);
  const std::ptrdiff_t inputs = plan.slices * g.input_positions(),
                       output_positions = plan.slices * g.output_positions();
  // [position][channel][batch]
  const Scalar* rows = channels > 1
                           ? detail::transpose_samples(workspace, inputs, batch, 0, batch, channels, samples).data
                           : pad_columns(workspace, samples, inputs, batch);
  const Parts parts = cut(output_positions, 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (std::ptrdiff_t position = parts.begin(part); position < parts.end(part); ++position) {
      const std::ptrdiff_t slice = position / g.output_positions(), in_slice = position % g.output_positions();
      const auto first = plan.slice.by_output.begin(in_slice);
      const Scalar* slice_rows = rows + slice * g.input_positions() * channels * padded;
      // The links are (input position, tap), and here the taps are on the left.
      const BlockPairs sum_of{first, plan.slice.by_output.end(in_slice) - first, channels, true};
      for (int column = 0; column < batch; column += tile_columns<Scalar>)
        multiply_panel(members, sum_of, LeftColumns<Scalar>{weights, std::ptrdiff_t{channels} * members, members},
                       RightRows<Scalar>{slice_rows + column, std::ptrdiff_t{channels} * padded, padded},
                       Target<Scalar>{views + position * batch + column, output_positions * batch,
                                      std::min(tile_columns<Scalar>, batch - column), false});
    }
  });
}

/// The gradient with respect to the samples, summed over the members.
template <class Scalar>
void shared_convolution_data_gradient(Workspace<Scalar>& workspace, const SharedConvolutionPlan& plan, int batch,
                                      const Scalar* view_gradients, const Scalar* weights, Scalar* sample_gradient) {
  const auto& g = plan.slice.geometry;
  const int channels = g.input_channels, members = g.output_channels, padded = padded_columns<Scalar>(batch);
  const std::ptrdiff_t output_positions = plan.slices * g.output_positions();
  const Scalar* rows = pad_columns(workspace, view_gradients, members * output_positions, batch);
  const Parts parts = cut(plan.slices * g.input_positions(), 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (std::ptrdiff_t position = parts.begin(part); position < parts.end(part); ++position) {
      const std::ptrdiff_t slice = position / g.input_positions(), in_slice = position % g.input_positions();
      const detail::SampleRows<Scalar> slice_rows{rows + slice * g.output_positions() * padded, padded,
                                                  output_positions * padded};
      for (int channel = 0; channel < channels; ++channel)
        detail::gather_row(plan.slice.by_input.begin(in_slice), plan.slice.by_input.end(in_slice), members,
                           {weights + std::ptrdiff_t{channel} * members, std::ptrdiff_t{channels} * members},
                           slice_rows, Scalar(0), batch, sample_gradient + position * batch * channels + channel,
                           channels);
    }
  });
}

/// [member][channel][step][batch], as filters of a shared convolution leave it -> [member][step][batch][kind][channel],
/// in fewer steps.
template <class Scalar>
void filter_over_time(int members, int steps, int batch, int channels, const TapsOfKinds& filters, const Scalar* from,
                      Scalar* to) {
  const std::ptrdiff_t seen = steps - filters.taps + 1, width = std::ptrdiff_t{filters.kinds} * channels;
  for_all(members * seen, [&](std::ptrdiff_t row) {
    const Scalar* member = from + row / seen * channels * steps * batch;
    for (std::ptrdiff_t sample = 0; sample < batch; ++sample)
      for (std::ptrdiff_t kind = 0; kind < filters.kinds; ++kind)
        for (std::ptrdiff_t channel = 0; channel < channels; ++channel) {
          Scalar sum(0);
          for (std::ptrdiff_t tap = 0; tap < filters.taps; ++tap)
            sum += static_cast<Scalar>(filters.values[kind * filters.taps + tap]) *
                   member[(channel * steps + row % seen + tap) * batch + sample];
          to[(row * batch + sample) * width + kind * channels + channel] = sum;
        }
  });
}

template <class Scalar>
void filter_over_time_gradient(int members, int steps, int batch, int channels, const TapsOfKinds& filters,
                               const Scalar* to_gradient, Scalar* from_gradient) {
  const std::ptrdiff_t seen = steps - filters.taps + 1, width = std::ptrdiff_t{filters.kinds} * channels;
  for_all(std::ptrdiff_t{members} * channels, [&](std::ptrdiff_t row) {
    const Scalar* member = to_gradient + row / channels * seen * batch * width + row % channels;
    Scalar* result = from_gradient + row * steps * batch;
    std::fill_n(result, std::ptrdiff_t{steps} * batch, Scalar(0));
    for (std::ptrdiff_t step = 0; step < seen; ++step)
      for (std::ptrdiff_t sample = 0; sample < batch; ++sample)
        for (std::ptrdiff_t kind = 0; kind < filters.kinds; ++kind) {
          const Scalar gradient = member[(step * batch + sample) * width + kind * channels];
          for (std::ptrdiff_t tap = 0; tap < filters.taps; ++tap)
            result[(step + tap) * batch + sample] +=
                static_cast<Scalar>(filters.values[kind * filters.taps + tap]) * gradient;
        }
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
