/// @file
/// Loops over rows of values, by whole vectors and then one by one. Arithmetic on values is written so rather than as
/// expressions of Eigen's arrays, each of which is dozens of templates to compile.
#pragma once

#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

// g++ warns that a vector type's alignment does not reach a template's argument; here it does not matter.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
/// Calls @p body.operator()<Lane>(i) for whole vectors of [0, @p count), then for single values.
template <class Scalar, class Index, class Body>
ZOETROPE_INLINE void for_lanes(Index count, const Body& body) {
  Index i = 0;
  for (; i + packet_size<Scalar> <= count; i += packet_size<Scalar>) body.template operator()<Packet<Scalar>>(i);
  for (; i < count; ++i) body.template operator()<Scalar>(i);
}
#pragma GCC diagnostic pop

/// to <- to + from.
template <class Scalar>
void add_values(std::ptrdiff_t count, const Scalar* from, Scalar* to) {
  using namespace Eigen::internal;
  for_lanes<Scalar>(count, [&]<class Lane>(std::ptrdiff_t i) {
    pstoreu(to + i, padd(ploadu<Lane>(to + i), ploadu<Lane>(from + i)));
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
