/// @file
/// One convolution of one to three dimensions with its three directions. Activations are [member][position][batch]
/// [channel]: at one position the batch is a dense matrix, so a tap is a product that needs no gathering, and taps that
/// would meet padding are never visited. Inputs of few channels are gathered as patches first.
#pragma once

#include "zoetrope/backend/eigen/product.hpp"
#include "zoetrope/backend/geometry.hpp"

#include <cstddef>

namespace zoetrope::cpu {

/// A geometry with its lists of meeting positions and taps. Made once, before the first step.
struct ConvolutionPlan {
  ConvolutionGeometry geometry;
  Links by_output; ///< for an output position: (input position, tap)
  Links by_input;  ///< for an input position: (output position, tap)
  Links by_tap;    ///< for a tap: (input position, output position)

  explicit ConvolutionPlan(const ConvolutionGeometry& described) : geometry(described) {
    for (int output = 0; output < geometry.output_positions(); ++output, by_output.close_place())
      for (int tap = 0; tap < geometry.taps(); ++tap)
        if (const int input = input_position(output, tap); input >= 0) by_output.pairs.push_back({input, tap});

    std::vector<std::vector<Links::Pair>> inputs(static_cast<std::size_t>(geometry.input_positions()));
    for (int tap = 0; tap < geometry.taps(); ++tap, by_tap.close_place()) {
      for (int output = 0; output < geometry.output_positions(); ++output) {
        const int input = input_position(output, tap);
        if (input < 0) continue;
        by_tap.pairs.push_back({input, output});
        inputs[static_cast<std::size_t>(input)].push_back({output, tap});
      }
    }
    for (const auto& links : inputs) {
      by_input.pairs.insert(by_input.pairs.end(), links.begin(), links.end());
      by_input.close_place();
    }
  }

  /// Too few channels to fill a product on their own: gather the patch under the kernel.
  [[nodiscard]] bool gathers_patches() const { return geometry.input_channels < 8 && geometry.taps() > 1; }

private:
  /// The input position that @p tap reads for @p output, or -1 in the padding.
  [[nodiscard]] int input_position(int output, int tap) const {
    int position = 0;
    std::array<int, 3> at{}, offset{};
    for (std::size_t d = 3; d-- > 0;) {
      at[d] = output % geometry.output[d];
      output /= geometry.output[d];
      offset[d] = tap % geometry.kernel[d];
      tap /= geometry.kernel[d];
    }
    for (std::size_t d = 0; d < 3; ++d) {
      const int coordinate = at[d] * geometry.stride[d] - geometry.padding[d] + offset[d];
      if (coordinate < 0 || coordinate >= geometry.input[d]) return -1;
      position = position * geometry.input[d] + coordinate;
    }
    return position;
  }
};

namespace detail {

/// Copies columns [first, first + width) of the patch under output position @p place to [batch][width], zero in the
/// padding.
template <class Scalar>
void gather_patch(const ConvolutionPlan& plan, std::ptrdiff_t place, int batch, const Scalar* input, int first,
                  int width, Scalar* patch) {
  const int channels = plan.geometry.input_channels;
  std::fill_n(patch, std::ptrdiff_t{batch} * width, Scalar(0));
  for (auto link = plan.by_output.begin(place); link != plan.by_output.end(place); ++link) {
    for (int channel = 0; channel < channels; ++channel) {
      const int column = link->second * channels + channel - first;
      if (column < 0 || column >= width) continue;
      const Scalar* from = input + std::ptrdiff_t{link->first} * batch * channels + channel;
      for (int row = 0; row < batch; ++row) patch[row * width + column] = from[row * channels];
    }
  }
}

template <class Scalar>
void forward_by_patches(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                        const Scalar* input, const PackedMatrix<Scalar>& weights, const Scalar* bias, Scalar* output) {
  const auto& g = plan.geometry;
  const int depth = static_cast<int>(weights.rows);
  const std::ptrdiff_t patch_size = std::ptrdiff_t{batch} * depth;
  Scalar* patches = workspace.get(Workspace<Scalar>::patches, static_cast<std::size_t>(patch_size * thread_count()));
  const Parts places = cut(g.output_positions(), members);
  parallel_for(members * places.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t member = task / places.count, part = task % places.count;
    Scalar* gathered = patches + thread_index() * patch_size;
    const Scalar* patch = gathered;
    for (std::ptrdiff_t place = places.begin(part); place < places.end(part); ++place) {
      gather_patch(plan, place, batch, input + member * g.input_positions() * batch * g.input_channels, 0, depth,
                   gathered);
      for (int panel = 0; panel < weights.panels(); ++panel) {
        const std::ptrdiff_t column = std::ptrdiff_t{panel} * tile_columns<Scalar>;
        const Scalar* panel_weights = weights.panel(member, panel);
        multiply_panel<false>(
            batch, BlockPairs<Scalar>{&patch, &panel_weights, 1, depth, depth, weights.panel_stride(panel)},
            Target<Scalar>{output + (member * g.output_positions() + place) * batch * g.output_channels + column,
                           g.output_channels, weights.panel_columns(panel), false,
                           bias ? bias + member * g.output_channels + column : nullptr});
      }
    }
  });
}

template <class Scalar>
void data_gradient_by_patches(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                              const Scalar* output_gradient, const PackedMatrix<Scalar>& weights, const Scalar* bias,
                              Scalar* input_gradient) {
  const auto& g = plan.geometry;
  const int width = weights.columns, channels = g.input_channels;
  const int rows_a_task = batch > 16 ? 8 : 4;
  const std::ptrdiff_t patch_size = std::ptrdiff_t{rows_a_task} * width;
  Scalar* patches = workspace.get(Workspace<Scalar>::patches, static_cast<std::size_t>(patch_size * thread_count()));
  const std::ptrdiff_t row_tasks = (batch + rows_a_task - 1) / rows_a_task;
  parallel_for(members * row_tasks, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t member = task / row_tasks;
    const int first_row = static_cast<int>(task % row_tasks) * rows_a_task;
    const int rows = std::min(rows_a_task, batch - first_row);
    Scalar* patch = patches + thread_index() * patch_size;
    Scalar* data = input_gradient + (member * g.input_positions() * batch + first_row) * channels;
    for (std::ptrdiff_t position = 0; position < g.input_positions(); ++position)
      for (int i = 0; i < rows * channels; ++i)
        data[position * batch * channels + i] = bias ? bias[member * channels + i % channels] : Scalar(0);
    for (std::ptrdiff_t place = 0; place < g.output_positions(); ++place) {
      const Scalar* gradient =
          output_gradient + ((member * g.output_positions() + place) * batch + first_row) * g.output_channels;
      for (int panel = 0; panel < weights.panels(); ++panel) {
        const Scalar* panel_weights = weights.panel(member, panel);
        multiply_panel<false>(rows,
                              BlockPairs<Scalar>{&gradient, &panel_weights, 1, g.output_channels, g.output_channels,
                                                 weights.panel_stride(panel)},
                              Target<Scalar>{patch + std::ptrdiff_t{panel} * tile_columns<Scalar>, width,
                                             weights.panel_columns(panel), false});
      }
      for (auto link = plan.by_output.begin(place); link != plan.by_output.end(place); ++link) {
        Scalar* to = data + std::ptrdiff_t{link->first} * batch * channels;
        const Scalar* from = patch + std::ptrdiff_t{link->second} * channels;
        for (int row = 0; row < rows; ++row)
          for (int channel = 0; channel < channels; ++channel)
            to[row * channels + channel] += from[row * width + channel];
      }
    }
  });
}

template <class Scalar>
void filter_gradient_by_patches(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                                const Scalar* input, const Scalar* output_gradient, Scalar* filter_gradient) {
  const auto& g = plan.geometry;
  const int depth = static_cast<int>(g.taps()) * g.input_channels, columns = g.output_channels;
  const int padded = padded_columns<Scalar>(columns);
  output_gradient = pad_columns(workspace, output_gradient, members * g.output_positions() * batch, columns);
  const std::ptrdiff_t places_a_chunk = std::clamp<std::ptrdiff_t>(512 / batch, 1, g.output_positions());
  const std::ptrdiff_t patch_size = places_a_chunk * batch * tile_rows;
  Scalar* patches = workspace.get(Workspace<Scalar>::patches, static_cast<std::size_t>(patch_size * thread_count()));
  const std::ptrdiff_t row_tasks = (depth + tile_rows - 1) / tile_rows;
  parallel_for(members * row_tasks, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t member = task / row_tasks;
    const int first = static_cast<int>(task % row_tasks) * tile_rows;
    const int rows = std::min(tile_rows, depth - first);
    Scalar* patch = patches + thread_index() * patch_size;
    for (std::ptrdiff_t chunk = 0; chunk < g.output_positions(); chunk += places_a_chunk) {
      const std::ptrdiff_t places = std::min(places_a_chunk, g.output_positions() - chunk);
      for (std::ptrdiff_t place = 0; place < places; ++place)
        gather_patch(plan, chunk + place, batch, input + member * g.input_positions() * batch * g.input_channels, first,
                     rows, patch + place * batch * rows);
      for (int column = 0; column < columns; column += tile_columns<Scalar>) {
        const Scalar* left = patch;
        const Scalar* right = output_gradient + (member * g.output_positions() + chunk) * batch * padded + column;
        multiply_panel<true>(rows, BlockPairs<Scalar>{&left, &right, 1, static_cast<int>(places) * batch, rows, padded},
                             Target<Scalar>{filter_gradient + (member * depth + first) * columns + column, columns,
                                            std::min(tile_columns<Scalar>, columns - column), true});
      }
    }
  });
}

template <class Scalar>
PackedMatrix<Scalar> pack(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, const Scalar* weights,
                          bool transposed) {
  const auto& g = plan.geometry;
  // A gathered patch is one tap of many channels.
  const std::ptrdiff_t taps = plan.gathers_patches() ? 1 : g.taps();
  const int input_channels = plan.gathers_patches() ? static_cast<int>(g.taps()) * g.input_channels : g.input_channels;
  const std::ptrdiff_t size = transposed ? PackedMatrix<Scalar>::size(taps * g.output_channels, input_channels)
                                         : PackedMatrix<Scalar>::size(taps * input_channels, g.output_channels);
  Scalar* storage = workspace.get(Workspace<Scalar>::packed_weights, static_cast<std::size_t>(members * size));
  return pack_weights(storage, weights, members, taps, input_channels, g.output_channels, transposed);
}

} // namespace detail

/// output = bias + input * weights. weights are [member][tap][input channel][output channel]; @p bias may be null.
template <class Scalar>
void convolution_forward(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                         const Scalar* input, const Scalar* weights, const Scalar* bias, Scalar* output) {
  const auto packed = detail::pack(workspace, plan, members, weights, false);
  if (plan.gathers_patches())
    detail::forward_by_patches(workspace, plan, members, batch, input, packed, bias, output);
  else
    linked_product(plan.by_output, members, batch, plan.geometry.input_channels, plan.geometry.input_positions(), input,
                   packed, bias, output);
}

/// The gradient with respect to the input, which is also the transposed convolution's output: there @p bias (one value
/// an input channel, may be null) is added.
template <class Scalar>
void convolution_data_gradient(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                               const Scalar* output_gradient, const Scalar* weights, const Scalar* bias,
                               Scalar* input_gradient) {
  const auto packed = detail::pack(workspace, plan, members, weights, true);
  if (plan.gathers_patches())
    detail::data_gradient_by_patches(workspace, plan, members, batch, output_gradient, packed, bias, input_gradient);
  else
    linked_product(plan.by_input, members, batch, plan.geometry.output_channels, plan.geometry.output_positions(),
                   output_gradient, packed, bias, input_gradient);
}

/// Adds the gradient with respect to the weights to @p filter_gradient.
template <class Scalar>
void convolution_filter_gradient(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                                 const Scalar* input, const Scalar* output_gradient, Scalar* filter_gradient) {
  const auto& g = plan.geometry;
  if (plan.gathers_patches())
    detail::filter_gradient_by_patches(workspace, plan, members, batch, input, output_gradient, filter_gradient);
  else
    linked_outer_product(workspace, plan.by_tap, members, batch, g.input_channels, g.output_channels,
                         g.input_positions(), input, g.output_positions(), output_gradient, filter_gradient);
}

} // namespace zoetrope::cpu
