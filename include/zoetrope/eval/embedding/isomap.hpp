/// @file
/// Isomap: lays points of many dimensions out in few, so that distances are those along the surface the points lie on
/// (figure 5 of the paper). Opt-in, not in the umbrella: it takes Eigen's eigenvalues, which compile slowly.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/eval/embedding/largest_eigenpairs.hpp"
#include "zoetrope/eval/embedding/neighbour_graph.hpp"
#include "zoetrope/eval/embedding/neighbours.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// What isomap() is told; the defaults are figure 5's.
struct IsomapSettings {
  int neighbours = 6; ///< Nearest neighbours that each point has an edge to.
  int components = 2; ///< Dimension of the result.
  /// The most points for which the result is exact. It takes 4 bytes for each pair of points: 0.6 GB for 12,000. With
  /// more points, landmarks stand for all. They come near the exact result where it is clear, so where the extents of
  /// the components differ much from one another and from the next one's.
  int exact_up_to = 12'000;
  int landmarks = 2000; ///< Points taken as landmarks; 4 bytes for each pair of a landmark and a point.
};

/// What isomap() gives: points in few dimensions, determined up to rotation and reflection.
struct IsomapEmbedding {
  std::vector<double> coordinates; ///< [point][component], with mean 0, in the units of the points.
  int components = 0;
  /// The sum of squares that each component has over the landmarks, largest first; 0 where the points do not extend
  /// that far. The coordinates of such a component are all 0.
  std::vector<double> eigenvalues;
  std::vector<int> landmarks; ///< The landmarks' indices as they were chosen: all points where the result is exact.
  /// Connected parts of the neighbour graph. Above 1, the distances between parts are guesses (see NeighbourGraph), and
  /// more neighbours are advisable.
  int parts = 0;
  /// How much of the distances along the graph the result does not show, in [0, 1]: 1 - r², r being the correlation of
  /// those distances with the result's, from landmarks to all points.
  double residual_variance = 0.0;
};

namespace detail {

/// Points and their distances along the graph from all points, [landmark][point].
struct Landmarks {
  std::vector<int> indices;
  std::vector<float> path_lengths;
};

/// The first point, then again and again the one that is farthest along the graph from all before it, the first of
/// several: @p count landmarks that leave no region out (maxmin).
inline Landmarks spread_landmarks(const NeighbourGraph& graph, int count) {
  const auto points = static_cast<std::size_t>(graph.count());
  Landmarks result;
  result.path_lengths.reserve(static_cast<std::size_t>(count) * points);
  std::vector<float> nearest(points, std::numeric_limits<float>::infinity()); // to a landmark; below 0 for landmarks
  while (std::ssize(result.indices) < count) {
    const auto farthest = std::max_element(nearest.begin(), nearest.end());
    *farthest = -1.0f;
    result.indices.push_back(static_cast<int>(farthest - nearest.begin()));
    const auto lengths = graph.path_lengths(std::span(&result.indices.back(), 1));
    for (std::size_t i = 0; i < points; ++i) nearest[i] = std::min(nearest[i], lengths[i]);
    result.path_lengths.insert(result.path_lengths.end(), lengths.begin(), lengths.end());
  }
  return result;
}

/// Every point as a landmark.
inline Landmarks all_landmarks(const NeighbourGraph& graph) {
  Landmarks result;
  result.indices.resize(static_cast<std::size_t>(graph.count()));
  std::iota(result.indices.begin(), result.indices.end(), 0);
  result.path_lengths = graph.path_lengths(result.indices);
  return result;
}

/// Distances along the graph, [point][landmark].
using PathLengths = Eigen::Ref<const Eigen::MatrixXf>;

/// How many rows or columns of the distances are squared and multiplied in one task.
inline constexpr Eigen::Index path_group = 32;

/// Largest eigenpairs of -J D J / 2, D being the squares of the distances @p among landmarks and J what takes the mean
/// out: the inner products of points that are so far apart (classical multidimensional scaling). What is not above the
/// rounding of the distances is 0.
inline Eigenpairs scale_landmarks(const PathLengths& among, int components) {
  const auto multiply = [&](const Eigen::MatrixXd& factor) {
    const Eigen::MatrixXd centred = factor.rowwise() - factor.colwise().mean();
    Eigen::MatrixXd product(factor.rows(), factor.cols());
    parallel_for((among.cols() + path_group - 1) / path_group, [&](std::ptrdiff_t task) {
      const Eigen::Index begin = task * path_group, size = std::min(path_group, among.cols() - begin);
      const Eigen::MatrixXd squared = among.middleCols(begin, size).cast<double>().cwiseAbs2();
      product.middleRows(begin, size).noalias() = -0.5 * squared.transpose() * centred;
    });
    product.rowwise() -= product.colwise().mean().eval();
    return product;
  };
  Eigenpairs result = largest_eigenpairs(among.rows(), components, multiply);
  const double negligible = 1e-7 * std::max(0.0, result.values[0]);
  for (double& eigenvalue : result.values) eigenvalue = eigenvalue > negligible ? eigenvalue : 0.0;
  return result;
}

/// Finds the @p coordinates [component][point] of all points by their distances from the landmarks, which have the
/// eigenpairs @p scaled. A component whose eigenvalue is 0 has coordinates 0.
inline void embed_points(const PathLengths& lengths, const Eigenpairs& scaled,
                         Eigen::Ref<Eigen::MatrixXd> coordinates) {
  // For a landmark this is its eigenvectors' values times the roots of the eigenvalues, but for a constant, which goes
  // with the mean.
  Eigen::MatrixXd projection = scaled.vectors.transpose();
  for (Eigen::Index i = 0; i < projection.rows(); ++i)
    projection.row(i) *= scaled.values[i] > 0.0 ? -0.5 / std::sqrt(scaled.values[i]) : 0.0;
  parallel_for((lengths.rows() + path_group - 1) / path_group, [&](std::ptrdiff_t task) {
    const Eigen::Index begin = task * path_group, size = std::min(path_group, lengths.rows() - begin);
    const Eigen::MatrixXd squared = lengths.middleRows(begin, size).cast<double>().cwiseAbs2();
    coordinates.middleCols(begin, size).noalias() = projection * squared.transpose();
  });
  coordinates.colwise() -= coordinates.rowwise().mean().eval();
}

/// IsomapEmbedding::residual_variance of @p coordinates [component][point].
inline double residual_variance(const PathLengths& lengths, const Eigen::Ref<const Eigen::MatrixXd>& coordinates,
                                std::span<const int> landmarks) {
  // For each landmark: sums of both distances, of their squares and of their product.
  Eigen::ArrayXXd sums(5, lengths.cols());
  parallel_for(lengths.cols(), [&](std::ptrdiff_t i) {
    const Eigen::Index landmark = landmarks[static_cast<std::size_t>(i)];
    double path_sum = 0.0, path_squares = 0.0, shown_sum = 0.0, shown_squares = 0.0, products = 0.0;
    for (Eigen::Index point = 0; point < lengths.rows(); ++point) {
      const double path = lengths(point, i);
      const double shown_square = (coordinates.col(point) - coordinates.col(landmark)).squaredNorm();
      const double shown = std::sqrt(shown_square);
      path_sum += path;
      path_squares += path * path;
      shown_sum += shown;
      shown_squares += shown_square;
      products += path * shown;
    }
    sums.col(i) << path_sum, path_squares, shown_sum, shown_squares, products;
  });
  const Eigen::ArrayXd mean = sums.rowwise().sum() / static_cast<double>(lengths.size());
  const double path_variance = mean[1] - mean[0] * mean[0], shown_variance = mean[3] - mean[2] * mean[2];
  if (!(path_variance > 0.0)) return 0.0;
  if (!(shown_variance > 0.0)) return 1.0;
  const double covariance = mean[4] - mean[0] * mean[2];
  return std::clamp(1.0 - covariance * covariance / (path_variance * shown_variance), 0.0, 1.0);
}

} // namespace detail

namespace detail {
/// What the program's units with this header are compiled for.
inline std::set<std::string>& isomap_instruction_sets() {
  static std::set<std::string> all;
  return all;
}
inline namespace ZOETROPE_INSTRUCTION_SET {
inline const bool isomap_noted = isomap_instruction_sets().insert(ZOETROPE_TEXT(ZOETROPE_INSTRUCTION_SET)).second;
} // namespace ZOETROPE_INSTRUCTION_SET

/// Eigen's matrices, unlike the CPU backend, are the same types whatever they are compiled for.
inline void require_one_instruction_set(const std::set<std::string>& all) {
  std::string names;
  for (const auto& name : all) names += (names.empty() ? "" : ", ") + name;
  require(all.size() == 1, "isomap() expected all units of the program that include it to be compiled for one kind of ",
          "processor, got ", names);
}
} // namespace detail

/// Isomap (Tenenbaum, de Silva and Langford 2000) of @p points [point][@p dimension]: distances are the shortest paths
/// in the graph of nearest neighbours, and classical multidimensional scaling finds the coordinates that show them
/// best. With more than IsomapSettings::exact_up_to points, only landmarks are scaled so, and the others embedded by
/// their distances from these (landmark multidimensional scaling, de Silva and Tenenbaum 2003). The same input gives
/// the same bytes on any number of threads.
///
/// Equal points are welcome, and get equal coordinates up to rounding. Throws Error for too few points (one more than
/// neighbours are needed, and one more than components), values that make no whole points, are not finite or lie
/// further apart than float can tell, nonsensical settings, and where units of the program that include this
/// header are compiled for different processors.
[[nodiscard]] inline IsomapEmbedding isomap(std::span<const float> points, int dimension,
                                            const IsomapSettings& settings = {}) {
  detail::require_one_instruction_set(detail::isomap_instruction_sets());
  const int components = settings.components;
  require(components >= 1, "expected at least 1 component, got ", components);
  require(settings.exact_up_to >= 0, "expected a number of points to be exact up to, got ", settings.exact_up_to);
  const PointCloud cloud(points, dimension);
  const int count = cloud.count();
  require(count > components, "expected more points than the ", components, " components, got ", count);
  const bool exact = count <= settings.exact_up_to || count <= settings.landmarks;
  require(exact || settings.landmarks > components, "expected more landmarks than the ", components,
          " components, got ", settings.landmarks);

  const NeighbourGraph graph(cloud, settings.neighbours);
  detail::Landmarks landmarks =
      exact ? detail::all_landmarks(graph) : detail::spread_landmarks(graph, settings.landmarks);
  const auto landmark_count = std::ssize(landmarks.indices);
  const Eigen::Map<const Eigen::MatrixXf> lengths(landmarks.path_lengths.data(), count, landmark_count);
  require(lengths.allFinite(), "expected distances along the graph that a float can hold");
  const auto scaled =
      exact ? detail::scale_landmarks(lengths, components)
            : detail::scale_landmarks(lengths(landmarks.indices, Eigen::seqN(0, landmark_count)), components);

  IsomapEmbedding result;
  result.coordinates.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(components));
  Eigen::Map<Eigen::MatrixXd> coordinates(result.coordinates.data(), components, count);
  detail::embed_points(lengths, scaled, coordinates);
  result.components = components;
  result.eigenvalues.assign(scaled.values.begin(), scaled.values.end());
  result.parts = graph.parts();
  result.residual_variance = detail::residual_variance(lengths, coordinates, landmarks.indices);
  result.landmarks = std::move(landmarks.indices);
  return result;
}

} // namespace zoetrope
