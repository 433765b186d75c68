/// @file
/// How a product of linked blocks is done: what its tasks are, and where they find their weights.
#pragma once

#include "zoetrope/backend/eigen/packing.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Where a product's tasks find the weights that they multiply.
enum class WeightSource {
  in_place,       ///< where the parameters lie
  packed_before,  ///< all are packed before the first task
  packed_by_tasks ///< each task packs what it multiplies next
};

/// Chosen by sizes and the number of threads. What depends on the latter changes no sum's order.
struct ProductPlan {
  WeightSource source;
  std::ptrdiff_t taps_per_group; ///< Groups of taps follow each other, so that a group's panel stays in the cache.
  Parts positions, panels;       ///< of the result; a task for each part of both and each member
};

/// A plan for the product of @p weights with @p source_rows rows for each member, to @p batch rows at each of
/// @p positions.
template <class Element>
ProductPlan plan_product(const TapMatrices<Element>& weights, std::ptrdiff_t members, std::ptrdiff_t positions,
                         int batch, std::ptrdiff_t source_rows) {
  constexpr int cached_depth = 1024;
  const int depth = weights.depth(), columns = weights.columns();
  const std::ptrdiff_t panels = count_panels<Element>(columns), panel_tasks = members * panels;

  // Multiplied with few rows, weights are not worth packing; far apart, their rows would share the cache's sets.
  const bool in_place =
      !weights.transposed && positions * batch <= 256 && columns <= 256 && columns % packet_size<Element> == 0;
  // Where there are tasks enough without cutting the positions, each packs what it multiplies next. Where a member's
  // source stays in the cache while panel after panel reads it again, the same number for each thread is enough.
  const bool small_source = source_rows * depth <= 128 * 1024;
  const bool by_tasks =
      !in_place && (panel_tasks >= wanted_tasks || (small_source && panel_tasks % thread_count() == 0));

  const Parts position_parts = by_tasks ? Parts{positions, 1} : cut(positions, members);
  return {.source = in_place   ? WeightSource::in_place
                    : by_tasks ? WeightSource::packed_by_tasks
                               : WeightSource::packed_before,
          .taps_per_group = std::clamp<std::ptrdiff_t>(cached_depth / depth, 1, weights.taps),
          .positions = position_parts,
          .panels = cut(panels, members * position_parts.count)};
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
