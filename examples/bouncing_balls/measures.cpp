#include "measures.hpp"

#include "films.hpp"

#include <zoetrope/backend/eigen.hpp>
#include <zoetrope/core/parallel.hpp>
#include <zoetrope/eval/balls/film_measures.hpp>
#include <zoetrope/eval/two_sample_test.hpp>

#include <algorithm>
#include <span>

namespace bouncing_balls {

namespace {

enum class Against { generated, real };

/// How well a classifier tells real films from generated ones, or from other real ones.
double two_sample_accuracy(Session& session, const Run& run, Against against) {
  const zoetrope::TwoSampleSettings test{.seed = run.seed};
  const int count = (test.steps * test.batch_size + test.held_out) / 2;
  const auto data = data_with_unseen(run, 2 * count);
  const auto real = [&](std::uint64_t first, std::span<float> out) {
    zoetrope::parallel_for(static_cast<std::ptrdiff_t>(out.size() / film_size), [&](std::ptrdiff_t i) {
      data.film(run.films + first + static_cast<std::uint64_t>(i),
                out.subspan(static_cast<std::size_t>(i) * film_size, film_size));
    });
  };
  const auto other = [&](std::uint64_t first, std::span<float> out) {
    if (against == Against::real) return real(first + static_cast<std::uint64_t>(count), out);
    // Each batch of films has a seed of its own.
    const auto films = session.sample_films(static_cast<int>(out.size() / film_size), run.seed + 1 + first);
    std::ranges::copy(films, out.begin());
  };
  return zoetrope::classifier_two_sample_test(real, other, test).accuracy;
}

} // namespace

std::vector<MeasureRow> measure(Session& session, const Run& run, int count) {
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
  rows.push_back({"classifier two-sample test", two_sample_accuracy(session, run, Against::generated),
                  two_sample_accuracy(session, run, Against::real), "0.5"});
  return rows;
}

} // namespace bouncing_balls
