/// @file
/// A data set in parts that have no film in common: what was learnt of one part is judged on another, and how far two
/// sets of real films are apart is the floor of a measure. Clips of one film are much alike, so parts of clips alone
/// would have much in common.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/parallel_throwing.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/data/film_dataset.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace zoetrope {

namespace detail {

/// Of a data set of clips (data/clips.hpp), which says where each comes from. Clips of one film follow one another.
template <class Data>
concept HasOrigins = requires(const Data& data, std::uint64_t index) {
  data.origin(index).film;
  { data.origin(index).mirrored } -> std::convertible_to<bool>;
  { data.reach() } -> std::convertible_to<std::int64_t>;
};

/// Clips in a row: count of them from number first on.
struct ClipRun {
  std::uint64_t first, count;
};

/// The first @p clips clips of @p data, a run for each film. A data set that does not tell films apart has a film for
/// each number; there the runs are as many numbers each as keep them few.
template <FilmDataset Data>
std::vector<ClipRun> films_of(const Data& data, std::uint64_t clips) {
  std::vector<ClipRun> films;
  if constexpr (HasOrigins<Data>) {
    for (std::uint64_t first = 0; first < clips;) {
      const auto film = data.origin(first).film;
      std::uint64_t last = first, step = 1;
      for (; last + step < clips && data.origin(last + step).film == film; step *= 2) last += step;
      for (std::uint64_t behind = std::min(last + step, clips); behind - last > 1;) {
        const std::uint64_t middle = last + (behind - last) / 2;
        (data.origin(middle).film == film ? last : behind) = middle;
      }
      films.push_back({first, last + 1 - first});
      first = last + 1;
    }
  } else {
    constexpr std::uint64_t most = 4096;
    const std::uint64_t together = clips / most + 1;
    for (std::uint64_t first = 0; first < clips; first += together)
      films.push_back({first, std::min(together, clips - first)});
  }
  return films;
}

} // namespace detail

/// The clips of a data set, which outlives this, in parts of about the same number of clips. Every film goes into one
/// part as a whole, drawn by a seed. Where there are fewer than two films for a part, each is cut into pieces instead,
/// one for each part, and the clips that would reach over a cut are left out: then no frame is in two parts, but frames
/// of one film are.
template <FilmDataset Data>
class FilmParts {
public:
  /// Throws Error where there are not enough films, or not long enough ones, for @p parts parts.
  explicit FilmParts(const Data& data, int parts, std::uint64_t seed = 1) : data_(data) {
    require(parts >= 1, "expected at least 1 part of the films, got ", parts);
    const std::uint64_t size = data.size();
    require(size > 0, "expected films to make ", parts, " parts of, got none");
    clips_ = size;
    if constexpr (detail::HasOrigins<Data>) {
      mirrored_ = data.origin(size - 1).mirrored;
      if (mirrored_) clips_ /= 2;
    }
    parts_.resize(static_cast<std::size_t>(parts));
    auto films = detail::films_of(data, clips_);
    const auto count = parts_.size();
    if (detail::HasOrigins<Data> && parts > 1 && films.size() < 2 * count) {
      const auto whole = static_cast<std::size_t>(
          std::ranges::count_if(films, [&](const auto& film) { return clips_of_piece(film) > 0; }));
      // Films that are too short to be cut are left out only where there is no other way.
      shares_films_ = whole == films.size() || films.size() < count;
    }
    if (shares_films_)
      cut(films);
    else
      hand_out(films, seed);
    for (const auto& part : parts_)
      require(part.size() > 0, "expected films for ", parts, " parts that have none in common, got ", films.size(),
              " films of ", clips_, " clips");
  }

  [[nodiscard]] int parts() const { return static_cast<int>(parts_.size()); }
  /// Whether films were cut, for want of enough of them.
  [[nodiscard]] bool shares_films() const { return shares_films_; }
  /// How many clips are in a part, mirrored ones too.
  [[nodiscard]] std::uint64_t size(int part) const { return at(part).size() * (mirrored_ ? 2 : 1); }

  /// The number in the data set of clip @p index of @p part. Throws Error if there is none.
  [[nodiscard]] std::uint64_t clip(int part, std::uint64_t index) const {
    require(index < size(part), "there is no clip ", index, " among the ", size(part), " of part ", part);
    const Part& clips = at(part);
    return index < clips.size() ? clips.at(index) : clips_ + clips.at(index - clips.size());
  }

  /// The numbers of at most @p most different clips of @p part, evenly spread over it.
  [[nodiscard]] std::vector<std::uint64_t> clips(int part, std::uint64_t most) const {
    const std::uint64_t all = size(part), count = std::min(all, most);
    std::vector<std::uint64_t> result(count);
    const std::uint64_t step = count == 0 ? 0 : all / count, rest = count == 0 ? 0 : all % count;
    for (std::uint64_t i = 0; i < count; ++i) result[i] = clip(part, i * step + i * rest / count);
    return result;
  }

  /// The films clips() names, [count, time, height, width, channels].
  [[nodiscard]] std::vector<float> films(int part, std::uint64_t most) const {
    const auto numbers = clips(part, most);
    std::vector<float> result(numbers.size() * film_size);
    read([&](std::size_t i) { return numbers[i]; }, result);
    return result;
  }

  /// A SampleSet for classifier_two_sample_test(): the first @p training_samples samples (see TwoSampleSettings) are
  /// drawn from part @p training, all later ones from part @p judging, and each may come again. It refers to this.
  [[nodiscard]] auto sample_set(int training, int judging, std::uint64_t training_samples, std::uint64_t seed) const {
    require(size(training) > 0 && size(judging) > 0 && training != judging,
            "expected two parts, one to train with and another to judge, got ", training, " twice");
    return [this, training, judging, training_samples, seed](std::uint64_t first, std::span<float> out) {
      const RandomStream random(seed, Stream::evaluation, first_substream + static_cast<std::uint32_t>(training));
      read(
          [&](std::size_t i) {
            const int part = first + i < training_samples ? training : judging;
            return clip(part, random.below(first + i, size(part)));
          },
          out);
    };
  }

private:
  static constexpr auto film_size = static_cast<std::size_t>(Data::Film::size);
  /// Beyond those that a network's weights are drawn from.
  static constexpr std::uint32_t first_substream = std::uint32_t{1} << 31;

  class Part {
  public:
    void add(const detail::ClipRun& run) {
      if (run.count == 0) return;
      runs_.push_back(run);
      ends_.push_back(size() + run.count);
    }
    [[nodiscard]] std::uint64_t size() const { return ends_.empty() ? 0 : ends_.back(); }
    [[nodiscard]] std::uint64_t at(std::uint64_t index) const {
      const auto run = static_cast<std::size_t>(std::ranges::upper_bound(ends_, index) - ends_.begin());
      return runs_[run].first + runs_[run].count - (ends_[run] - index);
    }

  private:
    std::vector<detail::ClipRun> runs_;
    std::vector<std::uint64_t> ends_;
  };

  [[nodiscard]] const Part& at(int part) const {
    require(part >= 0 && part < parts(), "there is no part ", part, " of ", parts());
    return parts_[static_cast<std::size_t>(part)];
  }

  /// How many clips begin behind a cut before one lies behind it as a whole.
  [[nodiscard]] std::uint64_t clips_of_cut() const {
    if constexpr (detail::HasOrigins<Data>) return static_cast<std::uint64_t>(data_.reach()) - 1;
    return 0;
  }
  [[nodiscard]] std::uint64_t clips_of_piece(const detail::ClipRun& film) const {
    const std::uint64_t lost = clips_of_cut() * (parts_.size() - 1);
    return film.count > lost ? (film.count - lost) / parts_.size() : 0;
  }

  void cut(const std::vector<detail::ClipRun>& films) {
    for (std::size_t film = 0; film < films.size(); ++film) {
      const std::uint64_t piece = clips_of_piece(films[film]);
      // The first piece is not always that of the first part: films may begin in another way than they end.
      for (std::size_t i = 0; i < parts_.size(); ++i)
        parts_[(film + i) % parts_.size()].add({films[film].first + i * (piece + clips_of_cut()), piece});
    }
  }

  void hand_out(std::vector<detail::ClipRun>& films, std::uint64_t seed) {
    const RandomStream random(seed, Stream::evaluation, first_substream - 1);
    for (std::size_t left = films.size(); left > 1; --left) std::swap(films[left - 1], films[random.below(left, left)]);
    for (const auto& film : films)
      std::ranges::min_element(parts_, {}, [](const Part& part) { return part.size(); })->add(film);
  }

  /// Reads film @p number(i) for every film that @p out has room for.
  template <class Number>
  void read(const Number& number, std::span<float> out) const {
    parallel_for_throwing(static_cast<std::ptrdiff_t>(out.size() / film_size), [&](std::ptrdiff_t film) {
      const auto i = static_cast<std::size_t>(film);
      data_.film(number(i), out.subspan(i * film_size, film_size));
    });
  }

  const Data& data_;
  std::uint64_t clips_ = 0; ///< without mirrored ones
  bool mirrored_ = false, shares_films_ = false;
  std::vector<Part> parts_;
};

} // namespace zoetrope
