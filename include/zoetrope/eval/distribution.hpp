/// @file
/// How far two samples are from being draws of the same distribution.
#pragma once

#include "zoetrope/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace zoetrope {

namespace detail {

inline void require_finite(std::span<const double> values) {
  for (const double value : values) require(std::isfinite(value), "expected finite values, got ", value);
}

/// |a - b|^2.
inline double square_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

} // namespace detail

/// The Wasserstein-1 distance of two samples of numbers, which may differ in size: the area between their distribution
/// functions, in the numbers' unit. Throws Error if a sample is empty or a value is not finite.
[[nodiscard]] inline double wasserstein_1(std::vector<double> a, std::vector<double> b) {
  require(!a.empty() && !b.empty(), "a distance of samples takes at least 1 value in each, got ", a.size(), " and ",
          b.size());
  detail::require_finite(a);
  detail::require_finite(b);
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  // From one value of either sample to the next, both distribution functions are constant.
  double area = 0.0, last = std::min(a.front(), b.front());
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool from_a = j == b.size() || (i < a.size() && a[i] <= b[j]);
    const double value = from_a ? a[i] : b[j];
    const double share_a = static_cast<double>(i) / static_cast<double>(a.size());
    const double share_b = static_cast<double>(j) / static_cast<double>(b.size());
    area += std::abs(share_a - share_b) * (value - last);
    last = value;
    ++(from_a ? i : j);
  }
  return area;
}

struct DensityAndCoverage {
  double density = 0.0;  ///< How deep generated samples lie among real ones; 1 where they are real, from 0 up.
  double coverage = 0.0; ///< The share of real samples with a generated one in their neighbourhood.
};

/// Density and coverage of @p generated [n, dimensions] against @p real [m, dimensions] (Naeem et al. 2020): the
/// neighbourhood of a real sample reaches as far as its @p neighbours-th nearest real one, Euclid's distance. Density
/// is the number of neighbourhoods a generated sample lies in, averaged, over @p neighbours. Of two real sets of one
/// size, about 1 - 2^-neighbours is covered. No generated samples cover nothing. Throws Error unless there are more
/// real samples than @p neighbours >= 1, and all rows are whole and finite.
[[nodiscard]] inline DensityAndCoverage density_and_coverage(std::span<const double> generated,
                                                             std::span<const double> real, std::size_t dimensions,
                                                             int neighbours = 5) {
  require(dimensions >= 1 && generated.size() % dimensions == 0 && real.size() % dimensions == 0,
          "expected samples of ", dimensions, " numbers, got ", generated.size(), " and ", real.size(), " numbers");
  const std::size_t real_count = real.size() / dimensions, generated_count = generated.size() / dimensions;
  require(neighbours >= 1 && real_count > static_cast<std::size_t>(neighbours), "expected more real samples than ",
          neighbours, " neighbours, and at least 1 neighbour, got ", real_count, " samples");
  detail::require_finite(generated);
  detail::require_finite(real);

  double inside = 0.0, covered = 0.0;
  std::vector<double> distances;
  for (std::size_t i = 0; i < real_count; ++i) {
    const auto centre = real.subspan(i * dimensions, dimensions);
    distances.clear();
    for (std::size_t j = 0; j < real_count; ++j)
      if (j != i) distances.push_back(detail::square_distance(centre, real.subspan(j * dimensions, dimensions)));
    const auto farthest = distances.begin() + neighbours - 1;
    std::ranges::nth_element(distances, farthest);
    std::size_t within = 0;
    for (std::size_t j = 0; j < generated_count; ++j)
      within += detail::square_distance(centre, generated.subspan(j * dimensions, dimensions)) <= *farthest;
    inside += static_cast<double>(within);
    covered += within > 0 ? 1.0 : 0.0;
  }
  const double most = static_cast<double>(neighbours) * static_cast<double>(std::max<std::size_t>(generated_count, 1));
  return {inside / most, covered / static_cast<double>(real_count)};
}

} // namespace zoetrope
