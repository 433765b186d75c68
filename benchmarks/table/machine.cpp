// What the machine can do at most: the tile that all products are made of, on operands that never leave the
// first-level cache.

#include "measure.hpp"

#include <zoetrope/backend/eigen/tile.hpp>
#include <zoetrope/core/parallel.hpp>

#include <array>

namespace zoetrope::benchmarks {

void add_machine() {
  constexpr int depth = 128, pairs = 64, repetitions = 100, tasks = 16;
  constexpr int rows = eigen::tile_rows, columns = eigen::tile_columns<float>;
  add({.name = "machine/tile in the first-level cache",
       .flops = 2.0 * rows * columns * depth * pairs * repetitions * tasks,
       .prepare = []() -> Work {
         return [] {
           parallel_for(tasks, [](std::ptrdiff_t) {
             alignas(64) std::array<float, rows * depth> left{};
             alignas(64) std::array<float, depth * columns> right{};
             alignas(64) std::array<float, rows * columns> result{};
             const std::array<eigen::BlockPair, pairs> same{};
             for (int i = 0; i < repetitions; ++i)
               eigen::multiply_panel(rows, eigen::BlockPairs{same.data(), pairs, depth},
                                     eigen::LeftRows<float>{left.data(), 0, depth},
                                     eigen::RightRows<float>{right.data(), 0, columns},
                                     eigen::Target<float>{result.data(), columns, columns, true});
           });
         };
       }});
}

} // namespace zoetrope::benchmarks
