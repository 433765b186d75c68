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

/// An index into [sample][position][member][channel], positions of three @p sizes, taken apart.
struct SplitIndex {
  Index channel, member, at[3], sample;

  ZOETROPE_HOST_DEVICE SplitIndex(const int (&sizes)[3], Index members, Index channels, Index i) {
    channel = i % channels;
    i /= channels;
    member = i % members;
    i /= members;
    for (int d = 2; d >= 0; --d) {
      at[d] = i % sizes[d];
      i /= sizes[d];
    }
    sample = i;
  }
};

/// patches [batch][output position][member][tap][channel], zero in the padding; @p i is an index into them.
struct GatherPatches {
  PatchGeometry geometry;
  const float* input;
  float* patches;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    const SplitIndex patch(g.output, g.members, g.taps() * g.channels, i);
    const Index channel = patch.channel % g.channels;
    Index tap = patch.channel / g.channels, at[3];
    for (int d = 2; d >= 0; --d) {
      at[d] = patch.at[d] * g.stride[d] - g.padding[d] + tap % g.window[d];
      tap /= g.window[d];
    }
    Index position = patch.sample;
    bool inside = true;
    for (int d = 0; d < 3; ++d) {
      inside = inside && at[d] >= 0 && at[d] < g.input[d];
      position = position * g.input[d] + at[d];
    }
    patches[i] = inside ? input[(position * g.members + patch.member) * g.channels + channel] : 0.0F;
  }
};

/// The taps of one dimension that saw an input coordinate: @p first, and every stride after it, at output coordinates
/// that begin with @p output and fall by one.
struct MeetingTaps {
  int first, output;
  ZOETROPE_HOST_DEVICE MeetingTaps(const PatchGeometry& g, int dimension, Index at) {
    const int from = static_cast<int>(at) + g.padding[dimension];
    first = from % g.stride[dimension];
    output = from / g.stride[dimension];
  }
};

/// Calls @p use(patch position of all samples, tap) for each patch that saw position @p at of @p sample.
template <class Use>
ZOETROPE_HOST_DEVICE inline void for_meeting_patches(const PatchGeometry& g, Index sample, const Index (&at)[3],
                                                     const Use& use) {
  const MeetingTaps depths(g, 0, at[0]), rows(g, 1, at[1]), columns(g, 2, at[2]);
  for (int z = depths.first, i = depths.output; z < g.window[0] && i >= 0; z += g.stride[0], --i) {
    if (i >= g.output[0]) continue;
    for (int y = rows.first, j = rows.output; y < g.window[1] && j >= 0; y += g.stride[1], --j) {
      if (j >= g.output[1]) continue;
      for (int x = columns.first, k = columns.output; x < g.window[2] && k >= 0; x += g.stride[2], --k)
        if (k < g.output[2])
          use(((sample * g.output[0] + i) * g.output[1] + j) * g.output[2] + k,
              (Index{z} * g.window[1] + y) * g.window[2] + x);
    }
  }
}

/// input gradient [batch][position][member][channel] = bias + the sum over the patches that saw the position; @p i is
/// an offset in it. @p bias [member][channel] may be null.
template <class To>
struct SumPatches {
  PatchGeometry geometry;
  const float *patches, *bias;
  To* input_gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    const SplitIndex index(g.input, g.members, g.channels, i);
    float sum = bias != nullptr ? bias[index.member * g.channels + index.channel] : 0.0F;
    for_meeting_patches(g, index.sample, index.at, [&](Index position, Index tap) {
      sum += patches[((position * g.members + index.member) * g.taps() + tap) * g.channels + index.channel];
    });
    store(sum, input_gradient + i);
  }
};

} // namespace zoetrope::kernel
