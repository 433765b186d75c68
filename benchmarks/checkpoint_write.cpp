// How long a checkpoint takes to write, against its bytes alone through the same calls: written from one buffer, synced
// and renamed. Of two kinds: parameters that lie as in the file (the CPU backend), and parameters to be put in order
// on the way (the GPU backend's, here in host memory). All three take turns.

#include "columns_first.hpp"

#include <zoetrope/backend/eigen.hpp>
#include <zoetrope/eval/median.hpp>
#include <zoetrope/train/checkpoint.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace zoetrope;

/// The largest layer of the paper's film discriminators, with its bias: 4 x 4 x 4 taps, 256 to 512 channels.
constexpr ParameterBlock filter{64, 256, 512}, bias{1, 1, 512};

/// @p parameters and what an optimizer keeps of each, in one file.
template <Backend B>
void write_run(const std::filesystem::path& path, typename B::Buffer& parameters, typename B::Buffer& square_average,
               const std::vector<LocatedBlock>& blocks) {
  B backend;
  detail::RunInventory<B> run;
  run.add("parameters", parameters, blocks);
  run.add("square_average", square_average, blocks);
  detail::write_checkpoint(path, backend, run, {});
}

template <class Action>
double seconds(const Action& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

int measure(const std::filesystem::path& folder, double gigabytes, int rounds) {
  const std::ptrdiff_t copy = filter.size() + bias.size();
  const int copies = std::max(1, static_cast<int>(gigabytes * 1e9 / (2.0 * sizeof(float) * static_cast<double>(copy))));
  const std::vector<LocatedBlock> blocks{{filter, 0, copies}, {bias, copies * filter.size(), copies}};
  std::array<backend::Eigen<float>::Buffer, 2> vectors;
  for (auto& vector : vectors) {
    vector.resize(static_cast<std::size_t>(copies * copy));
    parallel_for(copies, [&](std::ptrdiff_t member) {
      for (std::ptrdiff_t i = member * copy; i < (member + 1) * copy; ++i)
        vector.data()[i] = static_cast<float>(i % 1000003);
    });
  }
  const auto path = folder / "zoetrope-checkpoint-write";
  const auto bytes = [&](std::size_t i) { return std::as_bytes(std::span(vectors[i].data(), vectors[i].size())); };
  const auto run = [&](std::size_t kind) {
    std::filesystem::remove(path); // nobody shall pay for the last one's removal
    return seconds([&] {
      if (kind == 0) {
        AtomicFile file(path);
        file.write(bytes(0));
        file.write(bytes(1));
        file.commit();
      } else if (kind == 1) {
        write_run<backend::Eigen<float>>(path, vectors[0], vectors[1], blocks);
      } else {
        write_run<benchmarks::ColumnsFirst>(path, vectors[0], vectors[1], blocks);
      }
    });
  };

  std::printf("%.2f GB, %d threads; seconds, and the share of the bytes alone in the same round\n\n",
              2e-9 * static_cast<double>(vectors[0].size() * sizeof(float)), thread_count());
  std::printf("| bytes alone | as in the file | share | put in order | share |\n|---|---|---|---|---|\n");
  std::array<std::vector<double>, 3> times, shares;
  run(0); // the disk's first file takes longer
  for (int round = 0; round < rounds; ++round) {
    std::array<double, 3> time{};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t kind = (i + static_cast<std::size_t>(round)) % 3;
      time[kind] = run(kind);
    }
    for (std::size_t kind = 0; kind < 3; ++kind) {
      times[kind].push_back(time[kind]);
      shares[kind].push_back(time[kind] / time[0]);
    }
    std::printf("| %.2f | %.2f | %.2f | %.2f | %.2f |\n", time[0], time[1], shares[1].back(), time[2],
                shares[2].back());
    std::fflush(stdout);
  }
  std::filesystem::remove(path);
  std::printf("| median %.2f | %.2f | **%.2f** | %.2f | **%.2f** |\n", median(times[0]), median(times[1]),
              median(shares[1]), median(times[2]), median(shares[2]));
  return 0;
}

template <class Number>
bool parse(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number > 0;
}

} // namespace

int main(int count, char** arguments) {
  double gigabytes = 4.3;
  int rounds = 5;
  const std::vector<std::string> given(arguments + 1, arguments + count);
  if (given.empty() || given.size() > 3 || (given.size() > 1 && !parse(given[1], gigabytes)) ||
      (given.size() > 2 && !parse(given[2], rounds))) {
    std::cerr << "Usage: checkpoint_write FOLDER [GIGABYTES [ROUNDS]]\nWrites " << gigabytes
              << " GB into FOLDER, three ways in turn, " << rounds << " rounds unless said, and as much memory.\n";
    return 2;
  }
  try {
    return measure(given[0], gigabytes, rounds);
  } catch (const std::exception& error) {
    std::cerr << "checkpoint_write: " << error.what() << '\n';
    return 1;
  }
}
