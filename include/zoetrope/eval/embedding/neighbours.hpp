/// @file
/// The nearest neighbours of every point among the others: exact, by comparing all pairs. Opt-in, not in the umbrella.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/parallel.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace zoetrope {

/// Points to measure distances between.
class PointCloud {
public:
  /// The most points that squared_distances() takes at once: few enough to stay in cache while many others are measured
  /// from them.
  static constexpr int block = 256;

  /// Copies @p points [point][@p dimension]. Throws Error if the values make no whole points or are not finite.
  PointCloud(std::span<const float> points, int dimension) {
    require(dimension >= 1, "expected points of at least 1 coordinate, got a dimension of ", dimension);
    const auto width = static_cast<std::size_t>(dimension);
    require(points.size() % width == 0, "expected points of ", dimension, " coordinates, got ", points.size(),
            " values");
    require(points.size() / width <= std::size_t{std::numeric_limits<int>::max()}, "expected at most ",
            std::numeric_limits<int>::max(), " points, got ", points.size() / width);
    for (std::size_t i = 0; i < points.size(); ++i)
      require(std::isfinite(points[i]), "expected finite coordinates, got ", points[i], " in point ", i / width,
              ", coordinate ", i % width);
    using Rows = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto count = static_cast<Eigen::Index>(points.size() / width);
    coordinates_ = Eigen::Map<const Rows>(points.data(), count, dimension).cast<double>();
  }

  [[nodiscard]] int count() const { return static_cast<int>(coordinates_.rows()); }

  /// Writes the squared Euclidean distances from @p point to the points @p first to @p first + @p others - 1, at most
  /// #block of them, to @p out. They are sums of squared differences, so equal points are exactly 0 apart; the quicker
  /// |a|² - 2ab + |b|² would leave rounding there.
  void squared_distances(int point, int first, int others, double* out) const {
    Eigen::Map<Eigen::Array<double, Eigen::Dynamic, 1, 0, block, 1>> squared(out, others);
    squared.setZero();
    for (Eigen::Index i = 0; i < coordinates_.cols(); ++i)
      squared += (coordinates_.col(i).segment(first, others) - coordinates_(point, i)).square();
  }

private:
  Eigen::ArrayXXd coordinates_; // [point][coordinate], by coordinate, so that the sums run along vectors of points
};

/// The neighbours of n points, nearest first.
struct NearestNeighbours {
  int count = 0;                 ///< Neighbours of each point.
  std::vector<int> indices;      ///< [n][count]
  std::vector<double> distances; ///< [n][count], Euclidean.

  /// The neighbours of one point.
  [[nodiscard]] std::span<const int> of(int point) const {
    const auto width = static_cast<std::size_t>(count);
    return std::span(indices).subspan(static_cast<std::size_t>(point) * width, width);
  }
};

/// The @p count nearest others of every point. Of equally near points the first are taken; a point is not its own
/// neighbour, but an equal one may be. Throws Error unless @p count is positive and there are more points than that.
[[nodiscard]] inline NearestNeighbours nearest_neighbours(const PointCloud& cloud, int count) {
  require(count >= 1, "expected at least 1 neighbour, got ", count);
  const int points = cloud.count();
  require(points > count, "expected more points than the ", count, " neighbours of each, got ", points);

  const auto width = static_cast<std::size_t>(count);
  const std::size_t size = static_cast<std::size_t>(points) * width;
  NearestNeighbours result{count, std::vector<int>(size, -1),
                           std::vector<double>(size, std::numeric_limits<double>::infinity())};

  // Others come in the order of their indices and move up only past what is farther: ties leave the first in front.
  const auto insert = [&](int point, int other, double squared) {
    const std::size_t row = static_cast<std::size_t>(point) * width;
    std::size_t index = row + width - 1;
    if (!(squared < result.distances[index])) return;
    for (; index > row && squared < result.distances[index - 1]; --index) {
      result.distances[index] = result.distances[index - 1];
      result.indices[index] = result.indices[index - 1];
    }
    result.distances[index] = squared;
    result.indices[index] = other;
  };

  constexpr int group = 64; // points of one task, all measured against a block while it is in cache
  parallel_for((points + group - 1) / group, [&](std::ptrdiff_t task) {
    const int begin = static_cast<int>(task) * group, end = std::min(begin + group, points);
    std::array<double, PointCloud::block> squared;
    for (int first = 0; first < points; first += PointCloud::block) {
      const int others = std::min(PointCloud::block, points - first);
      for (int point = begin; point < end; ++point) {
        cloud.squared_distances(point, first, others, squared.data());
        for (int i = 0; i < others; ++i)
          if (first + i != point) insert(point, first + i, squared[static_cast<std::size_t>(i)]);
      }
    }
  });
  for (double& distance : result.distances) distance = std::sqrt(distance);
  return result;
}

} // namespace zoetrope
