/// @file
/// What products in bfloat16 need: slices of activations in their first spatial dimension, and filters in parts.
#pragma once

#include "zoetrope/backend/cudnn/kernels.hpp"

namespace zoetrope::kernel {

/// Depths [offset, offset + slice_depth) of a tensor [outer][depth][inner]; what lies outside of it is zero.
struct Slice {
  Index depth, slice_depth, offset, inner;

  /// The index in the slice of element @p i of the tensor, or -1.
  [[nodiscard]] ZOETROPE_HOST_DEVICE Index slice_index(Index i) const {
    const Index row = i / inner, outer = row / depth, at = row - outer * depth - offset;
    return at >= 0 && at < slice_depth ? (outer * slice_depth + at) * inner + (i - row * inner) : -1;
  }
};

/// A tensor as the sum of two slices of it.
template <class To>
struct AddSlices {
  Slice first, second;
  const __nv_bfloat16 *of_first, *of_second;
  To* to;
  /// @p i is an index into the tensor.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index in_first = first.slice_index(i), in_second = second.slice_index(i);
    const float a = in_first < 0 ? 0.0F : load(of_first + in_first);
    const float b = in_second < 0 ? 0.0F : load(of_second + in_second);
    store(a + b, to + i);
  }
};

/// A filter's part is values [offset, offset + part) of each row of @p whole values, an output channel's taps. Parts
/// lie behind each other in rows of their own.
struct FilterPart {
  Index whole, part, offset;
  /// The index in the filter of element @p i of the part.
  [[nodiscard]] ZOETROPE_HOST_DEVICE Index filter_index(Index i) const {
    const Index row = i / part;
    return row * whole + offset + (i - row * part);
  }
};

struct PartToBf16 {
  FilterPart part;
  const float* filter;
  __nv_bfloat16* to;
  /// @p i is an index into the part.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { store(filter[part.filter_index(i)], to + i); }
};

struct PartFromBf16 {
  FilterPart part;
  const __nv_bfloat16* from;
  float* filter;
  bool add;
  /// @p i is an index into the part.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    float& to = filter[part.filter_index(i)];
    to = load(from + i) + (add ? to : 0.0F);
  }
};

} // namespace zoetrope::kernel
