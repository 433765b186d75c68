#include "pictures.hpp"

#include "sampled_films.hpp"
#include "this_program.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/io/npy_writer.hpp>
#include <zoetrope/io/pictures.hpp>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

namespace program {

namespace {

/// Films [count, length, height, width, channels] in rows, time from left to right.
zoetrope::Picture film_rows(std::span<const float> films, const FilmSizes& sizes) {
  const int frames = static_cast<int>(films.size() / sizes.frame());
  return zoetrope::frame_grid(films, frames, sizes.height, sizes.width, sizes.channels, sizes.length, 1);
}

/// Films [count, length, height, width, channels] side by side, each pixel @p scale wide.
std::vector<zoetrope::Picture> films_in_grid(std::span<const float> films, const FilmSizes& sizes, int columns,
                                             int scale, int gap) {
  const int count = static_cast<int>(films.size() / sizes.film());
  return zoetrope::film_grids(films, count, sizes.length, sizes.height, sizes.width, sizes.channels, columns, scale,
                              gap);
}

} // namespace

void write_frames_picture(Session& session, std::uint64_t seed, const std::filesystem::path& folder) {
  constexpr int count = 64;
  const FilmSizes sizes = session.sizes();
  zoetrope::write_png(folder / "frames.png", zoetrope::frame_grid(session.sample_frames(count, seed), count,
                                                                  sizes.height, sizes.width, sizes.channels, 8, 3));
}

void write_films_picture(Session& session, const Data* data, std::uint64_t seed, const std::filesystem::path& folder) {
  constexpr int rows = 3;
  std::vector<float> films;
  if (data != nullptr) films = real_films(*data, rows);
  const auto generated = session.sample_films(rows, seed);
  films.insert(films.end(), generated.begin(), generated.end());
  zoetrope::write_png(folder / "films.png", film_rows(films, session.sizes()));
}

void write_film_rows(std::span<const float> films, const FilmSizes& sizes, const std::filesystem::path& path) {
  auto picture = path, film = path;
  zoetrope::write_png(picture += ".png", film_rows(films, sizes));
  zoetrope::write_gif(film += ".gif", films_in_grid(films, sizes, static_cast<int>(films.size() / sizes.film()), 2, 2));
}

bool warn_of_pictures(const std::function<void()>& write, const std::function<void()>& before) {
  try {
    write();
    return true;
  } catch (const zoetrope::Error& error) {
    before();
    std::cerr << program_name() << ": warning: " << error.what() << std::endl;
    return false;
  }
}

std::string film_name(int number) { return "film-" + std::to_string(number) + ".gif"; }

void write_films(Session& session, std::uint64_t seed, int film_count, const std::filesystem::path& folder,
                 const OnShare& on_share) {
  const auto films = sample_films(session, film_count, seed, [&](double share) { on_share(share / 2); });
  const FilmSizes sizes = session.sizes();
  const std::span<const float> shown(films);
  for (int i = 0; i < film_count; ++i) {
    zoetrope::write_gif(
        folder / film_name(i),
        films_in_grid(shown.subspan(static_cast<std::size_t>(i) * sizes.film(), sizes.film()), sizes, 1, 6, 0));
    on_share(0.5 + 0.5 * (i + 1) / film_count);
  }
  constexpr int max_together = 64;
  const int together = std::min(film_count, max_together);
  const auto grid =
      films_in_grid(shown.first(static_cast<std::size_t>(together) * sizes.film()), sizes, std::min(together, 8), 3, 3);
  zoetrope::write_gif(folder / "films.gif", grid);
  std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(film_count)};
  for (const int size : {sizes.length, sizes.height, sizes.width}) shape.push_back(static_cast<std::uint64_t>(size));
  if (sizes.channels > 1) shape.push_back(static_cast<std::uint64_t>(sizes.channels));
  zoetrope::write_npy_bytes(folder / "films.npy", films, shape);
  write_videos(folder / "films", grid);
}

} // namespace program
