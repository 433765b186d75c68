/// @file
/// Flat vectors between the order of a backend's memory and that of checkpoints, a block at a time.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace zoetrope {

namespace detail {

/// Rows lie side by side in the memory of a GPU, columns in the file. A tile fits the first-level cache and reads and
/// writes whole cache lines; longer runs of rows wait for memory less often.
inline constexpr std::ptrdiff_t tile_rows = 64, tile_columns = 32;

/// Calls @p visit(tap, row, rows, column, columns) for tiles of @p block, in parallel: those that hold its values
/// [@p begin, @p end) in the file's order, and perhaps some beside them.
template <class Visit>
void for_tiles(const ParameterBlock& block, std::ptrdiff_t begin, std::ptrdiff_t end, const Visit& visit) {
  const std::ptrdiff_t bands = (block.rows + tile_rows - 1) / tile_rows;
  const auto band_of = [&](std::ptrdiff_t place) {
    const std::ptrdiff_t line = place / block.columns;
    return line / block.rows * bands + line % block.rows / tile_rows;
  };
  const std::ptrdiff_t first = band_of(begin);
  parallel_for(band_of(end - 1) - first + 1, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t tap = (first + i) / bands, row = (first + i) % bands * tile_rows;
    for (std::ptrdiff_t column = 0; column < block.columns; column += tile_columns)
      visit(tap, row, std::min(tile_rows, block.rows - row), column, std::min(tile_columns, block.columns - column));
  });
}

/// Values [@p first, first + to.size()) of @p block in the file's order out of all of it in the order of @p B.
template <class B, class Scalar>
void to_file_order(const ParameterBlock& block, const Scalar* from, std::ptrdiff_t first, std::span<Scalar> to) {
  const std::ptrdiff_t end = first + std::ssize(to);
  for_tiles(block, first, end, [&](auto tap, auto row, auto rows, auto column, auto columns) {
    std::array<Scalar, tile_rows * tile_columns> tile;
    for (std::ptrdiff_t c = 0; c < columns; ++c)
      for (std::ptrdiff_t r = 0; r < rows; ++r)
        tile[static_cast<std::size_t>(r * tile_columns + c)] =
            from[B::parameter_place(block, tap, row + r, column + c)];
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      const std::ptrdiff_t place = (tap * block.rows + row + r) * block.columns + column;
      const std::ptrdiff_t begin = std::max(first, place), stop = std::min(end, place + columns);
      if (begin < stop)
        std::copy_n(tile.data() + r * tile_columns + begin - place, stop - begin, to.data() + (begin - first));
    }
  });
}

/// All of @p block from the file's order to that of @p B.
template <class B, class Scalar>
void to_memory_order(const ParameterBlock& block, const Scalar* from, Scalar* to) {
  for_tiles(block, 0, block.size(), [&](auto tap, auto row, auto rows, auto column, auto columns) {
    std::array<Scalar, tile_rows * tile_columns> tile;
    for (std::ptrdiff_t r = 0; r < rows; ++r)
      std::copy_n(from + (tap * block.rows + row + r) * block.columns + column, columns,
                  tile.data() + r * tile_columns);
    for (std::ptrdiff_t c = 0; c < columns; ++c)
      for (std::ptrdiff_t r = 0; r < rows; ++r)
        to[B::parameter_place(block, tap, row + r, column + c)] = tile[static_cast<std::size_t>(r * tile_columns + c)];
  });
}

} // namespace detail

/// Copies flat vectors of @p B out of and into its memory in the order of checkpoints, through host memory for one
/// member's copy of a block.
template <Backend B>
class FileOrder {
public:
  using Scalar = typename B::Scalar;

  explicit FileOrder(B& backend) : backend_(backend) {}

  /// Values [@p first, first + to.size()) of the @p size that lie at @p memory. @p blocks are those of the vector;
  /// values of no block have the same place in both orders. The vector must not change between calls for its pieces.
  void get(std::span<const PlacedBlock> blocks, const Scalar* memory, std::size_t size, std::size_t first,
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
        detail::to_file_order<B>(*stretch.block, staging_.get(), static_cast<std::ptrdiff_t>(first - stretch.begin),
                                 part);
      }
      first += part.size();
      to = to.subspan(part.size());
    }
  }

  /// Puts all @p values of a vector to @p memory.
  void set(std::span<const PlacedBlock> blocks, std::span<const Scalar> values, Scalar* memory) {
    held_ = nullptr;
    for (std::size_t first = 0; first < values.size();) {
      const Stretch stretch = stretch_at(blocks, values.size(), first);
      const Scalar* from = values.data() + first;
      if (stretch.block != nullptr) {
        detail::to_memory_order<B>(*stretch.block, from, staging(stretch.size()));
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

  /// The one that holds value @p place.
  static Stretch stretch_at(std::span<const PlacedBlock> blocks, std::size_t size, std::size_t place) {
    Stretch between{place, size, nullptr};
    for (const auto& [block, offset, copies] : blocks) {
      const auto begin = static_cast<std::size_t>(offset), one = static_cast<std::size_t>(block.size());
      if (place < begin)
        between.end = std::min(between.end, begin);
      else if (place < begin + static_cast<std::size_t>(copies) * one) {
        const std::size_t first = begin + (place - begin) / one * one;
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

} // namespace zoetrope
