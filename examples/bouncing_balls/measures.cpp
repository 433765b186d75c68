#include "measures.hpp"

#include "films.hpp"

#include <zoetrope/eval/film_measures.hpp>

namespace bouncing_balls {

std::vector<MeasureRow> measure(Session& session, const Run& run, const ReportSettings& settings) {
  const int count = settings.films;
  const auto features_of = [&](std::span<const float> films) {
    return zoetrope::film_features(films, count, run.balls);
  };
  const auto real_films = unseen_films(run, count), generated_films = session.sample_films(count, run.seed);
  const auto reference = features_of(unseen_films(run, count, count));
  const auto real = zoetrope::named_values(zoetrope::measure_films(features_of(real_films), reference));
  const auto generated = zoetrope::named_values(zoetrope::measure_films(features_of(generated_films), reference));

  std::vector<MeasureRow> rows;
  for (std::size_t i = 0; i < generated.size(); ++i) {
    const std::string name = generated[i].first;
    const bool counts_up = name == "ball-count accuracy" || name == "density" || name == "coverage";
    rows.push_back({name, generated[i].second, real[i].second, counts_up ? "1" : "0"});
  }
  return rows;
}

} // namespace bouncing_balls
