/// @file
/// Which positions of a convolution's input and output meet under which tap, found once: taps that would meet padding
/// are not in the lists, so nothing is computed for them. Wide layers also have a plan of fewer products.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/links.hpp"
#include "zoetrope/backend/eigen/transformed_plan.hpp"
#include "zoetrope/backend/geometry.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <vector>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// A geometry with its lists of meeting positions and taps. Made once, before the first step.
struct ConvolutionPlan {
  ConvolutionGeometry geometry;
  Operands operands;
  Links by_output;                            ///< for an output position: (input position, tap)
  Links by_input;                             ///< for an input position: (output position, tap)
  Links by_tap;                               ///< for a tap: (input position, output position)
  std::optional<TransformedPlan> transformed; ///< where that takes fewer products and there are many channels

  explicit ConvolutionPlan(const ConvolutionGeometry& described, Operands operand_use = Operands::rounded)
      : geometry(described), operands(operand_use) {
    for (int output = 0; output < geometry.output_positions(); ++output, by_output.close_list())
      for (int tap = 0; tap < geometry.taps(); ++tap)
        if (const int input = input_position(output, tap); input >= 0) by_output.pairs.push_back({input, tap});
    by_output.pairs.shrink_to_fit();

    by_tap.pairs.reserve(by_output.pairs.size());
    by_input.pairs.reserve(by_output.pairs.size());
    std::vector<std::vector<BlockPair>> inputs(static_cast<std::size_t>(geometry.input_positions()));
    for (int tap = 0; tap < geometry.taps(); ++tap, by_tap.close_list()) {
      for (int output = 0; output < geometry.output_positions(); ++output) {
        const int input = input_position(output, tap);
        if (input < 0) continue;
        by_tap.pairs.push_back({input, output});
        inputs[static_cast<std::size_t>(input)].push_back({output, tap});
      }
    }
    for (const auto& links : inputs) {
      by_input.pairs.insert(by_input.pairs.end(), links.begin(), links.end());
      by_input.close_list();
    }

    constexpr int least_channels = 128;
    if (geometry.taps() > 1 && std::min(geometry.input_channels, geometry.output_channels) >= least_channels &&
        geometry.input_channels % transformed_channels == 0 && geometry.output_channels % transformed_channels == 0) {
      transformed.emplace(geometry);
      const std::ptrdiff_t direct = std::ssize(by_output.pairs), saved = direct - transformed->products();
      if (saved > 0 && 5 * saved >= direct)
        least_transformed_batch = (32 * transformed->taps.size() + saved - 1) / saved;
      else
        transformed.reset();
    }
  }

  /// The other plan, where it pays to transform the weights for @p batch samples.
  [[nodiscard]] const TransformedPlan* transformed_for(int batch) const {
    return transformed && batch >= least_transformed_batch ? &*transformed : nullptr;
  }

  /// Too few to fill a vector: few_channels.hpp has other ways.
  [[nodiscard]] bool has_few_input_channels() const { return geometry.input_channels < 8 && geometry.taps() > 1; }

  /// Whether a backend of less than full precision rounds what it multiplies: neither in first and last layers, which
  /// say so or have few channels, nor where a linear layer makes a sample of latents.
  [[nodiscard]] bool rounds_operands() const {
    return operands == Operands::rounded && geometry.taps() > 1 && !has_few_input_channels();
  }

private:
  std::ptrdiff_t least_transformed_batch = 0;

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

/// A convolution of films that treats every frame alike is a convolution of frames, done for every slice of time.
struct SharedConvolutionPlan {
  int slices;
  ConvolutionPlan slice;

  explicit SharedConvolutionPlan(const ConvolutionGeometry& described)
      : slices(frame_by_frame(described) ? described.input[0] : 1), slice(one_slice(described)) {}

private:
  static bool frame_by_frame(const ConvolutionGeometry& g) {
    return g.kernel[0] == 1 && g.stride[0] == 1 && g.padding[0] == 0;
  }
  static ConvolutionGeometry one_slice(ConvolutionGeometry geometry) {
    if (frame_by_frame(geometry)) geometry.input[0] = geometry.output[0] = 1;
    return geometry;
  }
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
