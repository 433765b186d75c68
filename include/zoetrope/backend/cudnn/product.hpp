/// @file
/// A matrix product as a device computes it.
#pragma once

#include <cstddef>

namespace zoetrope::cudnn {

/// A row-major matrix in each of a number of members: @p stride values from row to row, @p step from member to member.
template <class Pointer>
struct Matrix {
  Pointer data;
  std::ptrdiff_t stride;
  std::ptrdiff_t step;
  bool transposed = false; ///< read as its transpose
};

/// result [rows][columns] = or, where @p accumulate, += left [rows][depth] * right [depth][columns], for each member.
struct MatrixProduct {
  std::ptrdiff_t rows, columns, depth;
  int members;
  Matrix<const float*> left, right;
  Matrix<float*> result;
  bool accumulate;
};

} // namespace zoetrope::cudnn
