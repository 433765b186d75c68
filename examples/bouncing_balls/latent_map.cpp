#include "latent_map.hpp"

#include "films.hpp"
#include "plot.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/core/random.hpp>
#include <zoetrope/eval/embedding/isomap.hpp>
#include <zoetrope/io/file.hpp>
#include <zoetrope/io/pictures.hpp>

namespace bouncing_balls {

namespace {

constexpr int latent = 100, film_count = 6, prior_count = 10'000, path_count = 2;
constexpr int path_length = 45; ///< Two of them make 10,270 points of the reference's figure.

/// Draws from the prior; other ones for another @p part. The sampling of frames and films takes parts 0 and 1.
std::vector<float> prior(const Run& run, int count, std::uint32_t part) {
  std::vector<float> latents(static_cast<std::size_t>(count * latent));
  zoetrope::RandomStream(run.seed, zoetrope::Stream::sampling, part).fill_normal(0, latents.data(), latents.size());
  return latents;
}

/// Points [count, path_length, latent] evenly on the lines between pairs of draws from the prior.
std::vector<float> interpolations(const Run& run, int count) {
  const auto ends = prior(run, 2 * count, 3);
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

} // namespace

LatentMap map_latents(Session& session, const Run& run, const std::filesystem::path& folder) {
  std::vector<float> points = session.sample_latents(film_count, run.seed);
  std::vector<std::string> kinds;
  for (int film = 0; film < film_count; ++film) kinds.insert(kinds.end(), length, "film " + std::to_string(film + 1));
  const auto add = [&](const std::vector<float>& latents) {
    points.insert(points.end(), latents.begin(), latents.end());
  };
  add(interpolations(run, path_count));
  for (int path = 0; path < path_count; ++path)
    kinds.insert(kinds.end(), path_length, "interpolation " + std::to_string(path + 1));
  add(prior(run, prior_count, 2));
  kinds.insert(kinds.end(), prior_count, "prior");

  const auto map = zoetrope::isomap(points, latent);
  std::string csv = "latent,first,second\n";
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    csv += kinds[i] + "," + zoetrope::fixed_text(map.coordinates[2 * i], 3) + "," +
           zoetrope::fixed_text(map.coordinates[2 * i + 1], 3) + "\n";
  }
  zoetrope::write_text(folder / "latents.csv", csv);

  const auto chosen = [](const std::string& kind) {
    return "'latents.csv' using (strcol(1) eq '" + kind + "' ? $2 : NaN):3 ";
  };
  std::string commands = "set size ratio -1\nset offsets graph 0.02, 0.02, 0.02, 0.02\nset key outside right top Left "
                         "reverse\nset xlabel 'first component'\nset ylabel 'second component'\n"
                         "plot " +
                         chosen("prior") +
                         "with points pointtype 2 pointsize 0.35 linewidth 0.5 linecolor rgb '#b8b8b8' title 'prior'";
  const char* colors[] = {"#e41a1c", "#377eb8", "#4daf4a", "#984ea3", "#ff7f00", "#a65628", "#000000", "#f781bf"};
  const char* const* color = colors;
  for (int film = 1; film <= film_count; ++film) {
    const std::string kind = "film " + std::to_string(film);
    commands += ", " + chosen(kind) + "with points pointtype 6 pointsize 0.7 linecolor rgb '" + *color++ + "' title '" +
                kind + "'";
  }
  for (int path = 1; path <= path_count; ++path) {
    const std::string kind = "interpolation " + std::to_string(path);
    commands += ", " + chosen(kind) + "with points pointtype 8 pointsize 0.8 linecolor rgb '" + *color++ + "' title '" +
                kind + "'";
  }
  draw_plot(folder, "latents", 900, 700, commands + "\n");
  return {prior_count, map.residual_variance};
}

void write_interpolations(Session& session, const Run& run, const std::filesystem::path& folder) {
  constexpr int rows = 6, columns = 15, step = (path_length - 1) / (columns - 1);
  const auto frames = session.frames_of(interpolations(run, rows));
  std::vector<float> shown;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      const auto first = frames.begin() + (row * path_length + column * step) * static_cast<int>(frame_size);
      shown.insert(shown.end(), first, first + static_cast<int>(frame_size));
    }
  zoetrope::write_png(folder / "interpolations.png",
                      zoetrope::frame_grid(shown, rows * columns, side, side, 1, columns, 2));
}

} // namespace bouncing_balls
