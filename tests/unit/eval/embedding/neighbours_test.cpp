#include "zoetrope/eval/embedding/neighbours.hpp"

#include "support/numbers.hpp"
#include "zoetrope/eval/embedding/neighbour_graph.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

using namespace zoetrope;

namespace {

double distance(const std::vector<float>& points, int dimension, int first, int second) {
  double squares = 0;
  for (int i = 0; i < dimension; ++i)
    squares += std::pow(static_cast<double>(points[static_cast<std::size_t>(first * dimension + i)]) -
                            static_cast<double>(points[static_cast<std::size_t>(second * dimension + i)]),
                        2);
  return std::sqrt(squares);
}

} // namespace

TEST_CASE("nearest neighbours are those that sorting all distances finds") {
  struct Case {
    int count, dimension, neighbours;
  };
  for (const Case size : {Case{600, 5, 6}, {257, 1, 3}, {64, 33, 63}, {2, 1, 1}}) {
    const int count = size.count, dimension = size.dimension, neighbours = size.neighbours;
    CAPTURE(count);
    const auto points = support::normals<float>(count * dimension, 3);
    const auto found = nearest_neighbours(PointCloud(points, dimension), neighbours);
    REQUIRE(std::ssize(found.indices) == count * neighbours);
    std::vector<std::pair<double, int>> others;
    bool same = true;
    double error = 0;
    for (int point = 0; point < count; ++point) {
      others.clear();
      for (int other = 0; other < count; ++other)
        if (other != point) others.emplace_back(distance(points, dimension, point, other), other);
      std::sort(others.begin(), others.end());
      for (int i = 0; i < neighbours; ++i) {
        const auto [length, other] = others[static_cast<std::size_t>(i)];
        same = same && found.of(point)[static_cast<std::size_t>(i)] == other;
        error = std::max(error, std::abs(found.distances[static_cast<std::size_t>(point * neighbours + i)] - length));
      }
    }
    CHECK(same);
    CHECK(error < 1e-12);
  }
}

TEST_CASE("of equally near points the first are neighbours, and equal points are exactly 0 apart") {
  const auto ring = nearest_neighbours(PointCloud(std::vector<float>{1, 0, 0, 0, 0, 1, -1, 0, 0, -1}, 2), 2);
  CHECK(std::vector<int>(ring.of(1).begin(), ring.of(1).end()) == std::vector<int>{0, 2});
  std::vector<float> same;
  for (int i = 0; i < 300; ++i)
    for (const float value : {1e4f + 0.1f, -3e3f + 0.3f, 7.7f}) same.push_back(value);
  const auto found = nearest_neighbours(PointCloud(same, 3), 3);
  CHECK(std::vector<int>(found.of(299).begin(), found.of(299).end()) == std::vector<int>{0, 1, 2});
  CHECK(std::vector<int>(found.of(1).begin(), found.of(1).end()) == std::vector<int>{0, 2, 3});
  CHECK(std::all_of(found.distances.begin(), found.distances.end(), [](double value) { return value == 0.0; }));
}

TEST_CASE("path lengths are the shortest there are (Floyd and Warshall)") {
  const int count = 150, dimension = 3;
  const auto points = support::normals<float>(count * dimension, 4);
  const PointCloud cloud(points, dimension);
  const NeighbourGraph graph(cloud, 4);
  REQUIRE(graph.parts() == 1);
  std::vector<std::vector<double>> lengths(count, std::vector<double>(count, std::numeric_limits<double>::infinity()));
  const auto nearest = nearest_neighbours(cloud, 4);
  for (std::size_t i = 0; i < count; ++i) {
    lengths[i][i] = 0;
    for (const int other : nearest.of(static_cast<int>(i))) {
      const auto j = static_cast<std::size_t>(other);
      lengths[i][j] = lengths[j][i] = distance(points, dimension, static_cast<int>(i), other);
    }
  }
  for (std::size_t by = 0; by < count; ++by)
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < count; ++j) lengths[i][j] = std::min(lengths[i][j], lengths[i][by] + lengths[by][j]);

  const std::vector<int> sources{149, 0, 77};
  const auto found = graph.path_lengths(sources);
  REQUIRE(found.size() == sources.size() * count);
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == doctest::Approx(lengths[static_cast<std::size_t>(sources[i / count])][i % count]));
}

TEST_CASE("parts are joined by the shortest edge between each two") {
  // Triangles far apart; their corners a apart, the nearest ones of two triangles as below.
  const std::vector<float> points{0, 0, 1, 0, 0, 1, 10, 0, 11, 0, 10, 1, 0, 21, 1, 21, 0, 22};
  const NeighbourGraph graph(PointCloud(points, 2), 2);
  CHECK(graph.parts() == 3);
  const std::vector<int> sources{0};
  const auto lengths = graph.path_lengths(sources);
  CHECK(lengths[1] == doctest::Approx(1));
  CHECK(lengths[3] == doctest::Approx(1 + 9)); // by (1, 0)
  CHECK(lengths[4] == doctest::Approx(1 + 9 + 1));
  CHECK(lengths[6] == doctest::Approx(1 + 20)); // by (0, 1)
  CHECK(lengths[8] == doctest::Approx(1 + 20 + 1));
}
