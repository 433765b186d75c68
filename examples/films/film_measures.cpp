#include "film_measures.hpp"

#include "jackknife.hpp"

#include <zoetrope/backend/eigen.hpp>
#include <zoetrope/core/error.hpp>
#include <zoetrope/eval/film_parts.hpp>
#include <zoetrope/eval/film_quality.hpp>
#include <zoetrope/eval/nearest_film.hpp>
#include <zoetrope/eval/two_sample_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>

namespace films {

namespace {

using program::Measured;
using program::OnShare;
using program::Session;
using Parts = zoetrope::FilmParts<FilmClips>;

constexpr auto film_size = static_cast<std::size_t>(Film::size);
constexpr Measured unknown{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};

constexpr std::uint64_t neighbours = 5; ///< of density and coverage

/// None where there are too few films for @p count parts of more clips than that.
std::optional<Parts> parts_of(const FilmClips& clips, int count) {
  try {
    std::optional<Parts> parts(std::in_place, clips, count);
    for (int part = 0; part < count; ++part)
      if (parts->size(part) <= neighbours) return std::nullopt;
    return parts;
  } catch (const zoetrope::Error&) {
    return std::nullopt;
  }
}

/// The features of films in groups of about the same size, for the jackknife.
std::vector<zoetrope::FilmQualityFeatures> features_in_groups(std::span<const float> films,
                                                              const zoetrope::StillnessSettings& stillness) {
  const std::size_t count = films.size() / film_size;
  const std::size_t groups = std::min<std::size_t>(20, count / 2);
  return program::in_groups(films, film_size, groups, [&](std::span<const float> some, int number) {
    return zoetrope::film_quality_features<Film>(some, number, stillness);
  });
}

/// The features of all groups but number @p left_out.
zoetrope::FilmQualityFeatures joined(const std::vector<zoetrope::FilmQualityFeatures>& groups, int left_out = -1) {
  std::optional<zoetrope::FilmQualityFeatures> all;
  for (int group = 0; group < std::ssize(groups); ++group) {
    if (group == left_out) continue;
    if (all)
      append(*all, groups[static_cast<std::size_t>(group)]);
    else
      all = groups[static_cast<std::size_t>(group)];
  }
  return *all;
}

std::vector<Measured> measured(const std::vector<zoetrope::FilmQualityFeatures>& groups,
                               const zoetrope::FilmQualityFeatures& reference) {
  const int count = static_cast<int>(groups.size());
  return program::jackknife(count > 2 ? count : 0, [&](int left_out) {
    return program::values_of(zoetrope::named_values(zoetrope::film_quality(joined(groups, left_out), reference)));
  });
}

/// How well a classifier tells clips from generated films, or from other clips. It is judged by films that it did not
/// see.
Measured two_sample_accuracy(const Parts& parts, Session* session, std::uint64_t seed, const OnShare& on_share) {
  const zoetrope::TwoSampleSettings test{.seed = seed};
  const std::uint64_t trained = test.training_samples(), all = trained + static_cast<std::uint64_t>(test.held_out) / 2;
  const auto real = parts.sample_set(0, 1, trained, seed);
  const auto other = [&](std::uint64_t first, std::span<float> out) {
    on_share(static_cast<double>(first) / static_cast<double>(all));
    if (session == nullptr) return parts.sample_set(2, 3, trained, seed)(first, out);
    program::draw_batch(*session, seed, first, out);
  };
  const double share =
      zoetrope::classifier_two_sample_test<zoetrope::arch::FilmClassifierOf<Film>>(real, other, test).accuracy;
  // Clips that are judged again and again are one.
  const auto judged = 2 * std::min(static_cast<std::uint64_t>(test.held_out) / 2, parts.size(1));
  return {share, std::sqrt(share * (1 - share) / static_cast<double>(judged))};
}

} // namespace

std::vector<program::MeasureRow> measure(Session& session, const FilmClips& clips, std::uint64_t seed, int count,
                                         const OnShare& on_share) {
  // About how long the parts take, as shares of the whole.
  constexpr double sampled = 0.2, looked_at = 0.2;
  const auto part = [&](double begin, double size) {
    return [=, &on_share](double share) { on_share(begin + size * share); };
  };
  const auto most = static_cast<std::uint64_t>(count);
  const auto halves = parts_of(clips, 2);
  if (!halves && clips.size() <= neighbours) return {};
  const auto reference_films = halves ? halves->films(0, most) : zoetrope::FilmParts(clips, 1).films(0, most);
  const auto reference_count = static_cast<int>(reference_films.size() / film_size);
  const auto stillness = zoetrope::stillness_of(reference_films, reference_count, zoetrope::film_length<Film>);
  const auto reference = zoetrope::film_quality_features<Film>(reference_films, reference_count, stillness);
  const auto generated_films = sample_films(session, count, seed, part(0, sampled));
  const auto generated = measured(features_in_groups(generated_films, stillness), reference);
  std::vector<Measured> real(generated.size(), unknown);
  if (halves) {
    const auto groups = features_in_groups(halves->films(1, most), stillness);
    if (groups.size() > 1) real = measured(groups, reference);
  }
  on_share(sampled + looked_at);

  std::vector<program::MeasureRow> rows;
  const auto names = zoetrope::named_values(zoetrope::film_quality(reference, reference));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i].first;
    const bool share_of_films = name.ends_with("films"), distance = name.starts_with("change");
    rows.push_back({name, generated[i], real[i], share_of_films ? "as real" : distance ? "0" : "1"});
  }
  constexpr double before = sampled + looked_at, each = (1 - before) / 2;
  const auto quarters = parts_of(clips, 4);
  rows.push_back({"classifier two-sample test",
                  halves ? two_sample_accuracy(*halves, &session, seed, part(before, each)) : unknown,
                  quarters ? two_sample_accuracy(*quarters, nullptr, seed, part(before + each, each)) : unknown,
                  "0.5"});
  return rows;
}

bool parts_share_films(const FilmClips& clips) {
  const auto halves = parts_of(clips, 2);
  return halves && halves->shares_films();
}

program::Data::Nearest nearest_clips(std::span<const float> films, Session& session, const FilmClips& clips,
                                     std::uint64_t seed, const OnShare& on_share) {
  constexpr int many = 64;
  constexpr std::uint64_t most = 20'000;
  program::Data::Nearest result;
  const auto near = zoetrope::nearest_films(films, static_cast<int>(films.size() / film_size), clips, most);
  for (const auto& film : near.films) {
    result.distances.push_back(film.distance);
    result.films.resize(result.films.size() + film_size);
    clips.film(film.clip, std::span(result.films).last(film_size));
  }
  result.looked_at = (near.looked_at == near.clips ? "all " : std::to_string(near.looked_at) + " of ") +
                     std::to_string(near.clips) + " clips";
  on_share(0.2);
  result.distance = zoetrope::nearest_films(session.sample_films(many, seed), many, clips, most).median_distance();
  on_share(0.6);
  result.real_distance = unknown.value;
  if (const auto halves = parts_of(clips, 2)) {
    const auto others = halves->films(1, many);
    result.real_distance =
        zoetrope::nearest_films(others, static_cast<int>(others.size() / film_size), clips, halves->clips(0, most))
            .median_distance();
  }
  return result;
}

} // namespace films
