#include "zoetrope/backend/eigen/product.hpp"

#include "support/numbers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace zoetrope;

namespace {

template <class Scalar>
inline constexpr double product_tolerance = std::is_same_v<Scalar, float> ? 1e-5 : 1e-12;

/// What a result starts from.
enum class Start { zero, initial, itself };

/// How a left block lies in memory.
enum class Left { rows, columns, table };

/// Two pairs of blocks, with strides that leave gaps of NaN wherever no operand may be read.
template <class Scalar>
void check(Left layout, bool exchanged, int rows, int columns, int depth, Start start) {
  constexpr int blocks = 2;
  CAPTURE(static_cast<int>(layout));
  CAPTURE(exchanged);
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(depth);
  CAPTURE(static_cast<int>(start));
  const bool by_columns = layout == Left::columns;
  const int left_stride = (by_columns ? rows : depth) + 3, padded = eigen::padded_columns<Scalar>(columns);
  const int right_stride = padded + 5, target_stride = columns + 2;
  const std::ptrdiff_t left_step = std::ptrdiff_t{left_stride} * std::max(rows, depth),
                       right_step = std::ptrdiff_t{right_stride} * depth;
  const auto at = [&](int row, int k) {
    return static_cast<std::size_t>(by_columns ? row + k * left_stride : row * left_stride + k);
  };
  // The blocks in the order of memory: the first pair has left block 1 and right block 0, the second the others.
  const std::array<eigen::BlockPair, blocks> pairs{{exchanged ? eigen::BlockPair{0, 1} : eigen::BlockPair{1, 0},
                                                    exchanged ? eigen::BlockPair{1, 0} : eigen::BlockPair{0, 1}}};
  auto left = support::poison<Scalar>(blocks * left_step), right = support::poison<Scalar>(blocks * right_step);
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto seed = static_cast<std::uint32_t>(10 + 2 * block);
    const auto left_values = support::normals<Scalar>(std::ptrdiff_t{rows} * depth, seed),
               right_values = support::normals<Scalar>(std::ptrdiff_t{depth} * columns, seed + 1);
    for (int k = 0; k < depth; ++k) {
      for (int row = 0; row < rows; ++row)
        left[block * static_cast<std::size_t>(left_step) + at(row, k)] =
            left_values[static_cast<std::size_t>(row * depth + k)];
      for (int column = 0; column < columns; ++column)
        right[block * static_cast<std::size_t>(right_step) + static_cast<std::size_t>(k * right_stride + column)] =
            right_values[static_cast<std::size_t>(k * columns + column)];
    }
  }
  // A table has tile_rows rows a block; those of one tile follow each other.
  std::vector<const Scalar*> table(static_cast<std::size_t>(blocks * eigen::tile_rows));
  const auto initial = support::normals<Scalar>(columns, 5);
  const auto before = support::normals<Scalar>(std::ptrdiff_t{rows} * target_stride, 6);
  auto target = start == Start::itself ? before : support::poison<Scalar>(std::ptrdiff_t{rows} * target_stride);
  // Between the rows' columns nothing may be written.
  for (int row = 0; row < rows; ++row)
    for (int gap = columns; gap < target_stride; ++gap) target[static_cast<std::size_t>(row * target_stride + gap)] = 7;

  const eigen::BlockPairs sum_of{pairs.data(), blocks, depth, exchanged};
  const eigen::RightRows<Scalar> right_rows{right.data(), right_step, right_stride};
  const eigen::Target<Scalar> to{target.data(), target_stride, columns, start == Start::itself,
                                 start == Start::initial ? initial.data() : nullptr};
  if (layout == Left::rows) {
    eigen::multiply_panel(rows, sum_of, eigen::LeftRows<Scalar>{left.data(), left_step, left_stride}, right_rows, to);
  } else if (layout == Left::columns) {
    eigen::multiply_panel(rows, sum_of, eigen::LeftColumns<Scalar>{left.data(), left_step, left_stride}, right_rows,
                          to);
  } else {
    for (std::size_t i = 0; i < table.size(); ++i) {
      const auto block = i / eigen::tile_rows, row = i % eigen::tile_rows;
      table[i] = left.data() + block * static_cast<std::size_t>(left_step) + at(static_cast<int>(row), 0);
    }
    eigen::multiply_panel(rows, sum_of, eigen::LeftTable<Scalar>{table.data(), 1}, right_rows, to);
  }

  std::vector<double> found, expected;
  bool gaps = true;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const auto index = static_cast<std::size_t>(row * target_stride + column);
      double sum = start == Start::zero      ? 0
                   : start == Start::initial ? static_cast<double>(initial[static_cast<std::size_t>(column)])
                                             : static_cast<double>(before[index]);
      for (std::size_t block = 0; block < blocks; ++block)
        for (int k = 0; k < depth; ++k)
          sum += static_cast<double>(left[(1 - block) * static_cast<std::size_t>(left_step) + at(row, k)]) *
                 static_cast<double>(right[block * static_cast<std::size_t>(right_step) +
                                           static_cast<std::size_t>(k * right_stride + column)]);
      expected.push_back(sum);
      found.push_back(static_cast<double>(target[index]));
    }
    for (int gap = columns; gap < target_stride; ++gap)
      gaps &= target[static_cast<std::size_t>(row * target_stride + gap)] == 7;
  }
  CHECK(support::relative_error(found, expected) <= product_tolerance<Scalar>);
  CHECK(gaps);
}

} // namespace

TEST_CASE_TEMPLATE("multiply_panel is the product of its blocks for any number of rows and columns", Scalar, double,
                   float) {
  for (int rows = 1; rows <= 20; ++rows) {
    for (int columns = 1; columns <= eigen::tile_columns<Scalar>; ++columns) {
      for (const Start start : {Start::zero, Start::initial, Start::itself}) {
        const int depth = 1 + (rows + columns) % 7;
        check<Scalar>(Left::rows, false, rows, columns, depth, start);
        check<Scalar>(Left::columns, false, rows, columns, depth, start);
        check<Scalar>(Left::columns, true, rows, columns, depth, start);
        if (rows <= eigen::tile_rows) check<Scalar>(Left::table, false, rows, columns, depth, start);
      }
    }
  }
}

TEST_CASE("multiply_panel without pairs leaves what the result starts from") {
  const std::vector<float> initial{1, 2, 3};
  auto target = support::poison<float>(5 * 3);
  const eigen::BlockPairs nothing{nullptr, 0, 4};
  const std::vector<float> unread(64);
  const eigen::LeftRows<float> left{unread.data(), 16, 4};
  const eigen::RightRows<float> right{unread.data(), 16, 16};
  eigen::multiply_panel(5, nothing, left, right, eigen::Target<float>{target.data(), 3, 3, false, initial.data()});
  for (std::size_t i = 0; i < target.size(); ++i) CHECK(target[i] == initial[i % 3]);
  eigen::multiply_panel(5, nothing, left, right, eigen::Target<float>{target.data(), 3, 3, true});
  for (std::size_t i = 0; i < target.size(); ++i) CHECK(target[i] == initial[i % 3]);
  eigen::multiply_panel(5, nothing, left, right, eigen::Target<float>{target.data(), 3, 3, false});
  CHECK(std::all_of(target.begin(), target.end(), [](float value) { return value == 0; }));
}

TEST_CASE_TEMPLATE("packed weights hold every weight once, and zeros up to whole vectors", Scalar, double, float) {
  for (const bool transposed : {false, true}) {
    for (const int inputs : {1, 3, 8, 19, 40}) {
      for (const int outputs : {1, 5, 16, 37}) {
        CAPTURE(transposed);
        CAPTURE(inputs);
        CAPTURE(outputs);
        const int members = 2, taps = 3;
        const int depth = transposed ? outputs : inputs, columns = transposed ? inputs : outputs;
        const auto weights = support::normals<Scalar>(std::ptrdiff_t{members} * taps * inputs * outputs, 1);
        auto storage = support::poison<Scalar>(members * eigen::PackedMatrix<Scalar>::size(taps * depth, columns));
        const auto packed = eigen::pack_weights(
            storage.data(), eigen::TapMatrices<Scalar>{weights.data(), taps, inputs, outputs, transposed}, members);
        bool same = packed.rows == taps * depth && packed.columns == columns;
        for (int member = 0; member < members; ++member) {
          for (int panel = 0; panel < packed.panels(); ++panel) {
            for (int row = 0; row < packed.rows; ++row) {
              for (int column = 0; column < packed.panel_stride(panel); ++column) {
                const int tap = row / depth, k = row % depth, j = panel * eigen::tile_columns<Scalar> + column;
                const int input = transposed ? j : k, output = transposed ? k : j;
                const Scalar expected =
                    j < columns
                        ? weights[static_cast<std::size_t>(((member * taps + tap) * inputs + input) * outputs + output)]
                        : Scalar(0);
                same &= packed.panel(member, panel)[row * packed.panel_stride(panel) + column] == expected;
              }
            }
          }
        }
        CHECK(same);
      }
    }
  }
}

TEST_CASE("cut divides a whole into parts without gap or overlap, and never into none") {
  for (const std::ptrdiff_t whole : {0, 1, 2, 15, 16, 17, 1000}) {
    for (const std::ptrdiff_t others : {1, 3, 16, 100}) {
      CAPTURE(whole);
      CAPTURE(others);
      const auto parts = eigen::cut(whole, others);
      CHECK(parts.count >= 1);
      CHECK(parts.begin(0) == 0);
      CHECK(parts.end(parts.count - 1) == whole);
      for (std::ptrdiff_t part = 1; part < parts.count; ++part) CHECK(parts.begin(part) == parts.end(part - 1));
    }
  }
}
