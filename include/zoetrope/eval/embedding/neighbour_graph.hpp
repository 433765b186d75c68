/// @file
/// The graph of nearest neighbours and the shortest paths in it, which stand for distances along the surface that the
/// points lie on. Opt-in, not in the umbrella.
#pragma once

#include "zoetrope/core/parallel.hpp"
#include "zoetrope/eval/embedding/neighbours.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace zoetrope {

/// An undirected graph with an edge, as long as the two points are apart, between each point and its nearest
/// neighbours.
///
/// Where these edges leave the graph in several parts, each pair of parts is joined by the shortest edge possible, as
/// scikit-learn does: all points can be reached, and parts() tells that paths cross gaps.
class NeighbourGraph {
public:
  /// Throws Error unless @p neighbours is positive and there are more points than that.
  NeighbourGraph(const PointCloud& cloud, int neighbours) : points_(cloud.count()) {
    std::vector<Edge> edges = neighbour_edges(nearest_neighbours(cloud, neighbours));
    const std::vector<int> part = label_parts(edges);
    parts_ = *std::max_element(part.begin(), part.end()) + 1;
    if (parts_ > 1) join_parts(cloud, part, edges);
    sort_by_point(edges);
  }

  [[nodiscard]] int count() const { return points_; }

  /// Connected parts before they were joined; 1 is what one wants.
  [[nodiscard]] int parts() const { return parts_; }

  /// Lengths of the shortest paths from each of @p sources to every point, [source][point] (Dijkstra 1959). Computed in
  /// double; kept in float, since there are many.
  [[nodiscard]] std::vector<float> path_lengths(std::span<const int> sources) const {
    const auto width = static_cast<std::size_t>(points_);
    std::vector<float> result(sources.size() * width);
    std::vector<Workspace> workspaces(static_cast<std::size_t>(thread_count()));
    for (Workspace& workspace : workspaces) {
      workspace.lengths.resize(width);
      workspace.paths.reserve(ends_.size() + 1); // no more than one path for each end, and the first
    }
    parallel_for(std::ssize(sources), [&](std::ptrdiff_t i) {
      const auto source = static_cast<std::size_t>(i);
      Workspace& workspace = workspaces[static_cast<std::size_t>(thread_index())];
      find_paths(sources[source], workspace);
      std::transform(workspace.lengths.begin(), workspace.lengths.end(), result.data() + source * width,
                     [](double length) { return static_cast<float>(length); });
    });
    return result;
  }

private:
  struct Edge {
    int from, to;
    double length;
  };
  struct End {
    int point;
    double length;
  };
  using Path = std::pair<double, int>; // its length, and where it leads
  struct Workspace {
    std::vector<double> lengths; // the shortest so far to each point
    std::vector<Path> paths;     // a heap, the shortest in front
  };

  /// Each edge once, though both its points may be neighbours of each other.
  static std::vector<Edge> neighbour_edges(const NearestNeighbours& nearest) {
    std::vector<Edge> edges;
    edges.reserve(nearest.indices.size());
    for (std::size_t i = 0; i < nearest.indices.size(); ++i) {
      const int from = static_cast<int>(i / static_cast<std::size_t>(nearest.count)), to = nearest.indices[i];
      const auto back = nearest.of(to);
      if (from < to || std::find(back.begin(), back.end(), from) == back.end())
        edges.push_back({from, to, nearest.distances[i]});
    }
    return edges;
  }

  /// The number of each point's part, in the order of the parts' first points.
  [[nodiscard]] std::vector<int> label_parts(const std::vector<Edge>& edges) const {
    std::vector<int> parent(static_cast<std::size_t>(points_)); // forest: the root is the first point of its part
    std::iota(parent.begin(), parent.end(), 0);
    const auto root = [&](int point) {
      while (parent[static_cast<std::size_t>(point)] != point) {
        int& next = parent[static_cast<std::size_t>(point)];
        point = next = parent[static_cast<std::size_t>(next)];
      }
      return point;
    };
    for (const Edge& edge : edges) {
      const auto [first, second] = std::minmax({root(edge.from), root(edge.to)});
      parent[static_cast<std::size_t>(second)] = first;
    }
    std::vector<int> part(parent.size());
    int parts = 0;
    for (int point = 0; point < points_; ++point) {
      const int first = root(point);
      part[static_cast<std::size_t>(point)] = first == point ? parts++ : part[static_cast<std::size_t>(first)];
    }
    return part;
  }

  /// Adds the shortest edge between each two parts.
  void join_parts(const PointCloud& cloud, const std::vector<int>& part, std::vector<Edge>& edges) const {
    std::vector<std::vector<int>> members(static_cast<std::size_t>(parts_));
    for (int point = 0; point < points_; ++point)
      members[static_cast<std::size_t>(part[static_cast<std::size_t>(point)])].push_back(point);

    std::vector<std::vector<Edge>> joins(members.size()); // of each part with those before it
    for (std::size_t i = 0; i < joins.size(); ++i) joins[i].assign(i, {0, 0, std::numeric_limits<double>::infinity()});
    parallel_for(std::ssize(joins), [&](std::ptrdiff_t task) {
      const auto second = static_cast<std::size_t>(task);
      std::array<double, PointCloud::block> squared;
      for (int begin = 0; second > 0 && begin < points_; begin += PointCloud::block) {
        const int others = std::min(PointCloud::block, points_ - begin);
        for (const int from : members[second]) {
          cloud.squared_distances(from, begin, others, squared.data());
          for (int i = 0; i < others; ++i) {
            const auto first = static_cast<std::size_t>(part[static_cast<std::size_t>(begin + i)]);
            const double length = squared[static_cast<std::size_t>(i)];
            if (first < second && length < joins[second][first].length)
              joins[second][first] = {from, begin + i, length};
          }
        }
      }
    });
    for (const auto& row : joins)
      for (const Edge& join : row) edges.push_back({join.from, join.to, std::sqrt(join.length)});
  }

  /// Fills ends_ and first_end_.
  void sort_by_point(const std::vector<Edge>& edges) {
    first_end_.assign(static_cast<std::size_t>(points_) + 1, 0);
    for (const Edge& edge : edges) {
      ++first_end_[static_cast<std::size_t>(edge.from) + 1];
      ++first_end_[static_cast<std::size_t>(edge.to) + 1];
    }
    std::partial_sum(first_end_.begin(), first_end_.end(), first_end_.begin());
    ends_.resize(2 * edges.size());
    std::vector<std::size_t> next(first_end_);
    for (const Edge& edge : edges) {
      ends_[next[static_cast<std::size_t>(edge.from)]++] = {edge.to, edge.length};
      ends_[next[static_cast<std::size_t>(edge.to)]++] = {edge.from, edge.length};
    }
  }

  /// Leaves the lengths of the shortest paths from @p source in @p workspace.
  void find_paths(int source, Workspace& workspace) const {
    auto& [lengths, paths] = workspace;
    std::fill(lengths.begin(), lengths.end(), std::numeric_limits<double>::infinity());
    lengths[static_cast<std::size_t>(source)] = 0.0;
    paths.assign(1, {0.0, source});
    while (!paths.empty()) {
      std::pop_heap(paths.begin(), paths.end(), std::greater<>());
      const Path path = paths.back();
      paths.pop_back();
      const auto point = static_cast<std::size_t>(path.second);
      if (path.first > lengths[point]) continue; // a shorter one was here before
      for (std::size_t i = first_end_[point]; i < first_end_[point + 1]; ++i) {
        const double length = path.first + ends_[i].length;
        double& shortest = lengths[static_cast<std::size_t>(ends_[i].point)];
        if (!(length < shortest)) continue;
        shortest = length;
        paths.emplace_back(length, ends_[i].point);
        std::push_heap(paths.begin(), paths.end(), std::greater<>());
      }
    }
  }

  int points_;
  int parts_ = 0;
  std::vector<End> ends_;              // the other ends of each point's edges
  std::vector<std::size_t> first_end_; // where those of a point begin; one more at the end
};

} // namespace zoetrope
