/// @file
/// Random numbers with addresses: a draw depends on (seed, stream, index) and on nothing else, so it is the same
/// on any number of threads and a resumed run continues bit for bit. Philox4x32-10 (Salmon et al. 2011).
#pragma once

#include "zoetrope/core/parallel.hpp"

// Philox needs none of the processor's intrinsics, whose headers take as long to compile as Eigen's core. Who uses
// Random123's ARS too includes it first.
#if !defined(R123_USE_SSE) && !defined(R123_USE_AES_NI)
#define R123_USE_SSE 0
#define R123_USE_AES_NI 0
#endif
#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace zoetrope {

/// Names a stream: what the numbers are for, so that no two uses ever share a draw.
enum class Stream : std::uint32_t {
  data = 1,
  frame_choice,
  film_choice,
  frame_latents,
  sequence_latents,
  frame_generator_weights,
  frame_discriminator_weights,
  frame_projections,
  sequence_generator_weights,
  sequence_discriminator_weights,
  sequence_projections,
  sampling,
  evaluation,
  spectral_vectors,
  frame_beside_choice,
  user = 1000,
};

/// A counter-based source of random numbers. Copying is free and drawing changes no state.
class RandomStream {
public:
  constexpr RandomStream(std::uint64_t seed, Stream stream, std::uint32_t substream = 0)
      : seed_(seed), stream_(static_cast<std::uint32_t>(stream)), substream_(substream) {}

  /// Four independent 32-bit words at address @p index.
  [[nodiscard]] std::array<std::uint32_t, 4> words(std::uint64_t index) const {
    const r123::Philox4x32::ctr_type counter{
        {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), stream_, substream_}};
    const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
    const auto drawn = r123::Philox4x32{}(counter, key);
    return {drawn[0], drawn[1], drawn[2], drawn[3]};
  }

  /// Uniform on (0, 1), never an end point.
  [[nodiscard]] double uniform(std::uint64_t index) const { return to_unit(words(index / 4)[index % 4]); }

  /// A whole number of [0, @p count), @p count > 0; its bias is below count / 2^64.
  [[nodiscard]] std::uint64_t below(std::uint64_t index, std::uint64_t count) const {
    const auto drawn = words(index);
    return ((std::uint64_t{drawn[0]} << 32) | drawn[1]) % count;
  }

  /// Standard normal (Box and Muller); number @p index of the stream.
  [[nodiscard]] double normal(std::uint64_t index) const { return normals(index / 4)[index % 4]; }

  /// Numbers 4 * @p block to 4 * @p block + 3 of normal(), at the price of one draw.
  [[nodiscard]] std::array<double, 4> normals(std::uint64_t block) const {
    const auto drawn = words(block);
    std::array<double, 4> result{};
    for (std::size_t pair = 0; pair < 2; ++pair) {
      const double radius = std::sqrt(-2.0 * std::log(to_unit(drawn[2 * pair])));
      const double angle = 2.0 * std::numbers::pi * to_unit(drawn[2 * pair + 1]);
      result[2 * pair] = radius * std::cos(angle);
      result[2 * pair + 1] = radius * std::sin(angle);
    }
    return result;
  }

  /// Writes normal(first), normal(first + 1), ... to @p out, many of them in parallel.
  template <class Scalar>
  void fill_normal(std::uint64_t first, Scalar* out, std::uint64_t count) const {
    constexpr std::uint64_t piece = 1 << 14;
    parallel_for(static_cast<std::ptrdiff_t>((count + piece - 1) / piece), [&](std::ptrdiff_t number) {
      const std::uint64_t begin = static_cast<std::uint64_t>(number) * piece, end = std::min(begin + piece, count);
      for (std::uint64_t i = begin; i < end;) {
        const auto block = normals((first + i) / 4);
        for (std::uint64_t lane = (first + i) % 4; lane < 4 && i < end; ++lane, ++i)
          out[i] = static_cast<Scalar>(block[lane]);
      }
    });
  }

private:
  static double to_unit(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint32_t substream_;
};

} // namespace zoetrope
