/// @file
/// Between float and bfloat16, whole tensors and slices of their first spatial dimension.
#pragma once

#include "zoetrope/backend/cudnn/kernels.hpp"

#include <cuda_bf16.h>

namespace zoetrope::kernel {

struct ToBf16 {
  const float* from;
  __nv_bfloat16* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { to[i] = __float2bfloat16(from[i]); }
};

struct FromBf16 {
  const __nv_bfloat16* from;
  float* to;
  bool add;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { to[i] = __bfloat162float(from[i]) + (add ? to[i] : 0.0F); }
};

/// Depths [offset, offset + slice_depth) of a tensor [outer][depth][inner]; what lies outside of it is zero.
struct Slice {
  Index depth, slice_depth, offset, inner;
};

struct SliceToBf16 {
  Slice slice;
  const float* from;
  __nv_bfloat16* to;
  /// @p i is a place in the slice.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index depth = i / slice.inner % slice.slice_depth + slice.offset, outer = i / slice.inner / slice.slice_depth;
    const bool inside = depth >= 0 && depth < slice.depth;
    to[i] = __float2bfloat16(inside ? from[(outer * slice.depth + depth) * slice.inner + i % slice.inner] : 0.0F);
  }
};

/// Adds a slice to its tensor, or writes it, with zeros outside.
struct SliceFromBf16 {
  Slice slice;
  const __nv_bfloat16* from;
  float* to;
  bool add;
  /// @p i is a place in the tensor.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index depth = i / slice.inner % slice.depth - slice.offset, outer = i / slice.inner / slice.depth;
    const bool inside = depth >= 0 && depth < slice.slice_depth;
    const float value =
        inside ? __bfloat162float(from[(outer * slice.slice_depth + depth) * slice.inner + i % slice.inner]) : 0.0F;
    to[i] = value + (add ? to[i] : 0.0F);
  }
};

} // namespace zoetrope::kernel
