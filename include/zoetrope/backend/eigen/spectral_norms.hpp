/// @file
/// The bound on spectral norms of members' matrices, by power iteration. Parts of the rows are worked on side by side
/// and their sums added in order, so that results do not depend on the number of threads.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

template <class Scalar>
Scalar dot_product(std::ptrdiff_t count, const Scalar* a, const Scalar* b) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  P sum = pset1<P>(Scalar(0));
  Scalar rest = 0;
  for_lanes<Scalar>(count, [&]<class Lane>(std::ptrdiff_t i) {
    const Lane product = pmul(ploadu<Lane>(a + i), ploadu<Lane>(b + i));
    if constexpr (std::is_same_v<Lane, Scalar>)
      rest += product;
    else
      sum = padd(sum, product);
  });
  return predux(sum) + rest;
}

/// to <- to + factor * from.
template <class Scalar>
void add_multiple(std::ptrdiff_t count, Scalar factor, const Scalar* from, Scalar* to) {
  using namespace Eigen::internal;
  for_lanes<Scalar>(count, [&]<class Lane>(std::ptrdiff_t i) {
    pstoreu(to + i, padd(ploadu<Lane>(to + i), pmul(pset1<Lane>(factor), ploadu<Lane>(from + i))));
  });
}

/// Puts the direction of @p product into @p vector, or leaves that where there is none: of a matrix of zeros.
template <class Scalar>
void take_direction(std::ptrdiff_t count, const Scalar* product, Scalar* vector) {
  double squares = 0;
  for (std::ptrdiff_t i = 0; i < count; ++i) squares += double{product[i]} * double{product[i]};
  const double length = std::sqrt(squares);
  if (!(length > 0) || !std::isfinite(length)) return;
  for (std::ptrdiff_t i = 0; i < count; ++i) vector[i] = static_cast<Scalar>(product[i] / length);
}

} // namespace detail

/// Of each member's matrix W [taps * rows][columns] of @p block, with its vector v [columns]: v <- W'W v / |W'W v|, and
/// where s = |W v| is above the bound, W <- bound / s W.
template <class Scalar>
void bound_spectral_norms(Workspace<Scalar>& workspace, int members, const ParameterBlock& block, double bound,
                          Scalar* weights, Scalar* vectors) {
  const std::ptrdiff_t rows = block.taps * block.rows, columns = block.columns;
  const Parts parts = cut(rows, members);
  const std::ptrdiff_t tasks = members * parts.count;
  Scalar* products =
      workspace.get(Workspace<Scalar>::products, static_cast<std::size_t>(tasks * columns + tasks)); // of each part
  Scalar* norms = products + tasks * columns;
  const auto for_parts = [&](const auto& body) {
    parallel_for(tasks, [&](std::ptrdiff_t task) {
      const std::ptrdiff_t member = task / parts.count, part = task % parts.count;
      body(task, member, weights + (member * rows + parts.begin(part)) * columns, parts.end(part) - parts.begin(part));
    });
  };
  for_parts([&](std::ptrdiff_t task, std::ptrdiff_t member, const Scalar* row, std::ptrdiff_t count) {
    Scalar* product = products + task * columns;
    std::fill_n(product, columns, Scalar(0));
    for (const Scalar* end = row + count * columns; row != end; row += columns)
      detail::add_multiple(columns, detail::dot_product(columns, row, vectors + member * columns), row, product);
  });
  parallel_for(members, [&](std::ptrdiff_t member) {
    Scalar* sum = products + member * parts.count * columns;
    for (std::ptrdiff_t part = 1; part < parts.count; ++part) add_values(columns, sum + part * columns, sum);
    detail::take_direction(columns, sum, vectors + member * columns);
  });
  for_parts([&](std::ptrdiff_t task, std::ptrdiff_t member, const Scalar* row, std::ptrdiff_t count) {
    double squares = 0;
    for (const Scalar* end = row + count * columns; row != end; row += columns) {
      const double value = detail::dot_product(columns, row, vectors + member * columns);
      squares += value * value;
    }
    norms[task] = static_cast<Scalar>(std::sqrt(squares));
  });
  for_parts([&](std::ptrdiff_t, std::ptrdiff_t member, Scalar* row, std::ptrdiff_t count) {
    double squares = 0;
    for (std::ptrdiff_t part = 0; part < parts.count; ++part) {
      const double norm = norms[member * parts.count + part];
      squares += norm * norm;
    }
    const double norm = std::sqrt(squares);
    // What is no number any more is for others to report.
    if (norm > bound && std::isfinite(norm)) scale(count * columns, static_cast<Scalar>(bound / norm), row);
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
