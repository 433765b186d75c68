/// @file
/// A device that anybody has: the CPU backend, with parameters in the GPU backend's order and out of the host's reach.
#pragma once

#include <zoetrope/backend/eigen.hpp>

namespace zoetrope::benchmarks {

struct ColumnsFirst : backend::Eigen<float> {
  static constexpr bool memory_is_host = false;
  static constexpr std::ptrdiff_t parameter_offset(const ParameterBlock& block, std::ptrdiff_t tap, std::ptrdiff_t row,
                                                   std::ptrdiff_t column) {
    return (column * block.taps + tap) * block.rows + row;
  }
};

} // namespace zoetrope::benchmarks
