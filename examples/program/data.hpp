/// @file
/// What a run learns from, as a policy: all that differs from one kind of films to another.
#pragma once

#include "film_sizes.hpp"
#include "measure_row.hpp"
#include "sampled_films.hpp"
#include "session.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A training set of films, and real films to compare others with.
class Data {
public:
  virtual ~Data() = default;

  [[nodiscard]] virtual FilmSizes sizes() const = 0;
  /// Films of the training set.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// What checkpoints remember of the training set.
  [[nodiscard]] virtual std::string description() const = 0;
  /// A sentence for each film that was found and left out.
  [[nodiscard]] virtual const std::vector<std::string>& left_out() const;
  /// "3 balls": what a page is about.
  [[nodiscard]] virtual std::string title() const = 0;

  /// Film @p index of the training set, and one frame of it. Both throw zoetrope::Error where there is none.
  virtual void film(std::uint64_t index, std::span<float> out) const = 0;
  virtual void frame(std::uint64_t index, int time, std::span<float> out) const = 0;
  /// The same of an endless stream of real films: beyond the training set where there are more, drawn from it where
  /// there are not.
  virtual void real_film(std::uint64_t index, std::span<float> out) const = 0;
  virtual void real_frame(std::uint64_t index, int time, std::span<float> out) const = 0;
  /// Which of both it is, in a sentence.
  [[nodiscard]] virtual std::string real_text() const = 0;

  /// Whether pixels are black or white, but for edges, and each frame has as much of either: then Table 1 of the paper
  /// says what it says there, and brightness tells good frames from others.
  [[nodiscard]] virtual bool binary() const = 0;
  /// What the paper prints in its Table 1 for films that are "real", "generated" or "random z"; empty where nothing.
  [[nodiscard]] virtual std::string printed(std::string_view films) const;
  /// A remark below Table 1; empty where there is none.
  [[nodiscard]] virtual std::string table_note() const;

  /// Measures of @p count films of @p session, which draws by @p seed, against real ones; none where these are too few.
  [[nodiscard]] virtual std::vector<MeasureRow> measures(Session& session, std::uint64_t seed, int count,
                                                         const OnShare& on_share) const = 0;
  /// Of @p films [count, length, height, width, channels] that a run made, what tells whether it has learnt to; nothing
  /// where only measures() can.
  [[nodiscard]] virtual std::vector<CheckedMeasure> checks(std::span<const float> films) const;
  /// The units of measures() and what else their table should say.
  [[nodiscard]] virtual std::string measures_note() const = 0;

  /// Whether the training set could be learnt by heart, so that a report shows nearest().
  [[nodiscard]] virtual bool small_set() const { return false; }
  /// The films of the training set that are nearest to others.
  struct Nearest {
    std::vector<float> films;      ///< [count, length, height, width, channels]
    std::vector<double> distances; ///< to each of them, as root mean square of values in [-1, 1]
    double distance = 0;           ///< such a distance of many films of the run, their median
    double real_distance = 0;      ///< the same of real films to real films that they have nothing in common with
    std::string looked_at;         ///< "all 420 clips"
  };
  /// Of @p films [count, length, height, width, channels]; of many films of @p session, which draws by @p seed, only
  /// the distance.
  [[nodiscard]] virtual Nearest nearest(std::span<const float> films, Session& session, std::uint64_t seed,
                                        const OnShare& on_share) const;
};

/// @p count of the stream's real films, after as many as @p skipped. [count, length, height, width, channels]
std::vector<float> real_films(const Data& data, int count, int skipped = 0);

/// One frame of each of @p count of these films, each time equally often. [count, height, width, channels]
std::vector<float> real_frames(const Data& data, int count);

} // namespace program
