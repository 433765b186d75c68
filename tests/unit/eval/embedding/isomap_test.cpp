#include "zoetrope/eval/embedding/isomap.hpp"

#include "support/error_of.hpp"
#include "support/numbers.hpp"
#include "zoetrope/io/safetensors_file.hpp"

#include <Eigen/Core>
#include <Eigen/SVD>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

using namespace zoetrope;
using test::error_of;

namespace {

using Columns = Eigen::MatrixXd; // [component][point]

Columns as_columns(std::span<const double> coordinates, int components) {
  return Eigen::Map<const Columns>(coordinates.data(), components, std::ssize(coordinates) / components);
}

/// What Procrustes leaves: the least sum of squared differences after both were centred, scaled to a sum of squares of
/// 1, and rotated, mirrored and scaled onto each other. 0 for the same figure, 1 for nothing in common.
double disparity(Columns first, Columns second) {
  for (Columns* columns : {&first, &second}) {
    columns->colwise() -= columns->rowwise().mean().eval();
    *columns /= columns->norm();
  }
  const double trace = Eigen::JacobiSVD<Eigen::MatrixXd>(first * second.transpose()).singularValues().sum();
  return 1.0 - trace * trace;
}

double disparity(const IsomapEmbedding& found, const Columns& expected) {
  return disparity(as_columns(found.coordinates, found.components), expected);
}

double correlation(Eigen::VectorXd first, Eigen::VectorXd second) {
  first.array() -= first.mean();
  second.array() -= second.mean();
  return first.dot(second) / (first.norm() * second.norm());
}

/// What is wrong with the points or settings, as isomap() says it; nothing where it has no complaint.
std::string complaint(const std::vector<float>& points, int dimension, const IsomapSettings& settings = {}) {
  try {
    static_cast<void>(isomap(points, dimension, settings));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

struct ScikitLearn {
  std::vector<float> points;
  int dimension, components;
  Columns coordinates;
  std::vector<double> eigenvalues;
};

ScikitLearn scikit_learn(const std::string& name) {
  const SafetensorsFile file(std::string(ZOETROPE_FIXTURES) + "/isomap.safetensors");
  const auto points = file.tensor<float>(name + ".points");
  const auto eigenvalues = file.tensor<double>(name + ".eigenvalues");
  const int components = static_cast<int>(eigenvalues.size());
  return {{points.begin(), points.end()},
          static_cast<int>(file.shape(name + ".points")[1]),
          components,
          as_columns(file.tensor<double>(name + ".coordinates"), components),
          {eigenvalues.begin(), eigenvalues.end()}};
}

/// A sheet rolled up in space, and the same sheet flat: (arc length, height).
struct SwissRoll {
  std::vector<float> points;
  Columns sheet;
};

SwissRoll swiss_roll(int count) {
  SwissRoll roll{{}, Columns(2, count)};
  const RandomStream random(7, Stream::user);
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const double angle = 1.5 * std::numbers::pi * (1.0 + 2.0 * random.uniform(2 * index));
    const double height = 20.0 * random.uniform(2 * index + 1);
    for (const double value : {angle * std::cos(angle), height, angle * std::sin(angle)})
      roll.points.push_back(static_cast<float>(value));
    roll.sheet.col(i) << 0.5 * (angle * std::sqrt(1.0 + angle * angle) + std::asinh(angle)), height;
  }
  return roll;
}

} // namespace

TEST_CASE("units for different processors are refused") {
  CHECK(error_of([] {
          detail::require_one_instruction_set({"avx2_fma", "sse2"});
        }) ==
        "isomap() expected all units of the program that include it to be compiled for one kind of processor, got "
        "avx2_fma, sse2");
  CHECK(error_of([] { detail::require_one_instruction_set(detail::isomap_instruction_sets()); }).empty());
}

TEST_CASE("the measure of agreement knows what it should: rotation, reflection and scale, and nothing else") {
  const Columns figure = as_columns(support::normals(40, 1), 2);
  Eigen::Matrix2d mirror;
  mirror << -0.6, 0.8, 0.8, 0.6;
  CHECK(std::abs(disparity(figure, ((3.0 * mirror) * figure).colwise() + Eigen::Vector2d(1, 2))) < 1e-12);
  Columns moved = figure;
  moved(0, 3) += 0.1;
  CHECK(disparity(figure, moved) > 1e-5);
  CHECK(disparity(figure, as_columns(support::normals(40, 2), 2)) > 0.5);
}

TEST_CASE("points on a bent wire are laid out along it") {
  // Two sides of a square, a step of 1 along it each time, in space and out of order.
  const std::vector<float> wire{0, 0, 5, 4, 1, 5, 1, 0, 5, 3, 0, 5, 4, 0, 5, 4, 2, 5, 2, 0, 5, 4, 3, 5, 4, 4, 5};
  const std::vector<double> along{0, 5, 1, 3, 4, 6, 2, 7, 8};
  const IsomapEmbedding found = isomap(wire, 3, {.neighbours = 2});
  const Columns columns = as_columns(found.coordinates, 2);
  const double sign = columns(0, 0) < 0 ? 1 : -1;
  for (int i = 0; i < 9; ++i) {
    CHECK(sign * columns(0, i) == doctest::Approx(along[static_cast<std::size_t>(i)] - 4));
    CHECK(columns(1, i) == 0.0);
  }
  CHECK(found.components == 2);
  CHECK(found.parts == 1);
  CHECK(found.eigenvalues[0] == doctest::Approx(60)); // 2 (1 + 4 + 9 + 16)
  CHECK(found.eigenvalues[1] == 0.0);
  CHECK(found.landmarks == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(found.residual_variance < 1e-12);
}

TEST_CASE("few components of many show the largest extents, in the units of the points") {
  // A cross in four dimensions, its arms 4, 3, 2 and 1 long: with all others as neighbours, paths are straight lines.
  std::vector<float> cross;
  for (int axis = 0; axis < 4; ++axis)
    for (const int sign : {1, -1})
      for (int i = 0; i < 4; ++i) cross.push_back(i == axis ? static_cast<float>(sign * (4 - axis)) : 0.0f);
  const IsomapEmbedding found = isomap(cross, 4, {.neighbours = 7, .components = 3});
  CHECK(found.eigenvalues[0] == doctest::Approx(2 * 16));
  CHECK(found.eigenvalues[1] == doctest::Approx(2 * 9));
  CHECK(found.eigenvalues[2] == doctest::Approx(2 * 4));
  for (int i = 0; i < 8; ++i)
    for (int component = 0; component < 3; ++component) {
      const double expected = i / 2 == component ? 4 - component : 0;
      CHECK(std::abs(found.coordinates[static_cast<std::size_t>(3 * i + component)]) == doctest::Approx(expected));
    }
  CHECK(found.coordinates[0] == doctest::Approx(-found.coordinates[3]));
  CHECK(found.residual_variance > 0.001); // the fourth
  CHECK(found.residual_variance < 0.1);
  CHECK(isomap(cross, 4, {.neighbours = 7, .components = 4}).residual_variance < 1e-12);
}

TEST_CASE("isomap unrolls a Swiss roll") {
  const SwissRoll roll = swiss_roll(1000);
  for (const int exact_up_to : {1000, 999}) {
    CAPTURE(exact_up_to);
    const IsomapEmbedding found = isomap(roll.points, 3, {.exact_up_to = exact_up_to, .landmarks = 200});
    CHECK(found.landmarks.size() == (exact_up_to == 1000 ? 1000 : 200));
    const Columns columns = as_columns(found.coordinates, 2);
    CHECK(std::abs(correlation(columns.row(0), roll.sheet.row(0))) > 0.999);
    CHECK(std::abs(correlation(columns.row(1), roll.sheet.row(1))) > 0.98);
    CHECK(disparity(found, roll.sheet) < 0.005);
    CHECK(found.residual_variance < 0.005);
    CHECK(found.parts == 1);
    CHECK(columns.rowwise().mean().norm() < 1e-9);
  }
  // Seen from the side, as straight distances would have it, the roll is no sheet.
  const SwissRoll small = swiss_roll(300);
  CHECK(disparity(isomap(small.points, 3, {.neighbours = 299}), small.sheet) > 0.5);
}

TEST_CASE("landmarks are spread out, and no point is one twice") {
  // The ends, the middle, then the middles of the halves, and so on; 9 is a second 8.
  const std::vector<float> line{0, 1, 2, 3, 4, 5, 6, 7, 8, 8};
  IsomapSettings settings{.neighbours = 2, .components = 1, .exact_up_to = 9, .landmarks = 5};
  const IsomapEmbedding found = isomap(line, 1, settings);
  CHECK(found.landmarks == std::vector<int>{0, 8, 4, 2, 6});
  for (std::size_t i = 0; i < line.size(); ++i)
    CHECK(std::abs(found.coordinates[i] - found.coordinates[0]) == doctest::Approx(line[i]));
  settings.landmarks = 9;
  CHECK(isomap(line, 1, settings).landmarks == std::vector<int>{0, 8, 4, 2, 6, 1, 3, 5, 7});
  settings.landmarks = 10;
  CHECK(isomap(line, 1, settings).landmarks == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  // Copies are landmarks only once nothing else is left.
  settings = {.neighbours = 2, .components = 1, .exact_up_to = 0, .landmarks = 4};
  CHECK(isomap(std::vector<float>{0, 0, 0, 3, 3}, 1, settings).landmarks == std::vector<int>{0, 3, 1, 2});
}

TEST_CASE("isomap agrees with scikit-learn's") {
  for (const std::string name : {"roll", "latents", "islands"}) {
    CAPTURE(name);
    const ScikitLearn expected = scikit_learn(name);
    IsomapSettings settings{.components = expected.components};
    const IsomapEmbedding exact = isomap(expected.points, expected.dimension, settings);
    CHECK(disparity(exact, expected.coordinates) <= 1e-6);
    for (std::size_t i = 0; i < expected.eigenvalues.size(); ++i)
      CHECK(exact.eigenvalues[i] == doctest::Approx(expected.eigenvalues[i]).epsilon(1e-6));
    CHECK(exact.parts == (name == "islands" ? 3 : 1));

    settings.exact_up_to = 0;
    settings.landmarks = 100;
    const IsomapEmbedding approximate = isomap(expected.points, expected.dimension, settings);
    CHECK(approximate.landmarks.size() == 100);
    CHECK(disparity(approximate, expected.coordinates) <= 0.02);
    CHECK(disparity(approximate, expected.coordinates) > 1e-6); // else they would not have been used
    const double size = as_columns(exact.coordinates, expected.components).norm();
    CHECK(size == doctest::Approx(expected.coordinates.norm()).epsilon(1e-6));
    CHECK(as_columns(approximate.coordinates, expected.components).norm() == doctest::Approx(size).epsilon(0.1));
    settings.landmarks = std::numeric_limits<int>::max();
    CHECK(isomap(expected.points, expected.dimension, settings).coordinates == exact.coordinates);
  }
}

TEST_CASE("isomap gives the same bytes on any number of threads") {
  const int threads = thread_count();
  const ScikitLearn roll = scikit_learn("roll"), islands = scikit_learn("islands");
  for (const int exact_up_to : {500, 0}) {
    CAPTURE(exact_up_to);
    const IsomapSettings settings{.exact_up_to = exact_up_to, .landmarks = 120};
    set_thread_count(1);
    const IsomapEmbedding one = isomap(roll.points, 3, settings), one_joined = isomap(islands.points, 4, settings);
    for (const int count : {2, 5}) {
      set_thread_count(count);
      const IsomapEmbedding many = isomap(roll.points, 3, settings);
      CHECK(many.coordinates == one.coordinates);
      CHECK(many.eigenvalues == one.eigenvalues);
      CHECK(many.landmarks == one.landmarks);
      CHECK(many.residual_variance == one.residual_variance);
      CHECK(isomap(islands.points, 4, settings).coordinates == one_joined.coordinates);
    }
  }
  set_thread_count(threads);
}

TEST_CASE("parts of the graph are counted, and joined where they are nearest") {
  // Three pairs on a line: 0 1, 4 5, 10 11. The shortest path is the line itself.
  const std::vector<float> line{0, 1, 4, 5, 10, 11};
  const IsomapEmbedding found = isomap(line, 1, {.neighbours = 1, .components = 1});
  CHECK(found.parts == 3);
  for (std::size_t i = 0; i < line.size(); ++i)
    for (std::size_t j = 0; j < line.size(); ++j)
      CHECK(std::abs(found.coordinates[i] - found.coordinates[j]) == doctest::Approx(std::abs(line[i] - line[j])));
  CHECK(isomap(line, 1, {.neighbours = 2, .components = 1}).parts == 1);
}

TEST_CASE("equal points do no harm") {
  // Every point of a circle four times, so that its three neighbours are copies: as many parts as points differ.
  std::vector<float> circle;
  for (int copy = 0; copy < 4; ++copy)
    for (int i = 0; i < 20; ++i)
      for (const double value : {std::cos(i * std::numbers::pi / 10), std::sin(i * std::numbers::pi / 10)})
        circle.push_back(static_cast<float>(value));
  for (const int exact_up_to : {80, 0}) {
    CAPTURE(exact_up_to);
    const IsomapEmbedding found = isomap(circle, 2, {.neighbours = 3, .exact_up_to = exact_up_to, .landmarks = 40});
    CHECK(found.parts == 20);
    for (std::size_t i = 0; i < circle.size(); ++i) {
      REQUIRE(std::isfinite(found.coordinates[i]));
      CHECK(found.coordinates[i] == doctest::Approx(found.coordinates[i % 40]));
    }
    // Parts are joined by straight lines, so this is the circle itself.
    const std::vector<double> expected(circle.begin(), circle.end());
    CHECK(disparity(found, as_columns(expected, 2)) < 1e-9);
  }
  const IsomapEmbedding one_point = isomap(std::vector<float>(900, 0.5f), 3);
  CHECK(one_point.coordinates == std::vector<double>(600, 0.0));
  CHECK(one_point.eigenvalues == std::vector<double>{0.0, 0.0});
  CHECK(one_point.residual_variance == 0.0);
  CHECK(one_point.parts == 1);
}

TEST_CASE("the fewest points possible") {
  const IsomapEmbedding two = isomap(std::vector<float>{3, 8}, 1, {.neighbours = 1, .components = 1});
  CHECK(std::abs(two.coordinates[0]) == doctest::Approx(2.5));
  CHECK(two.coordinates[0] == doctest::Approx(-two.coordinates[1]));
  CHECK(isomap(support::normals<float>(7 * 5, 1), 5).coordinates.size() == 14);
}

TEST_CASE("isomap says what is wrong with its points") {
  auto points = support::normals<float>(30, 1);
  CHECK(complaint(points, 5) == "expected more points than the 6 neighbours of each, got 6");
  CHECK(complaint({}, 5) == "expected more points than the 2 components, got 0");
  CHECK(complaint(points, 3, {.components = 10}) == "expected more points than the 10 components, got 10");
  CHECK(complaint(points, 4) == "expected points of 4 coordinates, got 30 values");
  CHECK(complaint(points, 0) == "expected points of at least 1 coordinate, got a dimension of 0");
  CHECK(complaint(points, 3).empty());
  points[17] = std::numeric_limits<float>::quiet_NaN();
  CHECK(complaint(points, 3) == "expected finite coordinates, got nan in point 5, coordinate 2");
  points[17] = -std::numeric_limits<float>::infinity();
  CHECK(complaint(points, 3) == "expected finite coordinates, got -inf in point 5, coordinate 2");
  CHECK(complaint({-3e38f, 3e38f}, 1, {.neighbours = 1, .components = 1}) ==
        "expected distances along the graph that a float can hold");
}

TEST_CASE("isomap refuses settings that make no sense") {
  const auto points = support::normals<float>(60, 1);
  CHECK(complaint(points, 3, {.neighbours = 0}) == "expected at least 1 neighbour, got 0");
  CHECK(complaint(points, 3, {.neighbours = -2}) == "expected at least 1 neighbour, got -2");
  CHECK(complaint(points, 3, {.neighbours = 20}) == "expected more points than the 20 neighbours of each, got 20");
  CHECK(complaint(points, 3, {.neighbours = 19}).empty());
  CHECK(complaint(points, 3, {.components = 0}) == "expected at least 1 component, got 0");
  CHECK(complaint(points, 3, {.exact_up_to = -1}) == "expected a number of points to be exact up to, got -1");
  CHECK(complaint(points, 3, {.exact_up_to = 19, .landmarks = 2}) ==
        "expected more landmarks than the 2 components, got 2");
  CHECK(complaint(points, 3, {.exact_up_to = 19, .landmarks = 3}).empty());
  CHECK(complaint(points, 3, {.exact_up_to = 20, .landmarks = -1}).empty()); // not used
}
