/// @file
/// Flat vectors between the order of a backend's memory and that of checkpoints, a block at a time.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/backend/transpose.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace zoetrope::detail {

/// A block in the file is a matrix of lines, one for each row of each tap. Whether the memory of @p B holds its
/// transpose, as a GPU's does.
template <class B>
inline constexpr bool is_transposed = [] {
  constexpr ParameterBlock block{.taps = 3, .rows = 5, .columns = 7};
  return B::parameter_offset(block, 1, 2, 3) == (3 * block.taps + 1) * block.rows + 2;
}();

/// Where the value in @p line and @p column of the file's matrix lies in the memory of @p B.
template <class B>
std::ptrdiff_t memory_offset(const ParameterBlock& block, std::ptrdiff_t line, std::ptrdiff_t column) {
  return B::parameter_offset(block, line / block.rows, line % block.rows, column);
}

/// Calls @p visit(line, lines, column, columns) for tiles of the lines [@p begin, @p end), in parallel: whole cache
/// lines of columns, and as many lines as make long runs of a transpose and still leave a tile in the cache.
template <class Visit>
void for_tiles(const ParameterBlock& block, std::ptrdiff_t begin, std::ptrdiff_t end, const Visit& visit) {
  constexpr std::ptrdiff_t max_lines = 256, max_columns = 16;
  parallel_for((end - begin + max_lines - 1) / max_lines, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t line = begin + i * max_lines;
    for (std::ptrdiff_t column = 0; column < block.columns; column += max_columns)
      visit(line, static_cast<int>(std::min(max_lines, end - line)), column,
            static_cast<int>(std::min(max_columns, block.columns - column)));
  });
}

/// Values [@p first, first + to.size()) of @p block in the file's order out of all of it in the order of @p B.
template <class B, class Scalar>
void to_file_order(const ParameterBlock& block, const Scalar* from, std::ptrdiff_t first, std::span<Scalar> to) {
  const std::ptrdiff_t end = first + std::ssize(to), begin_line = (first + block.columns - 1) / block.columns,
                       end_line = std::max(begin_line, end / block.columns);
  const auto values = [&](std::ptrdiff_t index, std::ptrdiff_t stop) {
    for (; index < stop; ++index)
      to[static_cast<std::size_t>(index - first)] =
          from[memory_offset<B>(block, index / block.columns, index % block.columns)];
  };
  values(first, std::min(end, begin_line * block.columns));
  for_tiles(block, begin_line, end_line, [&](auto line, auto lines, auto column, auto columns) {
    Scalar* const tile = to.data() + (line * block.columns + column - first);
    if constexpr (is_transposed<B>)
      eigen::transpose(from + memory_offset<B>(block, line, column), block.taps * block.rows, columns, lines, tile,
                       block.columns, columns);
    else
      for (std::ptrdiff_t l = 0; l < lines; ++l)
        for (std::ptrdiff_t c = 0; c < columns; ++c)
          tile[l * block.columns + c] = from[memory_offset<B>(block, line + l, column + c)];
  });
  values(end_line * block.columns, end);
}

/// All of @p block from the file's order to that of @p B.
template <class B, class Scalar>
void to_memory_order(const ParameterBlock& block, const Scalar* from, Scalar* to) {
  for_tiles(block, 0, block.taps * block.rows, [&](auto line, auto lines, auto column, auto columns) {
    const Scalar* const tile = from + line * block.columns + column;
    if constexpr (is_transposed<B>)
      eigen::transpose(tile, block.columns, lines, columns, to + memory_offset<B>(block, line, column),
                       block.taps * block.rows, lines);
    else
      for (std::ptrdiff_t l = 0; l < lines; ++l)
        for (std::ptrdiff_t c = 0; c < columns; ++c)
          to[memory_offset<B>(block, line + l, column + c)] = tile[l * block.columns + c];
  });
}

/// Copies flat vectors of @p B out of and into its memory in the order of checkpoints, through host memory for one
/// member's copy of a block.
template <Backend B>
class FileOrder {
public:
  using Scalar = typename B::Scalar;

  explicit FileOrder(B& backend) : backend_(backend) {}

  /// Values [@p first, first + to.size()) of the @p size that lie at @p memory. @p blocks are those of the vector;
  /// values of no block have the same offset in both orders. The vector must not change between calls for its pieces.
  void get(std::span<const LocatedBlock> blocks, const Scalar* memory, std::size_t size, std::size_t first,
           std::span<Scalar> to) {
    while (!to.empty()) {
      const Stretch stretch = stretch_at(blocks, size, first);
      const std::span part = to.first(std::min(to.size(), stretch.end - first));
      if (stretch.block == nullptr) {
        backend_.copy_to_host(memory + first, part.size(), part.data());
      } else {
        // A block that is larger than a piece comes from the device once.
        const Scalar* from = memory + stretch.begin;
        if (held_ != from) {
          held_ = nullptr;
          backend_.copy_to_host(from, stretch.size(), staging(stretch.size()));
          held_ = from;
        }
        to_file_order<B>(*stretch.block, staging_.get(), static_cast<std::ptrdiff_t>(first - stretch.begin), part);
      }
      first += part.size();
      to = to.subspan(part.size());
    }
  }

  /// Puts all @p values of a vector to @p memory.
  void set(std::span<const LocatedBlock> blocks, std::span<const Scalar> values, Scalar* memory) {
    held_ = nullptr;
    for (std::size_t first = 0; first < values.size();) {
      const Stretch stretch = stretch_at(blocks, values.size(), first);
      const Scalar* from = values.data() + first;
      if (stretch.block != nullptr) {
        to_memory_order<B>(*stretch.block, from, staging(stretch.size()));
        from = staging_.get();
      }
      backend_.copy_from_host(from, stretch.size(), memory + first);
      first = stretch.end;
    }
  }

private:
  /// One member's copy of a block, or values between two blocks.
  struct Stretch {
    std::size_t begin, end;
    const ParameterBlock* block;
    [[nodiscard]] std::size_t size() const { return end - begin; }
  };

  /// The one that holds value number @p index.
  static Stretch stretch_at(std::span<const LocatedBlock> blocks, std::size_t size, std::size_t index) {
    Stretch between{index, size, nullptr};
    for (const auto& [block, offset, copies] : blocks) {
      const auto begin = static_cast<std::size_t>(offset), one = static_cast<std::size_t>(block.size());
      if (index < begin)
        between.end = std::min(between.end, begin);
      else if (index < begin + static_cast<std::size_t>(copies) * one) {
        const std::size_t first = begin + (index - begin) / one * one;
        return {first, first + one, &block};
      }
    }
    return between;
  }

  Scalar* staging(std::size_t size) {
    if (size > staged_) {
      staged_ = 0;
      staging_.reset();
      staging_ = std::make_unique_for_overwrite<Scalar[]>(size);
      staged_ = size;
    }
    return staging_.get();
  }

  B& backend_;
  std::unique_ptr<Scalar[]> staging_;
  std::size_t staged_ = 0;
  const Scalar* held_ = nullptr; ///< what the staging holds a copy of
};

} // namespace zoetrope::detail
