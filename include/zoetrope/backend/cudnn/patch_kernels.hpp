/// @file
/// Convolution as a matrix product: patches of the input, gathered and brought back.
#pragma once

#include "zoetrope/backend/cudnn/kernels.hpp"
#include "zoetrope/backend/geometry.hpp"

namespace zoetrope::kernel {

/// A ConvolutionGeometry that a kernel can carry.
struct PatchGeometry {
  int input[3], output[3], window[3], stride[3], padding[3];
  Index members, channels; ///< input channels of a member

  explicit PatchGeometry(const ConvolutionGeometry& g, int member_count)
      : members(member_count), channels(g.input_channels) {
    for (std::size_t d = 0; d < 3; ++d) {
      input[d] = g.input[d];
      output[d] = g.output[d];
      window[d] = g.kernel[d];
      stride[d] = g.stride[d];
      padding[d] = g.padding[d];
    }
  }
  [[nodiscard]] ZOETROPE_HOST_DEVICE Index taps() const { return Index{window[0]} * window[1] * window[2]; }
};

/// patches [batch][output position][member][tap][channel], zero in the padding; @p i is a place in them.
struct GatherPatches {
  PatchGeometry geometry;
  const float* input;
  float* patches;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    Index rest = i;
    const Index channel = rest % g.channels;
    rest /= g.channels;
    Index tap = rest % g.taps();
    rest /= g.taps();
    const Index member = rest % g.members;
    rest /= g.members;
    Index at[3];
    for (int d = 2; d >= 0; --d) {
      at[d] = rest % g.output[d] * g.stride[d] - g.padding[d] + tap % g.window[d];
      rest /= g.output[d];
      tap /= g.window[d];
    }
    Index position = rest; // the sample
    bool inside = true;
    for (int d = 0; d < 3; ++d) {
      inside = inside && at[d] >= 0 && at[d] < g.input[d];
      position = position * g.input[d] + at[d];
    }
    patches[i] = inside ? input[(position * g.members + member) * g.channels + channel] : 0.0F;
  }
};

/// input gradient [batch][position][member][channel] = bias + the sum over the patches that saw the place; @p i is a
/// place in it. @p bias [member][channel] may be null.
template <class To>
struct SumPatches {
  PatchGeometry geometry;
  const float *patches, *bias;
  To* input_gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    Index rest = i;
    const Index channel = rest % g.channels;
    rest /= g.channels;
    const Index member = rest % g.members;
    rest /= g.members;
    Index at[3];
    for (int d = 2; d >= 0; --d) {
      at[d] = rest % g.input[d];
      rest /= g.input[d];
    }
    float sum = bias != nullptr ? bias[member * g.channels + channel] : 0.0F;
    for (Index tap = 0; tap < g.taps(); ++tap) {
      const Index offset[3] = {tap / (Index{g.window[1]} * g.window[2]), tap / g.window[2] % g.window[1],
                               tap % g.window[2]};
      Index place = rest; // the sample
      bool seen = true;
      for (int d = 0; d < 3; ++d) {
        const Index from = at[d] + g.padding[d] - offset[d];
        seen = seen && from >= 0 && from % g.stride[d] == 0 && from / g.stride[d] < g.output[d];
        place = place * g.output[d] + from / g.stride[d];
      }
      if (seen) sum += patches[((place * g.members + member) * g.taps() + tap) * g.channels + channel];
    }
    store(sum, input_gradient + i);
  }
};

/// Patches [row][member][depth] of few values, such as a single channel's.
struct FewValues {
  Index members, outputs; ///< output channels of a member
  int depth;
  const float* patches;
};

/// output [row][member][output] = a patch times a filter [member][output][depth], with what Epilogue does to it; @p i
/// is a place in it.
template <class To>
struct MultiplyPatches {
  FewValues values;
  const float *filter, *bias;
  float slope;
  To* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index patch = i / values.outputs, output = i - patch * values.outputs;
    const Index column = patch % values.members * values.outputs + output;
    const float *x = values.patches + patch * values.depth, *w = filter + column * values.depth;
    float sum = bias != nullptr ? bias[column] : 0.0F;
    for (int k = 0; k < values.depth; ++k) sum += x[k] * w[k];
    store(leaky_relu(sum, slope), to + i);
  }
};

/// Gradients of patches [row][member][depth] from an output gradient [row][member][output], which passes through a
/// leaky ReLU of that output first unless it is null; @p i is a place in them.
template <class From>
struct MultiplyGradients {
  FewValues values; ///< its patches are not read
  const float* filter;
  const From *output_gradient, *leaky_relu_output;
  float slope;
  float* patches;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index patch = i / values.depth, k = i - patch * values.depth;
    const Index first = patch * values.outputs;
    const float* w = filter + patch % values.members * values.outputs * values.depth + k;
    float sum = 0.0F;
    for (Index output = 0; output < values.outputs; ++output) {
      float gradient = load(output_gradient + first + output);
      if (leaky_relu_output != nullptr && !(load(leaky_relu_output + first + output) > 0.0F)) gradient *= slope;
      sum += gradient * w[output * values.depth];
    }
    patches[i] = sum;
  }
};

/// The gradient with respect to an input [sample][position][member][channel] of which every position meets one tap at
/// most, since there is one output position; output gradient [sample][member][output]. @p i is a place in it.
template <class To>
struct SpreadGradients {
  PatchGeometry geometry;
  Index outputs;
  const float *filter, *output_gradient;
  To* input_gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    Index rest = i / g.channels;
    const Index channel = i - rest * g.channels, member = rest % g.members;
    rest /= g.members;
    Index tap = 0, at[3];
    for (int d = 2; d >= 0; --d) {
      at[d] = rest % g.input[d] + g.padding[d];
      rest /= g.input[d];
    }
    bool met = true;
    for (int d = 0; d < 3; ++d) {
      met = met && at[d] < g.window[d];
      tap = tap * g.window[d] + at[d];
    }
    float sum = 0.0F;
    for (Index output = 0; met && output < outputs; ++output) {
      const Index column = member * outputs + output;
      sum += output_gradient[rest * g.members * outputs + column] *
             filter[(column * g.taps() + tap) * g.channels + channel];
    }
    store(sum, input_gradient + i);
  }
};

/// partial [part][member][output][depth] = the sum over the part's rows of an output gradient [row][member][output]
/// times the row's patch, of at most @p MostDepth values; @p i counts [part][member][output].
template <int MostDepth, class From>
struct SumPatchProducts {
  FewValues values;
  Index rows, rows_per_part;
  const From* output_gradient;
  float* partial;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index columns = values.members * values.outputs, part = i / columns, column = i - part * columns;
    const Index first = part * rows_per_part, last = first + rows_per_part < rows ? first + rows_per_part : rows;
    float sums[MostDepth] = {};
    for (Index row = first; row < last; ++row) {
      const float gradient = load(output_gradient + row * columns + column);
      const float* x = values.patches + (row * values.members + column / values.outputs) * values.depth;
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
      for (int k = 0; k < MostDepth; ++k)
        if (k < values.depth) sums[k] += gradient * x[k];
    }
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
    for (int k = 0; k < MostDepth; ++k)
      if (k < values.depth) partial[i * values.depth + k] = sums[k];
  }
};

} // namespace zoetrope::kernel
