/// @file
/// Pictures of what generators have learnt: latents drawn from a seed, and frames and films of them.
#pragma once

#include "zoetrope/core/random.hpp"
#include "zoetrope/gan/generator.hpp"

#include <cstdint>
#include <vector>

namespace zoetrope {

namespace detail {
/// Frames and films of one seed have latents of their own.
enum class Drawn : std::uint32_t { frames, films };

inline std::vector<float> normal_latents(int count, std::ptrdiff_t size, std::uint64_t seed, Drawn drawn) {
  require(count > 0, "expected a positive number of samples, got ", count);
  std::vector<float> latents(static_cast<std::size_t>(count * size));
  RandomStream(seed, Stream::sampling, static_cast<std::uint32_t>(drawn))
      .fill_normal(0, latents.data(), latents.size());
  return latents;
}
} // namespace detail

/// Frames [count, height, width, channels] of @p frames, values in [-1, 1]; other ones for another @p seed. Throws
/// Error unless @p count is positive.
template <SampleGenerator FrameG>
[[nodiscard]] std::vector<float> sample_frames(FrameG& frames, int count, std::uint64_t seed) {
  return frames.generate(detail::normal_latents(count, FrameG::Input::size, seed, detail::Drawn::frames));
}

/// The latents [count, time, latent] of the frame generator that @p sequences walks along in the films of
/// sample_films().
template <SampleGenerator SequenceG>
[[nodiscard]] std::vector<float> sample_latents(SequenceG& sequences, int count, std::uint64_t seed) {
  return sequences.generate(detail::normal_latents(count, SequenceG::Input::size, seed, detail::Drawn::films));
}

/// Films [count, time, height, width, channels] of @p sequences through @p frames, otherwise as sample_frames().
template <SampleGenerator SequenceG, SampleGenerator FrameG>
[[nodiscard]] std::vector<float> sample_films(SequenceG& sequences, FrameG& frames, int count, std::uint64_t seed) {
  return frames.generate(sample_latents(sequences, count, seed));
}

} // namespace zoetrope
