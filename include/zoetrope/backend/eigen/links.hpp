/// @file
/// Lists of the pairs of blocks that products multiply, one list for each position of a result.
#pragma once

#include "zoetrope/backend/eigen/blocks.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <cstddef>
#include <vector>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// A number of lists of pairs of indices, one behind the other (compressed rows).
struct Links {
  std::vector<std::ptrdiff_t> offsets{0};
  std::vector<BlockPair> pairs;

  [[nodiscard]] std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(offsets.size()) - 1; }
  [[nodiscard]] const BlockPair* begin(std::ptrdiff_t list) const { return pairs.data() + offsets[index(list)]; }
  [[nodiscard]] const BlockPair* end(std::ptrdiff_t list) const { return pairs.data() + offsets[index(list) + 1]; }
  void close_list() { offsets.push_back(static_cast<std::ptrdiff_t>(pairs.size())); }

private:
  static std::size_t index(std::ptrdiff_t list) { return static_cast<std::size_t>(list); }
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
