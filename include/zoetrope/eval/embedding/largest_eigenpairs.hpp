/// @file
/// The largest eigenvalues of a symmetric matrix, without the others.
#pragma once

#include "zoetrope/core/random.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <cstdint>

namespace zoetrope::detail {

/// Eigenvalues, the largest first, and an orthonormal eigenvector in each column.
struct Eigenpairs {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};

/// Decomposes the whole of @p matrix and keeps the @p count algebraically largest eigenvalues.
inline Eigenpairs largest_of_all_eigenpairs(const Eigen::MatrixXd& matrix, Eigen::Index count) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> all(matrix); // in rising order
  return {all.eigenvalues().tail(count).reverse(), all.eigenvectors().rightCols(count).rowwise().reverse()};
}

/// Makes the columns of @p vectors orthonormal, and orthogonal to those of @p basis. Twice is enough for rounding
/// (Kahan's rule), and gives columns that vanish another direction.
inline void orthonormalise(const Eigen::Ref<const Eigen::MatrixXd>& basis, Eigen::MatrixXd& vectors) {
  for (int pass = 0; pass < 2; ++pass) {
    vectors -= basis * (basis.transpose() * vectors).eval();
    vectors = Eigen::HouseholderQR<Eigen::MatrixXd>(vectors).householderQ() *
              Eigen::MatrixXd::Identity(vectors.rows(), vectors.cols());
  }
}

/// The @p count algebraically largest eigenvalues of the symmetric matrix [@p size][@p size] whose product with a
/// matrix of few columns @p multiply gives. A block Lanczos method with restarts (a single vector would find one
/// eigenvector of a repeated eigenvalue), the Rayleigh-Ritz way: the basis grows by the residuals until those of the
/// wanted vectors are at most 1e-11 of the largest eigenvalue's magnitude. Small matrices, and those that still have
/// larger residuals after @p max_steps, are decomposed as a whole, which takes size³.
template <class Multiply>
Eigenpairs largest_eigenpairs(Eigen::Index size, Eigen::Index count, const Multiply& multiply, int max_steps = 400) {
  // A few more vectors than wanted: their eigenvalues are what the wanted ones must be told from.
  const Eigen::Index block = count + 6, most = 16 * block;
  const auto whole = [&] { return largest_of_all_eigenpairs(multiply(Eigen::MatrixXd::Identity(size, size)), count); };
  if (size <= 2 * most) return whole();

  Eigen::MatrixXd basis(size, most), image(size, most); // image = matrix * basis
  Eigen::MatrixXd added(size, block);
  RandomStream(0, Stream::evaluation).fill_normal(0, added.data(), static_cast<std::uint64_t>(added.size()));
  Eigen::Index used = 0;
  for (int step = 0; step < max_steps; ++step) {
    orthonormalise(basis.leftCols(used), added);
    basis.middleCols(used, block) = added;
    image.middleCols(used, block) = multiply(added);
    used += block;

    const Eigen::MatrixXd projected = basis.leftCols(used).transpose() * image.leftCols(used);
    const Eigenpairs inner = largest_of_all_eigenpairs(projected, std::min(used, most / 2));
    const auto leading = inner.vectors.leftCols(block);
    const Eigen::MatrixXd vectors = basis.leftCols(used) * leading;
    added = image.leftCols(used) * leading - vectors * inner.values.head(block).asDiagonal();
    if (added.leftCols(count).colwise().norm().maxCoeff() <= 1e-11 * inner.values.cwiseAbs().maxCoeff())
      return {inner.values.head(count), vectors.leftCols(count)};

    if (used == most) { // go on from the better half
      const Eigen::Index kept = most / 2;
      basis.leftCols(kept) = (basis * inner.vectors).eval();
      image.leftCols(kept) = (image * inner.vectors).eval();
      used = kept;
    }
  }
  return whole();
}

} // namespace zoetrope::detail
