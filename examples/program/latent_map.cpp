#include "latent_map.hpp"

#include "plot.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/core/random.hpp>
#include <zoetrope/eval/embedding/isomap.hpp>
#include <zoetrope/io/file.hpp>
#include <zoetrope/io/pictures.hpp>

#include <cmath>
#include <cstddef>

namespace program {

namespace {

constexpr int latent = 100, film_count = 6, prior_count = 10'000, path_count = 2;
constexpr int path_length = 45; ///< Two of them make 10,270 points of the reference's figure.

/// Draws from the prior; other ones for another @p part. The sampling of frames and films takes parts 0 and 1.
std::vector<float> prior(std::uint64_t seed, int count, std::uint32_t part) {
  std::vector<float> latents(static_cast<std::size_t>(count * latent));
  zoetrope::RandomStream(seed, zoetrope::Stream::sampling, part).fill_normal(0, latents.data(), latents.size());
  return latents;
}

/// Points [count, path_length, latent] evenly on the lines between pairs of draws from the prior.
std::vector<float> interpolations(std::uint64_t seed, int count) {
  const auto ends = prior(seed, 2 * count, 3);
  std::vector<float> points;
  for (int path = 0; path < count; ++path)
    for (int step = 0; step < path_length; ++step)
      for (int i = 0; i < latent; ++i) {
        const float share = static_cast<float>(step) / (path_length - 1);
        const auto first = static_cast<std::size_t>(2 * path * latent + i);
        points.push_back((1 - share) * ends[first] + share * ends[first + latent]);
      }
  return points;
}

constexpr const char *all_latents = "latents.csv", *film_latents = "film-latents.csv";

std::string film_kind(int number) { return "film " + std::to_string(number); }
std::string path_kind(int number) { return "interpolation " + std::to_string(number); }

double mean_length(const std::vector<float>& latents) {
  double sum = 0;
  for (std::size_t first = 0; first < latents.size(); first += latent) {
    double squares = 0;
    for (std::size_t i = first; i < first + latent; ++i) squares += static_cast<double>(latents[i]) * latents[i];
    sum += std::sqrt(squares);
  }
  return sum * latent / static_cast<double>(latents.size());
}

void write_positions(const zoetrope::IsomapEmbedding& map, const std::vector<std::string>& kinds,
                     const std::filesystem::path& path) {
  std::string csv = "latent,first,second\n";
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    csv += kinds[i] + "," + zoetrope::fixed_text(map.coordinates[2 * i], 3) + "," +
           zoetrope::fixed_text(map.coordinates[2 * i + 1], 3) + "\n";
  }
  zoetrope::write_text(path, csv);
}

/// Both maps side by side. Colours that the colour-blind can tell apart too (Okabe and Ito), and a shape of its own for
/// each film, since films may lie on one another.
std::string plot_commands() {
  const auto points = [](const std::string& file, const std::string& kind, const std::string& how) {
    return "'" + file + "' using (strcol(1) eq '" + kind + "' ? $2 : NaN):3 with " + how;
  };
  const auto called = [](const std::string& name) { return " title '" + name + "'"; };
  const auto film = [&](const char* file, int number, const std::string& size) {
    constexpr const char* colors[film_count] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"};
    constexpr const char* shapes[film_count] = {"5", "9", "13", "7", "11", "15"};
    const auto i = static_cast<std::size_t>(number - 1);
    return points(file, film_kind(number),
                  std::string("linespoints pointtype ") + shapes[i] + " pointsize " + size + " linecolor rgb '" +
                      colors[i] + "'");
  };
  std::string all =
      "plot " +
      points(all_latents, "prior", "points pointtype 2 pointsize 0.35 linewidth 0.5 linecolor rgb '#b8b8b8'") +
      called("prior");
  for (int path = 1; path <= path_count; ++path)
    all += ", " +
           points(all_latents, path_kind(path),
                  path == 1 ? "linespoints pointtype 8 pointsize 0.7 linecolor rgb '#000000'"
                            : "linespoints pointtype 10 pointsize 0.7 linecolor rgb '#777777'") +
           called(path_kind(path));
  std::string alone;
  for (int number = 1; number <= film_count; ++number) {
    all += ", " + film(all_latents, number, "0.5") + " notitle";
    alone += (number == 1 ? "plot " : ", ") + film(film_latents, number, "0.9") + called(film_kind(number));
  }
  return "set multiplot layout 1,2\nset size ratio -1\nset key outside top center horizontal maxrows 2\nset xlabel "
         "'first component'\n"
         "set ylabel 'second component'\nset offsets graph 0.02, 0.02, 0.02, 0.02\nset title 'all latents'\n" +
         all + "\nset title 'the films alone'\n" + alone + "\nunset multiplot\n";
}

} // namespace

LatentMap map_latents(Session& session, std::uint64_t seed, const std::filesystem::path& folder) {
  const auto films = session.sample_latents(film_count, seed), draws = prior(seed, prior_count, 2);
  std::vector<std::string> film_kinds;
  for (int film = 1; film <= film_count; ++film)
    film_kinds.insert(film_kinds.end(), static_cast<std::size_t>(session.sizes().length), film_kind(film));
  auto points = films;
  auto kinds = film_kinds;
  const auto add = [&](const std::vector<float>& latents) {
    points.insert(points.end(), latents.begin(), latents.end());
  };
  add(interpolations(seed, path_count));
  for (int path = 1; path <= path_count; ++path) kinds.insert(kinds.end(), path_length, path_kind(path));
  add(draws);
  kinds.insert(kinds.end(), prior_count, "prior");

  const auto map = zoetrope::isomap(points, latent), map_of_films = zoetrope::isomap(films, latent);
  write_positions(map, kinds, folder / all_latents);
  write_positions(map_of_films, film_kinds, folder / film_latents);
  draw_plot(folder, "latents", 960, 580, plot_commands());
  return {prior_count, map.residual_variance, mean_length(films), mean_length(draws)};
}

void write_interpolations(Session& session, std::uint64_t seed, const std::filesystem::path& folder) {
  constexpr int rows = 6, columns = 15, step = (path_length - 1) / (columns - 1);
  const auto frames = session.frames_of(interpolations(seed, rows));
  const FilmSizes sizes = session.sizes();
  const auto frame_size = static_cast<std::ptrdiff_t>(sizes.frame());
  std::vector<float> shown;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      const auto first = frames.begin() + (row * path_length + column * step) * frame_size;
      shown.insert(shown.end(), first, first + frame_size);
    }
  zoetrope::write_png(folder / "interpolations.png", zoetrope::frame_grid(shown, rows * columns, sizes.height,
                                                                          sizes.width, sizes.channels, columns, 2));
}

} // namespace program
