#include "sampled_films.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace program {

std::vector<float> sample_films(Session& session, int count, std::uint64_t seed, const OnShare& on_share) {
  // Generators work in batches of 64 frames: whole batches give the same bytes as all films at once.
  constexpr int films_at_a_time = 32;
  const auto latents = session.sample_latents(count, seed);
  const std::size_t size = latents.size() / static_cast<std::size_t>(count);
  std::vector<float> films;
  for (int first = 0; first < count; first += films_at_a_time) {
    const int some = std::min(films_at_a_time, count - first);
    const auto frames = session.frames_of(
        std::span(latents).subspan(static_cast<std::size_t>(first) * size, static_cast<std::size_t>(some) * size));
    if (films.empty()) films.reserve(frames.size() / static_cast<std::size_t>(some) * static_cast<std::size_t>(count));
    films.insert(films.end(), frames.begin(), frames.end());
    on_share(static_cast<double>(first + some) / count);
  }
  return films;
}

void draw_batch(Session& session, std::uint64_t seed, std::uint64_t first, std::span<float> out) {
  const auto films = session.sample_films(static_cast<int>(out.size() / session.sizes().film()), seed + 1 + first);
  std::ranges::copy(films, out.begin());
}

} // namespace program
