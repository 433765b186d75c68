/// @file
/// Transposes matrices in host memory, a square of vector registers at a time. Whoever works on the CPU needs it,
/// checkpoints of a GPU backend too, so it stands apart from the CPU backend.
#pragma once

#include "zoetrope/core/instruction_set.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

// g++ warns that a vector type's alignment does not reach a template's argument; Eigen's own does not depend on it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
/// to[k * stride + column] = from[column * from_stride + k] for @p width columns and @p depth values of k; columns from
/// there up to @p filled become zero.
template <class Scalar>
void transpose(const Scalar* from, std::ptrdiff_t from_stride, int width, int depth, Scalar* to, std::ptrdiff_t stride,
               int filled) {
  using namespace Eigen::internal;
  using Lane = std::conditional_t<sizeof(Scalar) == sizeof(float), float, Scalar>; // bits are moved, whatever they are
  using Packet = typename packet_traits<Lane>::type;
  constexpr int size = unpacket_traits<Packet>::size;
  for (int column = 0; column < filled; column += size) {
    int k = 0;
    if constexpr (size > 1) {
      for (; column + size <= width && k + size <= depth; k += size) {
        PacketBlock<Packet, size> block;
        for (int i = 0; i < size; ++i)
          block.packet[i] = ploadu<Packet>(reinterpret_cast<const Lane*>(from + (column + i) * from_stride + k));
        ptranspose(block);
        for (int i = 0; i < size; ++i)
          pstoreu(reinterpret_cast<Lane*>(to + (k + i) * stride + column), block.packet[i]);
      }
    }
    for (; k < depth; ++k)
      for (int i = column; i < std::min(column + size, filled); ++i)
        to[k * stride + i] = i < width ? from[i * from_stride + k] : Scalar(0);
  }
}
#pragma GCC diagnostic pop

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
