/// @file
/// Lists of the pairs of blocks that products multiply, one list for each position of a result.
#pragma once

#include "zoetrope/backend/eigen/tile.hpp"

#include <cstddef>
#include <vector>

namespace zoetrope::cpu {

/// For each of a number of places, a list of pairs of indices (compressed rows).
struct Links {
  std::vector<std::ptrdiff_t> offsets{0};
  std::vector<BlockPair> pairs;

  [[nodiscard]] std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(offsets.size()) - 1; }
  [[nodiscard]] const BlockPair* begin(std::ptrdiff_t place) const { return pairs.data() + offsets[index(place)]; }
  [[nodiscard]] const BlockPair* end(std::ptrdiff_t place) const { return pairs.data() + offsets[index(place) + 1]; }
  void close_place() { offsets.push_back(static_cast<std::ptrdiff_t>(pairs.size())); }

private:
  static std::size_t index(std::ptrdiff_t place) { return static_cast<std::size_t>(place); }
};

} // namespace zoetrope::cpu
