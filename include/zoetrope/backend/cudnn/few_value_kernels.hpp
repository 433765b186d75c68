/// @file
/// Convolutions of few values, as first layers have them, and to few outputs, as last ones do: products of patches that
/// read and write the wide side once.
#pragma once

#include "zoetrope/backend/cudnn/patch_kernels.hpp"

namespace zoetrope::kernel {

/// Patches [row][member][depth] of few values, such as a single channel's.
struct FewValues {
  Index members, outputs; ///< output channels of a member
  int depth;
  const float* patches;
};

/// Rows whose patches a thread reads before it works on them: as many as its registers hold beside the filters.
inline constexpr int rows_together = 2;

/// Calls @p use(row, k, x) for each of the @p depth values x of @p Rows patches, which begin @p stride after each other
/// and have at most @p MaxDepth values: by fours where there are as many, since then patches begin at multiples of 16
/// bytes.
template <int MaxDepth, int Rows, class Use>
ZOETROPE_HOST_DEVICE inline void for_values(const float* patches, Index stride, int depth, const Use& use) {
  static_assert(MaxDepth % 4 == 0);
  if (depth == MaxDepth) {
    ZOETROPE_UNROLL
    for (int k = 0; k < MaxDepth; k += 4) {
      Pack<float, 4> fours[Rows];
      ZOETROPE_UNROLL
      for (int row = 0; row < Rows; ++row) fours[row] = load_pack<4>(patches + row * stride + k);
      ZOETROPE_UNROLL
      for (int row = 0; row < Rows; ++row)
        for (int j = 0; j < 4; ++j) use(row, k + j, fours[row].values[j]);
    }
  } else {
    ZOETROPE_UNROLL
    for (int row = 0; row < Rows; ++row) {
      ZOETROPE_UNROLL
      for (int k = 0; k < MaxDepth; ++k)
        if (k < depth) use(row, k, patches[row * stride + k]);
    }
  }
}

/// output [row][member][output] = a patch of at most @p MaxDepth values times a filter [member][output][depth], with
/// what Epilogue does to it; @p i counts [part of the rows][member][@p Outputs outputs], so that a filter's values are
/// read once a part, and a patch's once for so many outputs, of which an output's packs then consist.
template <int MaxDepth, int Outputs, class To>
struct MultiplyPatches {
  FewValues values;
  Index rows, rows_per_part;
  const float *filter, *bias;
  float slope;
  To* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index packs = values.members * values.outputs / Outputs, part = i / packs;
    const Index column = (i - part * packs) * Outputs;
    const Index first = part * rows_per_part, last = first + rows_per_part < rows ? first + rows_per_part : rows;
    float w[Outputs][MaxDepth];
    ZOETROPE_UNROLL
    for (int o = 0; o < Outputs; ++o) {
      ZOETROPE_UNROLL
      for (int k = 0; k < MaxDepth; ++k) w[o][k] = k < values.depth ? filter[(column + o) * values.depth + k] : 0.0F;
    }
    Index row = first;
    for (; row + rows_together <= last; row += rows_together) multiply<rows_together>(row, column, w);
    for (; row < last; ++row) multiply<1>(row, column, w);
  }

private:
  template <int Rows>
  ZOETROPE_HOST_DEVICE void multiply(Index row, Index column, const float (&w)[Outputs][MaxDepth]) const {
    const Index columns = values.members * values.outputs, member = column / values.outputs;
    Pack<float, Outputs> sums[Rows];
    ZOETROPE_UNROLL
    for (int r = 0; r < Rows; ++r) {
      ZOETROPE_UNROLL
      for (int o = 0; o < Outputs; ++o) sums[r].values[o] = bias != nullptr ? bias[column + o] : 0.0F;
    }
    for_values<MaxDepth, Rows>(values.patches + (row * values.members + member) * values.depth,
                               values.members * values.depth, values.depth, [&](int r, int k, float x) {
                                 ZOETROPE_UNROLL
                                 for (int o = 0; o < Outputs; ++o) sums[r].values[o] += x * w[o][k];
                               });
    ZOETROPE_UNROLL
    for (int r = 0; r < Rows; ++r) {
      for (int o = 0; o < Outputs; ++o) sums[r].values[o] = leaky_relu(sums[r].values[o], slope);
      store_pack(sums[r], to + (row + r) * columns + column);
    }
  }
};

/// Gradients of patches [row][member][depth] from an output gradient [row][member][output], which passes through a
/// leaky ReLU of that output first unless it is null; @p i counts [four rows][member][@p Depths values], so that what
/// is read serves four rows, or as many depths. With more than one, filter and patches begin packs of them.
template <int Depths, class From>
struct MultiplyGradients {
  static constexpr Index rows_at_once = 4;
  FewValues values; ///< its patches are not read
  Index rows;
  const float* filter;
  const From *output_gradient, *leaky_relu_output;
  bool outputs_in_eights; ///< outputs come by eights and both of them begin packs of as many
  float slope;
  float* patches;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index columns = values.members * (values.depth / Depths), part = i / columns, column = i - part * columns;
    const Index member = column / (values.depth / Depths), k = (column - member * (values.depth / Depths)) * Depths;
    const Index first = part * rows_at_once;
    const float* w = filter + member * values.outputs * values.depth + k;
    Pack<float, Depths> sums[rows_at_once] = {};
    if (outputs_in_eights)
      for (Index output = 0; output < values.outputs; output += 8) add<8>(first, member, output, w, sums);
    else
      for (Index output = 0; output < values.outputs; ++output) add<1>(first, member, output, w, sums);
    ZOETROPE_UNROLL
    for (int r = 0; r < rows_at_once; ++r) {
      if (first + r >= rows) break;
      store_pack(sums[r], patches + ((first + r) * values.members + member) * values.depth + k);
    }
  }

private:
  template <int Outputs>
  ZOETROPE_HOST_DEVICE void add(Index first, Index member, Index output, const float* w,
                                Pack<float, Depths> (&sums)[rows_at_once]) const {
    Pack<float, Outputs> gradients[rows_at_once];
    ZOETROPE_UNROLL
    for (int r = 0; r < rows_at_once; ++r) {
      const Index row = first + r < rows ? first + r : first; // what is beyond the last is not written
      const Index at = (row * values.members + member) * values.outputs + output;
      gradients[r] = load_pack<Outputs>(output_gradient + at);
      if (leaky_relu_output == nullptr) continue;
      const auto y = load_pack<Outputs>(leaky_relu_output + at);
      for (int j = 0; j < Outputs; ++j)
        gradients[r].values[j] = through_leaky_relu(gradients[r].values[j], y.values[j], slope);
    }
    ZOETROPE_UNROLL
    for (int j = 0; j < Outputs; ++j) {
      const auto weights = load_pack<Depths>(w + (output + j) * values.depth);
      ZOETROPE_UNROLL
      for (int r = 0; r < rows_at_once; ++r)
        for (int d = 0; d < Depths; ++d) sums[r].values[d] += gradients[r].values[j] * weights.values[d];
    }
  }
};

/// The gradient with respect to an input [sample][position][member][channel] of which every position meets one tap at
/// most, since there is one output position; output gradient [sample][member][output]. @p i counts its packs of
/// @p Channels channels; with more than one, filter and input gradient begin such packs.
template <int Channels, class To>
struct SpreadGradients {
  PatchGeometry geometry;
  Index outputs;
  const float *filter, *output_gradient;
  To* input_gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    const SplitIndex index(g.input, g.members, g.channels / Channels, i);
    Index tap = 0;
    bool met = true;
    for (int d = 0; d < 3; ++d) {
      const Index at = index.at[d] + g.padding[d];
      met = met && at < g.window[d];
      tap = tap * g.window[d] + at;
    }
    Pack<float, Channels> sums{};
    for (Index output = 0; met && output < outputs; ++output) {
      const Index column = index.member * outputs + output;
      const float gradient = output_gradient[index.sample * g.members * outputs + column];
      const auto w = load_pack<Channels>(filter + (column * g.taps() + tap) * g.channels + index.channel * Channels);
      for (int k = 0; k < Channels; ++k) sums.values[k] += gradient * w.values[k];
    }
    store_pack(sums, input_gradient + i * Channels);
  }
};

/// partial [part][member][output][depth] = the sum over the part's rows of an output gradient [row][member][output]
/// times the row's patch, of at most @p MaxDepth values; @p i counts [part][member][@p Outputs outputs], of which the
/// gradient's packs consist.
template <int MaxDepth, int Outputs, class From>
struct SumPatchProducts {
  FewValues values;
  Index rows, rows_per_part;
  const From* output_gradient;
  float* partial;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index columns = values.members * values.outputs, packs = columns / Outputs, part = i / packs;
    const Index column = (i - part * packs) * Outputs;
    const Index first = part * rows_per_part, last = first + rows_per_part < rows ? first + rows_per_part : rows;
    float sums[Outputs][MaxDepth] = {};
    Index row = first;
    for (; row + rows_together <= last; row += rows_together) add<rows_together>(row, column, sums);
    for (; row < last; ++row) add<1>(row, column, sums);
    float* to = partial + (part * columns + column) * values.depth;
    ZOETROPE_UNROLL
    for (int o = 0; o < Outputs; ++o) {
      ZOETROPE_UNROLL
      for (int k = 0; k < MaxDepth; ++k)
        if (k < values.depth) to[o * values.depth + k] = sums[o][k];
    }
  }

private:
  template <int Rows>
  ZOETROPE_HOST_DEVICE void add(Index row, Index column, float (&sums)[Outputs][MaxDepth]) const {
    Pack<float, Outputs> gradients[Rows];
    ZOETROPE_UNROLL
    for (int r = 0; r < Rows; ++r)
      gradients[r] = load_pack<Outputs>(output_gradient + (row + r) * values.members * values.outputs + column);
    for_values<MaxDepth, Rows>(values.patches + (row * values.members + column / values.outputs) * values.depth,
                               values.members * values.depth, values.depth, [&](int r, int k, float x) {
                                 ZOETROPE_UNROLL
                                 for (int o = 0; o < Outputs; ++o) sums[o][k] += gradients[r].values[o] * x;
                               });
  }
};

} // namespace zoetrope::kernel
