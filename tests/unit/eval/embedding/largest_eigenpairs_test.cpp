#include "zoetrope/eval/embedding/largest_eigenpairs.hpp"

#include "support/numbers.hpp"

#include <Eigen/Core>
#include <Eigen/QR>
#include <doctest/doctest.h>

#include <algorithm>

using namespace zoetrope;

namespace {

/// A symmetric matrix with these eigenvalues.
Eigen::MatrixXd matrix_of(const Eigen::VectorXd& eigenvalues) {
  const Eigen::Index size = eigenvalues.size();
  const auto values = support::normals(size * size, 1);
  const Eigen::MatrixXd turn =
      Eigen::HouseholderQR<Eigen::MatrixXd>(Eigen::Map<const Eigen::MatrixXd>(values.data(), size, size))
          .householderQ();
  return turn * eigenvalues.asDiagonal() * turn.transpose();
}

/// Checks the @p count largest of @p eigenvalues; gives how many columns were multiplied.
Eigen::Index check_largest(Eigen::VectorXd eigenvalues, Eigen::Index count, int max_steps = 400) {
  const Eigen::MatrixXd matrix = matrix_of(eigenvalues);
  std::sort(eigenvalues.begin(), eigenvalues.end(), std::greater<>());
  Eigen::Index columns = 0;
  const auto found = detail::largest_eigenpairs(
      matrix.rows(), count,
      [&](const Eigen::MatrixXd& factor) -> Eigen::MatrixXd {
        columns += factor.cols();
        return matrix * factor;
      },
      max_steps);
  REQUIRE(found.values.size() == count);
  REQUIRE(found.vectors.cols() == count);
  const double scale = std::max(1e-300, eigenvalues.cwiseAbs().maxCoeff());
  CHECK((found.values - eigenvalues.head(count)).cwiseAbs().maxCoeff() < 1e-10 * scale);
  CHECK((matrix * found.vectors - found.vectors * found.values.asDiagonal()).norm() < 1e-9 * scale);
  CHECK((found.vectors.transpose() * found.vectors - Eigen::MatrixXd::Identity(count, count)).norm() < 1e-10);
  return columns;
}

} // namespace

TEST_CASE("the largest eigenvalues of any spectrum") {
  const Eigen::Index size = 500; // large enough not to be decomposed as a whole
  Eigen::VectorXd falling(size), close(size), negative(size), repeated(size), few(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    const auto index = static_cast<double>(i);
    falling[i] = 1.0 / (1.0 + index * index);
    close[i] = 1.0 + 0.001 * index; // the gap is 0.7 % of the magnitude, so restarts are needed
    negative[i] = i % 2 == 0 ? -index : 0.3 * index;
    repeated[i] = i < 3 ? 5.0 : 2.0 - index / 1000;
    few[i] = i == 7 ? 3.0 : 0.0;
  }
  CHECK(check_largest(falling, 2) < size);
  CHECK(check_largest(close, 2) > 16 * 8);
  CHECK(check_largest(negative, 3) < 5 * size);
  CHECK(check_largest(repeated, 3) < size);
  CHECK(check_largest(few, 2) < size);
  CHECK(check_largest(Eigen::VectorXd::Zero(size), 2) < size);
}

TEST_CASE("small matrices, and those that take too long, are decomposed as a whole") {
  CHECK(check_largest(Eigen::VectorXd::LinSpaced(3, -1, 1), 3) == 3);
  CHECK(check_largest(Eigen::VectorXd::LinSpaced(256, -1, 1), 2) == 256);
  CHECK(check_largest(Eigen::VectorXd::LinSpaced(300, -1, 1), 2, 3) == 3 * 8 + 300);
}
