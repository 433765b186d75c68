/// @file
/// Whether a generator's samples differ as real ones do: mode collapse, seen while it happens.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/eval/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// How much samples differ, relative to as many real ones: about 1 where as much. NaN where real ones are all alike.
struct Diversity {
  double spread = 0.0;  ///< pixel_spread(): near 0 where a generator draws the same sample always
  double nearest = 0.0; ///< mean distance to the nearest other sample: near 0 where it draws a few, again and again
};

namespace detail {

/// The mean over @p samples [count, ...] of the distance to the nearest other one.
inline double mean_nearest_distance(std::span<const float> samples, std::size_t count) {
  const std::size_t size = samples.size() / count;
  std::vector<double> nearest(count);
  parallel_for(static_cast<std::ptrdiff_t>(count), [&](std::ptrdiff_t index) {
    const auto i = static_cast<std::size_t>(index);
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < count; ++j) {
      if (j == i) continue;
      double sum = 0.0;
      for (std::size_t value = 0; value < size; ++value) {
        const double difference =
            static_cast<double>(samples[i * size + value]) - static_cast<double>(samples[j * size + value]);
        sum += difference * difference;
      }
      least = std::min(least, sum);
    }
    nearest[i] = std::sqrt(least / static_cast<double>(size));
  });
  return std::accumulate(nearest.begin(), nearest.end(), 0.0) / static_cast<double>(count);
}

} // namespace detail

/// Of frames or films @p samples against @p real ones, both [count, ...]. More samples see collapse to more modes: 64
/// are enough for a look while training goes on. Throws Error unless there are at least two of each, all finite.
[[nodiscard]] inline Diversity diversity(std::span<const float> samples, std::span<const float> real, int count) {
  require(samples.size() == real.size(), "diversity compares as many samples as real ones, got ", samples.size(),
          " and ", real.size(), " values");
  for (const auto set : {samples, real})
    for (const float value : set) require(std::isfinite(value), "expected samples of finite values, got ", value);
  const double spread = pixel_spread(samples, count), real_spread = pixel_spread(real, count);
  const auto sample_count = static_cast<std::size_t>(count);
  const double nearest = detail::mean_nearest_distance(samples, sample_count),
               real_nearest = detail::mean_nearest_distance(real, sample_count);
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  return {real_spread > 0.0 ? spread / real_spread : unknown, real_nearest > 0.0 ? nearest / real_nearest : unknown};
}

/// Below these, a generator has collapsed. Runs of bouncing balls that went well ended at a spread of 0.92 to 1.1 and
/// nearest samples at 0.37 to 1.3; those that drew one picture always at 0.02 to 0.15 in both, as untrained generators
/// do.
inline constexpr double collapsed_spread = 0.3, collapsed_nearest = 0.15;

/// Whether samples are so much more alike than real ones that the generator has collapsed, or was not trained yet.
[[nodiscard]] inline bool is_collapsed(const Diversity& found) {
  return found.spread < collapsed_spread || found.nearest < collapsed_nearest;
}

/// What to tell whoever trains, where is_collapsed(): what was measured in the stage named @p stage, what is usual, and
/// where to read on.
[[nodiscard]] inline std::string collapse_warning(std::string_view stage, const Diversity& found) {
  const bool all_alike = found.spread < collapsed_spread;
  const std::string samples = stage == "sequences" ? "films" : "frames";
  return "The generator has collapsed in stage " + std::string(stage) + ": its " + samples +
         (all_alike ? " are nearly all alike, their pixels spread " + fixed_text(found.spread, 2)
                    : " are a few again and again, the nearest two " + fixed_text(found.nearest, 2)) +
         (all_alike ? " times as far as real ones' (usual: 0.9 to 1.1)."
                    : " times as far apart as real ones (usual: 0.4 to 1.3).") +
         " docs/troubleshooting.md says what helps.";
}

/// Says once that a generator has collapsed, and again only where it had recovered.
class CollapseWatch {
public:
  /// The warning, where @p found is the second measurement in a row of stage @p stage that is_collapsed(), and none was
  /// given since one that is not. The first samples of a stage are all alike, since a generator that has not been
  /// trained draws about the same always: measure after a tenth of its steps.
  [[nodiscard]] std::optional<std::string> note(std::string_view stage, const Diversity& found) {
    if (stage != stage_) {
      stage_ = stage;
      in_a_row_ = 0;
    }
    in_a_row_ = is_collapsed(found) ? in_a_row_ + 1 : 0;
    if (in_a_row_ != 2) return {};
    return collapse_warning(stage, found);
  }

private:
  std::string stage_;
  std::uint64_t in_a_row_ = 0;
};

} // namespace zoetrope
