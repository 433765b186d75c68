/// @file
/// In which form products take their operands: as they are, or rounded to bfloat16, where the processor has
/// instructions for it two to an element.
#pragma once

#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/matrix_unit.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/backend/precision.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#ifdef ZOETROPE_BF16_INSTRUCTIONS
#include <immintrin.h>
#endif

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// The bits of the float that is nearest to @p value among those of 7 bits of mantissa, of two equally near ones that
/// whose last bit is 0. NaN stays NaN.
[[nodiscard]] constexpr std::uint32_t rounded_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return (is_nan ? bits | 0x400000u : bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
}

template <class Pair>
[[nodiscard]] constexpr Pair make_pair_of(float first, float second) {
  return static_cast<Pair>(rounded_bits(first) >> 16 | rounded_bits(second));
}

/// Matrices [rows][columns] that lie @p step values apart.
template <class Scalar>
struct Matrices {
  const Scalar* data;
  std::ptrdiff_t count, step;
  int rows, columns;
};

/// Operands as they are: an element is a term.
template <class Scalar>
struct ExactOperands {
  using Element = Scalar;
};

/// Operands rounded to bfloat16, kept and multiplied as floats: for processors that multiply nothing shorter.
struct RoundedOperands {
  using Element = float;
  static constexpr int elements(int terms) { return terms; }

  /// Copies of @p values whose sums run along their rows, behind each other, valid until @p slot is used again.
  static const float* along_rows(Workspace<float>& workspace, Workspace<float>::Slot slot,
                                 const Matrices<float>& values) {
    const std::ptrdiff_t size = std::ptrdiff_t{values.rows} * values.columns;
    float* copies = workspace.get(slot, static_cast<std::size_t>(values.count * size));
    for_all(values.count, [&](std::ptrdiff_t matrix) {
      const float* from = values.data + matrix * values.step;
      float* to = copies + matrix * size;
      for (std::ptrdiff_t i = 0; i < size; ++i) to[i] = std::bit_cast<float>(rounded_bits(from[i]));
    });
    return copies;
  }
  /// The same where the sums run down their columns.
  static const float* down_columns(Workspace<float>& workspace, Workspace<float>::Slot slot,
                                   const Matrices<float>& values) {
    return along_rows(workspace, slot, values);
  }
};

/// Operands rounded to bfloat16, two terms to an element. Where their number is odd, the last one's neighbour is 0.
template <class Pair>
struct PairedOperands {
  using Element = Pair;
  static constexpr int elements(int terms) { return (terms + 1) / 2; }

  /// Matrices [rows][elements of columns] in the place of @p values, behind each other.
  static const Pair* along_rows(Workspace<float>& workspace, Workspace<float>::Slot slot,
                                const Matrices<float>& values) {
    const int rows = values.rows, columns = values.columns, pairs = elements(columns);
    auto* copies = workspace.get<Pair>(slot, static_cast<std::size_t>(values.count * rows * pairs));
    for_all(values.count, [&](std::ptrdiff_t matrix) {
      for (std::ptrdiff_t row = 0; row < rows; ++row) {
        const float* from = values.data + matrix * values.step + row * columns;
        Pair* to = copies + (matrix * rows + row) * pairs;
        for (int i = 0; i < columns / 2; ++i) to[i] = make_pair_of<Pair>(from[2 * i], from[2 * i + 1]);
        if (columns % 2 != 0) to[pairs - 1] = make_pair_of<Pair>(from[columns - 1], 0.0F);
      }
    });
    return copies;
  }
  /// Matrices [elements of rows][columns] in the place of @p values, behind each other.
  static const Pair* down_columns(Workspace<float>& workspace, Workspace<float>::Slot slot,
                                  const Matrices<float>& values) {
    const int rows = values.rows, columns = values.columns, pairs = elements(rows);
    auto* copies = workspace.get<Pair>(slot, static_cast<std::size_t>(values.count * pairs * columns));
    for_all(values.count, [&](std::ptrdiff_t matrix) {
      const float* from = values.data + matrix * values.step;
      Pair* to = copies + matrix * pairs * columns;
      for (int row = 0; row + 1 < rows; row += 2, from += 2 * columns, to += columns)
        for (int i = 0; i < columns; ++i) to[i] = make_pair_of<Pair>(from[i], from[columns + i]);
      if (rows % 2 != 0)
        for (int i = 0; i < columns; ++i) to[i] = make_pair_of<Pair>(from[i], 0.0F);
    });
    return copies;
  }
};

/// The form of operands that may be rounded, in a backend of @p Scalar whose products are in @p Precision.
template <class Scalar, class Precision>
struct OperandForm {
  static constexpr bool exists = std::is_same_v<Precision, Fp32>;
  using type = ExactOperands<Scalar>;
};

#ifdef ZOETROPE_BF16_INSTRUCTIONS
template <>
struct Arithmetic<Bf16Pair> {
  using Sums = __m512;
  using Factors = __m512bh;

  static ZOETROPE_INLINE Factors load(const Bf16Pair* from) {
    return reinterpret_cast<Factors>(_mm512_loadu_si512(from));
  }
  static ZOETROPE_INLINE Factors repeat(Bf16Pair pair) {
    return reinterpret_cast<Factors>(_mm512_set1_epi32(static_cast<int>(pair)));
  }
  static ZOETROPE_INLINE Sums multiply_add(const Factors& left, const Factors& right, const Sums& sums) {
    return _mm512_dpbf16_ps(sums, left, right);
  }
};
template <>
struct OperandForm<float, Bf16> {
  static constexpr bool exists = true;
  using type = PairedOperands<Bf16Pair>;
};
#else
template <>
struct OperandForm<float, Bf16> {
  static constexpr bool exists = true;
  using type = RoundedOperands;
};
#endif

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
