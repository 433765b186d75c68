#include "pictures.hpp"

#include "films.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/io/npy_writer.hpp>
#include <zoetrope/io/pictures.hpp>

#include <cstdint>
#include <iostream>

namespace bouncing_balls {

void write_frames_picture(Session& session, const Run& run, const std::filesystem::path& folder) {
  constexpr int count = 64;
  zoetrope::write_png(folder / "frames.png",
                      zoetrope::frame_grid(session.sample_frames(count, run.seed), count, side, side, 1, 8, 3));
}

void write_films_picture(Session& session, const Run& run, const std::filesystem::path& folder) {
  constexpr int rows = 3;
  auto films = unseen_films(run, rows);
  const auto generated = session.sample_films(rows, run.seed);
  films.insert(films.end(), generated.begin(), generated.end());
  zoetrope::write_png(folder / "films.png", zoetrope::frame_grid(films, 2 * rows * length, side, side, 1, length, 1));
}

void write_film_rows(std::span<const float> films, const std::filesystem::path& path) {
  const int count = static_cast<int>(films.size() / film_size);
  auto picture = path, film = path;
  zoetrope::write_png(picture += ".png", zoetrope::frame_grid(films, count * length, side, side, 1, length, 1));
  zoetrope::write_gif(film += ".gif", zoetrope::film_grids(films, count, length, side, side, 1, count, 2, 2));
}

bool warn_of_pictures(const std::function<void()>& write, const std::function<void()>& before) {
  try {
    write();
    return true;
  } catch (const zoetrope::Error& error) {
    before();
    std::cerr << "bouncing_balls: warning: " << error.what() << std::endl;
    return false;
  }
}

std::string film_name(int number) { return "film-" + std::to_string(number) + ".gif"; }

void write_films(Session& session, const Run& run, int film_count, const std::filesystem::path& folder,
                 const OnShare& on_share) {
  const auto films = sample_films(session, film_count, run.seed, [&](double share) { on_share(share / 2); });
  const std::span<const float> shown(films);
  for (int i = 0; i < film_count; ++i) {
    zoetrope::write_gif(folder / film_name(i),
                        zoetrope::film_grids(shown.subspan(static_cast<std::size_t>(i) * film_size, film_size), 1,
                                             length, side, side, 1, 1, 6, 0));
    on_share(0.5 + 0.5 * (i + 1) / film_count);
  }
  constexpr int max_together = 64;
  const int together = std::min(film_count, max_together);
  zoetrope::write_gif(folder / "films.gif",
                      zoetrope::film_grids(shown.first(static_cast<std::size_t>(together) * film_size), together,
                                           length, side, side, 1, std::min(together, 8), 3, 3));
  const std::uint64_t shape[] = {static_cast<std::uint64_t>(film_count), length, side, side};
  zoetrope::write_npy_bytes(folder / "films.npy", films, shape);
}

} // namespace bouncing_balls
