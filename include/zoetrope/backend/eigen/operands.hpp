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
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
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

/// Operands as they are: an element is a term.
template <class Scalar>
struct ExactOperands {
  using Element = Scalar;
  static constexpr int elements(int terms) { return terms; }

  static const Scalar* along_rows(Workspace<Scalar>&, typename Workspace<Scalar>::Slot, const Scalar* values,
                                  std::ptrdiff_t, int) {
    return values;
  }
  static const Scalar* down_columns(Workspace<Scalar>&, typename Workspace<Scalar>::Slot, const Scalar* values,
                                    std::ptrdiff_t, int, int) {
    return values;
  }
};

/// Operands rounded to bfloat16, kept and multiplied as floats: for processors that multiply nothing shorter.
struct RoundedOperands {
  using Element = float;
  static constexpr int elements(int terms) { return terms; }

  /// A copy of the matrix @p values [rows][columns] whose sums run along its rows, valid until @p slot is used again.
  static const float* along_rows(Workspace<float>& workspace, Workspace<float>::Slot slot, const float* values,
                                 std::ptrdiff_t rows, int columns) {
    const std::ptrdiff_t size = rows * columns;
    float* copy = workspace.get(slot, static_cast<std::size_t>(size));
    const Parts parts = cut(size, 1);
    parallel_for(parts.count, [&](std::ptrdiff_t part) {
      for (std::ptrdiff_t i = parts.begin(part); i < parts.end(part); ++i)
        copy[i] = std::bit_cast<float>(rounded_bits(values[i]));
    });
    return copy;
  }
  /// Copies of @p blocks matrices [rows][columns] whose sums run down their columns.
  static const float* down_columns(Workspace<float>& workspace, Workspace<float>::Slot slot, const float* values,
                                   std::ptrdiff_t blocks, int rows, int columns) {
    return along_rows(workspace, slot, values, blocks * rows, columns);
  }
};

/// Operands rounded to bfloat16, two terms to an element. Where their number is odd, the last one's neighbour is 0.
template <class Pair>
struct PairedOperands {
  using Element = Pair;
  static constexpr int elements(int terms) { return (terms + 1) / 2; }

  /// A matrix [rows][elements of columns] in the place of @p values [rows][columns].
  static const Pair* along_rows(Workspace<float>& workspace, Workspace<float>::Slot slot, const float* values,
                                std::ptrdiff_t rows, int columns) {
    const int pairs = elements(columns);
    auto* copy = workspace.get<Pair>(slot, static_cast<std::size_t>(rows * pairs));
    const Parts parts = cut(rows, 1);
    parallel_for(parts.count, [&](std::ptrdiff_t part) {
      for (std::ptrdiff_t row = parts.begin(part); row < parts.end(part); ++row) {
        const float* from = values + row * columns;
        Pair* to = copy + row * pairs;
        for (int i = 0; i < columns / 2; ++i) to[i] = make_pair_of<Pair>(from[2 * i], from[2 * i + 1]);
        if (columns % 2 != 0) to[pairs - 1] = make_pair_of<Pair>(from[columns - 1], 0.0F);
      }
    });
    return copy;
  }
  /// Matrices [elements of rows][columns] in the place of @p values [rows][columns], @p blocks of them.
  static const Pair* down_columns(Workspace<float>& workspace, Workspace<float>::Slot slot, const float* values,
                                  std::ptrdiff_t blocks, int rows, int columns) {
    const int pairs = elements(rows);
    auto* copy = workspace.get<Pair>(slot, static_cast<std::size_t>(blocks * pairs * columns));
    const Parts parts = cut(blocks * pairs, 1);
    parallel_for(parts.count, [&](std::ptrdiff_t part) {
      for (std::ptrdiff_t line = parts.begin(part); line < parts.end(part); ++line) {
        const std::ptrdiff_t block = line / pairs, pair = line % pairs;
        const float* first = values + (block * rows + 2 * pair) * columns;
        Pair* to = copy + line * columns;
        if (2 * pair + 1 < rows) {
          for (int i = 0; i < columns; ++i) to[i] = make_pair_of<Pair>(first[i], first[columns + i]);
        } else {
          for (int i = 0; i < columns; ++i) to[i] = make_pair_of<Pair>(first[i], 0.0F);
        }
      }
    });
    return copy;
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
