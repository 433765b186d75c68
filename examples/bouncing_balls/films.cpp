#include "films.hpp"

#include <zoetrope/core/parallel.hpp>

namespace bouncing_balls {

AnyBalls data_with_unseen(const Run& run, int count) {
  return {.balls = run.balls, .seed = run.seed, .films = run.films + static_cast<std::uint64_t>(count)};
}

std::vector<float> unseen_films(const Run& run, int count, int skipped) {
  const auto data = data_with_unseen(run, skipped + count);
  const std::uint64_t first = run.films + static_cast<std::uint64_t>(skipped);
  std::vector<float> films(static_cast<std::size_t>(count) * film_size);
  zoetrope::parallel_for(count, [&](std::ptrdiff_t i) {
    data.film(first + static_cast<std::uint64_t>(i),
              std::span(films).subspan(static_cast<std::size_t>(i) * film_size, film_size));
  });
  return films;
}

} // namespace bouncing_balls
