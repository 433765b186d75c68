/// @file
/// Patches in bfloat16, gathered and brought back: channels by eights, 16 bytes, which a thread moves at once.
#pragma once

#include "zoetrope/backend/cudnn/patch_kernels.hpp"

namespace zoetrope::kernel {

template <class Value>
using Eight = Pack<Value, 8>;

/// patches [batch][output position][member][tap][channel] in bfloat16, zero in the padding; @p i counts [batch][output
/// position][member][tap in all but the last dimension][eight channels].
struct GatherEights {
  PatchGeometry geometry;
  const __nv_bfloat16* input;
  __nv_bfloat16* patches;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    const Index eights = g.channels / 8, lines = Index{g.window[0]} * g.window[1];
    const SplitIndex patch(g.output, g.members, lines * eights, i);
    const Index eight = patch.channel % eights, line = patch.channel / eights;
    Index at[3];
    for (int d = 0; d < 3; ++d) at[d] = patch.at[d] * g.stride[d] - g.padding[d];
    at[0] += line / g.window[1];
    at[1] += line % g.window[1];
    const bool inside = at[0] >= 0 && at[0] < g.input[0] && at[1] >= 0 && at[1] < g.input[1];
    const Index first = ((patch.sample * g.input[0] + at[0]) * g.input[1] + at[1]) * g.input[2];
    // The lines of all patches are numbered as i is, but for the eights.
    auto* to = reinterpret_cast<Eight<__nv_bfloat16>*>(patches) + i / eights * g.window[2] * eights + eight;
    const auto* from = reinterpret_cast<const Eight<__nv_bfloat16>*>(input);
    for (int x = 0; x < g.window[2]; ++x) {
      const Index column = at[2] + x;
      Eight<__nv_bfloat16> values{};
      if (inside && column >= 0 && column < g.input[2])
        values = from[((first + column) * g.members + patch.member) * eights + eight];
      to[x * eights] = values;
    }
  }
};

/// SumPatches of patches in bfloat16, without a bias; @p i counts [batch][position][member][eight channels].
template <class To>
struct SumEights {
  PatchGeometry geometry;
  const __nv_bfloat16* patches;
  To* input_gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const auto& g = geometry;
    const Index eights = g.channels / 8;
    const SplitIndex index(g.input, g.members, eights, i);
    const auto* from = reinterpret_cast<const Eight<__nv_bfloat16>*>(patches);
    float sums[8] = {};
    for_meeting_patches(g, index.sample, index.at, [&](Index position, Index tap) {
      const auto values = from[((position * g.members + index.member) * g.taps() + tap) * eights + index.channel];
      for (int k = 0; k < 8; ++k) sums[k] += load(values.values + k);
    });
    Eight<To> result;
    for (int k = 0; k < 8; ++k) store(sums[k], result.values + k);
    reinterpret_cast<Eight<To>*>(input_gradient)[i] = result;
  }
};

} // namespace zoetrope::kernel
