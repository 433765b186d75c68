/// @file
/// Copies of filters in bfloat16, made once for each version of the filters rather than for each use.
#pragma once

#include "zoetrope/backend/cudnn/memory.hpp"

#include <cuda_bf16.h>

#include <functional>
#include <map>

namespace zoetrope::cudnn {

/// A filter's copy holds until somebody says that memory it was made from has changed.
template <DeviceMemory Memory>
class NarrowFilters {
public:
  /// The copy, of @p size values, of part @p part of the filter of @p whole_size values at @p filter. @p convert writes
  /// it where it is not there or not up to date.
  template <class Convert>
  const __nv_bfloat16* get(const float* filter, std::size_t whole_size, int part, std::size_t size,
                           const Convert& convert) {
    Copy& copy = copies_[{filter, part}];
    copy.whole_size = whole_size;
    if (copy.values.size() < size) {
      copy.values.resize(size);
      copy.current = false;
    }
    if (!std::exchange(copy.current, true)) convert(copy.values.data());
    return copy.values.data();
  }

  /// @p size values from @p first on have changed.
  void changed(const float* first, std::size_t size) {
    // std::less orders pointers into different arrays.
    const std::less<const float*> before;
    for (auto& [key, copy] : copies_)
      if (before(key.first, first + size) && before(first, key.first + copy.whole_size)) copy.current = false;
  }
  /// Anything may have changed.
  void forget() {
    for (auto& [filter, copy] : copies_) copy.current = false;
  }

private:
  struct Copy {
    std::size_t whole_size = 0;
    Buffer<__nv_bfloat16, Memory> values;
    bool current = false;
  };
  std::map<std::pair<const float*, int>, Copy> copies_;
};

} // namespace zoetrope::cudnn
