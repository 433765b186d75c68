/// @file
/// Checkpoints of a backend that orders parameters otherwise than files do, against the order's definition.
#pragma once

#include "benchmarks/allocations.hpp"
#include "unit/io/temporary_folder.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/train/checkpoint.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace zoetrope::test {

/// A vector of blocks and of values outside them, and a number for each index into it in the file's order.
struct VectorOfBlocks {
  std::vector<LocatedBlock> blocks;
  std::size_t size;

  [[nodiscard]] static float value(std::size_t index) { return static_cast<float>(index % 8'000'009); }

  /// What a checkpoint's values are in the memory of @p B.
  template <class B>
  [[nodiscard]] std::vector<float> in_memory() const {
    std::vector<float> result(size);
    for (std::size_t i = 0; i < size; ++i) result[i] = value(i);
    for (const auto& [block, offset, copies] : blocks) {
      std::size_t index = static_cast<std::size_t>(offset);
      for (int copy = 0; copy < copies; ++copy) {
        float* const first = result.data() + offset + copy * block.size();
        for (std::ptrdiff_t tap = 0; tap < block.taps; ++tap)
          for (std::ptrdiff_t row = 0; row < block.rows; ++row)
            for (std::ptrdiff_t column = 0; column < block.columns; ++column)
              first[B::parameter_offset(block, tap, row, column)] = value(index++);
      }
    }
    return result;
  }
};

/// A run of @p vectors, whose values @p buffers hold in the memory of @p B.
template <class B>
detail::RunInventory<B> run_of(const std::vector<VectorOfBlocks>& vectors, std::vector<typename B::Buffer>& buffers) {
  detail::RunInventory<B> run;
  for (std::size_t i = 0; i < vectors.size(); ++i)
    run.add("vector." + std::to_string(i), buffers[i], vectors[i].blocks);
  return run;
}

template <class B>
std::vector<typename B::Buffer> buffers_of(B& backend, const std::vector<VectorOfBlocks>& vectors, bool filled) {
  std::vector<typename B::Buffer> buffers(vectors.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    buffers[i].resize(vectors[i].size);
    if (filled) backend.copy_from_host(vectors[i].template in_memory<B>().data(), vectors[i].size, buffers[i].data());
  }
  return buffers;
}

template <class B>
void write_to(const std::filesystem::path& path, const std::vector<VectorOfBlocks>& vectors) {
  B backend;
  auto buffers = buffers_of(backend, vectors, true);
  detail::write_checkpoint(path, backend, run_of<B>(vectors, buffers), {{"of", "a test"}});
}

/// The file of @p B is the CPU backend's, and read again gives what was written.
template <class B>
void check_order(const std::vector<VectorOfBlocks>& vectors) {
  const TemporaryFolder folder;
  write_to<backend::Eigen<float>>(folder / "as in the file", vectors);
  write_to<B>(folder / "in order", vectors);
  CHECK((read_bytes(folder / "in order") == read_bytes(folder / "as in the file")));

  B backend;
  auto buffers = buffers_of(backend, vectors, false);
  detail::read_checkpoint(SafetensorsFile(folder / "in order"), backend, run_of<B>(vectors, buffers));
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    CAPTURE(i);
    std::vector<float> found(vectors[i].size);
    backend.copy_to_host(buffers[i].data(), found.size(), found.data());
    CHECK((found == vectors[i].template in_memory<B>()));
  }
}

/// Sizes below, at and above those of tiles; blocks larger than a piece of the file, and many in one; values between
/// blocks, before and behind them, and a vector without.
template <class B>
void check_orders() {
  const int threads = thread_count();
  for (const int count : {1, 3}) {
    CAPTURE(count);
    set_thread_count(count);
    check_order<B>({{{}, 5}});
    check_order<B>({{{{{3, 5, 7}, 0, 2}}, 210}, {{{{1, 1, 9}, 0, 3}}, 27}});
    check_order<B>({{{{{2, 64, 32}, 11, 2}, {{1, 65, 33}, 11 + 2 * 4096 + 7, 1}, {{4, 1, 100}, 11'000, 3}}, 12'345},
                    {{{{9, 130, 3}, 1, 1}, {{1, 200, 1}, 3511, 2}}, 3911}});
    // Of 10.5 and twice 5 million values, where a piece has 4.2 million.
    check_order<B>({{{{{5, 300, 7'000}, 3, 1}}, 10'500'010},
                    {{{{50, 250, 400}, 0, 2}, {{1, 1, 400}, 10'000'000, 2}}, 10'000'801}});
  }
  set_thread_count(threads);
}

/// Writing and reading takes host memory for the largest block and for two pieces, not for the vectors.
template <class B>
void check_memory() {
  const TemporaryFolder folder;
  constexpr ParameterBlock block{16, 128, 256};
  const std::size_t size = 20 * static_cast<std::size_t>(block.size());
  const std::vector<VectorOfBlocks> vectors(2, {{{block, 0, 20}}, size});
  B backend;
  auto buffers = buffers_of(backend, vectors, true);
  const auto run = run_of<B>(vectors, buffers);
  const auto taken = [](const auto& action) {
    const std::ptrdiff_t before = benchmarks::allocated_bytes();
    benchmarks::forget_max_allocated_bytes();
    action();
    return benchmarks::max_allocated_bytes() - before;
  };
  const auto staging = static_cast<std::ptrdiff_t>(sizeof(float)) * block.size();
  constexpr auto pieces = 2 * static_cast<std::ptrdiff_t>(SafetensorsWriter::piece_bytes),
                 little = std::ptrdiff_t{1} << 20;
  const std::ptrdiff_t all = 2 * static_cast<std::ptrdiff_t>(size * sizeof(float));
  REQUIRE(all > 2 * (staging + pieces + little));
  const std::ptrdiff_t writing = taken([&] { detail::write_checkpoint(folder / "checkpoint", backend, run, {}); });
  CHECK(writing >= staging + pieces); // the counting works
  CHECK(writing <= staging + pieces + little);

  const SafetensorsFile file(folder / "checkpoint");
  const std::ptrdiff_t reading = taken([&] { detail::read_checkpoint(file, backend, run); });
  CHECK(reading >= staging);
  CHECK(reading <= staging + little);
}

} // namespace zoetrope::test
