#include "ball_measures.hpp"

#include "jackknife.hpp"

#include <zoetrope/backend/eigen.hpp>
#include <zoetrope/core/parallel.hpp>
#include <zoetrope/eval/balls/film_measures.hpp>
#include <zoetrope/eval/two_sample_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace bouncing_balls {

using program::at_least;
using program::at_most;
using program::CheckedMeasure;
using program::Data;
using program::Measured;
using program::MeasureRow;
using program::OnShare;
using program::Session;

namespace {

enum class Against { generated, real };

/// How well a classifier tells real films from generated ones, or from other real ones.
Measured two_sample_accuracy(Session& session, const Data& data, std::uint64_t seed, Against against,
                             const OnShare& on_share) {
  const zoetrope::TwoSampleSettings test{.seed = seed};
  const int count = (test.steps * test.batch_size + test.held_out) / 2;
  const std::size_t film_size = data.sizes().film();
  const auto real = [&](std::uint64_t first, std::span<float> out) {
    zoetrope::parallel_for(static_cast<std::ptrdiff_t>(out.size() / film_size), [&](std::ptrdiff_t i) {
      data.real_film(first + static_cast<std::uint64_t>(i),
                     out.subspan(static_cast<std::size_t>(i) * film_size, film_size));
    });
  };
  const auto other = [&](std::uint64_t first, std::span<float> out) {
    on_share(static_cast<double>(first) / count);
    if (against == Against::real) return real(first + static_cast<std::uint64_t>(count), out);
    program::draw_batch(session, seed, first, out);
  };
  const double share = zoetrope::classifier_two_sample_test(real, other, test).accuracy;
  return {share, std::sqrt(share * (1 - share) / test.held_out)};
}

constexpr int group_count = 20;

/// What films are known by, in groups of about the same size.
std::vector<zoetrope::FilmFeatures> features_in_groups(std::span<const float> films, int count, int balls,
                                                       const OnShare& on_share) {
  const std::size_t film_size = films.size() / static_cast<std::size_t>(count);
  int done = 0;
  return program::in_groups(films, film_size, group_count, [&](std::span<const float> some, int number) {
    auto features = zoetrope::film_features(some, number, balls);
    on_share(static_cast<double>(++done) / group_count);
    return features;
  });
}

/// The features of the films of all groups but number @p left_out, in their order.
zoetrope::FilmFeatures joined(const std::vector<zoetrope::FilmFeatures>& groups, int left_out = -1) {
  zoetrope::FilmFeatures all;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (int group = 0; group < std::ssize(groups); ++group) {
    if (group == left_out) continue;
    const auto& some = groups[static_cast<std::size_t>(group)];
    all.films += some.films;
    all.length = some.length;
    all.balls = some.balls;
    append(all.right_frames, some.right_frames);
    append(all.motions, some.motions);
    append(all.frozen, some.frozen);
    append(all.looping, some.looping);
    for (std::size_t lag = 0; lag < all.changes.size(); ++lag) append(all.changes[lag], some.changes[lag]);
    append(all.states, some.states);
  }
  return all;
}

/// Every measure of the films in @p groups, in the order of named_values().
std::vector<Measured> measured(const std::vector<zoetrope::FilmFeatures>& groups,
                               const zoetrope::FilmFeatures& reference) {
  return program::jackknife(group_count, [&](int left_out) {
    return program::values_of(zoetrope::named_values(zoetrope::measure_films(joined(groups, left_out), reference)));
  });
}

} // namespace

std::vector<MeasureRow> measure(Session& session, const Data& data, int balls, std::uint64_t seed, int count,
                                const OnShare& on_share) {
  // About how long the parts take, as shares of the whole.
  constexpr double sampled = 0.05, fitted = 0.35, jackknifed = 0.05, classified = 0.45;
  const auto part = [&](double begin, double size) {
    return [=, &on_share](double share) { on_share(begin + size * share); };
  };
  const auto features = [&](std::span<const float> films, int number) {
    return features_in_groups(films, count, balls, part(sampled + number * fitted / 3, fitted / 3));
  };
  const auto generated_films = sample_films(session, count, seed, part(0, sampled));
  const auto generated_groups = features(generated_films, 0), real_groups = features(real_films(data, count), 1);
  const auto reference = joined(features(real_films(data, count, count), 2));
  const auto generated = measured(generated_groups, reference), real = measured(real_groups, reference);
  const auto names = zoetrope::named_values({});

  std::vector<MeasureRow> rows;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i].first;
    const bool counts_up = name == "ball-count accuracy" || name == "density" || name == "coverage";
    rows.push_back({name, generated[i], real[i], counts_up ? "1" : "0"});
  }
  constexpr double before = sampled + fitted + jackknifed;
  rows.push_back(
      {"classifier two-sample test",
       two_sample_accuracy(session, data, seed, Against::generated, part(before, classified)),
       two_sample_accuracy(session, data, seed, Against::real, part(before + classified, 1 - before - classified)),
       "0.5"});
  return rows;
}

std::vector<CheckedMeasure> check(std::span<const float> films, const Data& data, int balls) {
  constexpr int enough = 30; // for neighbourhoods of real films, and for generated ones to lie in each of them
  const int count = static_cast<int>(films.size() / data.sizes().film()), real_count = std::max(count, enough);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  zoetrope::FilmMeasures measures{
      .count_accuracy = none, .velocity_error = none, .energy_drift = none, .turns = none, .coverage = none};
  if (std::ranges::all_of(films, [](float pixel) { return std::isfinite(pixel); }))
    measures = zoetrope::measure_films(zoetrope::film_features(films, count, balls),
                                       zoetrope::film_features(real_films(data, real_count), real_count, balls));
  std::vector<CheckedMeasure> result{at_least("ball-count accuracy", measures.count_accuracy, 0.97),
                                     at_most("velocity error", measures.velocity_error, 0.1),
                                     at_most("energy drift", measures.energy_drift, 0.4),
                                     at_most("turns in mid-air, a ball and film", measures.turns, 2.5)};
  if (count >= enough) result.push_back(at_least("coverage", measures.coverage, 0.7));
  return result;
}

} // namespace bouncing_balls
