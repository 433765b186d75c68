/// @file
/// Convolutions by fewer multiplications (Toom-Cook; Winograd 1980): a number of products of a linear form of the
/// input with one of the taps, each of which adds to some of the outputs. Two outputs of two taps take three products
/// in place of four, three outputs four in place of six, from the points 0, 1, -1 and infinity alone: factors are 1, -1
/// and 1/2 in a dimension, so that results are as exact as the direct ones but for the last digits.
#pragma once

#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

struct Term {
  int index;
  float factor;
  bool operator==(const Term&) const = default;
};

/// A linear form: the sum of some elements, four at most, each times a factor.
class LinearForm {
public:
  LinearForm() = default;
  explicit LinearForm(Term term) { add(term); }
  void add(Term term) { terms_[count_++] = term; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] const Term* begin() const { return terms_.data(); }
  [[nodiscard]] const Term* end() const { return terms_.data() + count_; }
  bool operator==(const LinearForm&) const = default;

private:
  std::array<Term, 4> terms_{};
  std::size_t count_ = 0;
};

/// One multiplication: input * tap is a summand of each of @p output, times its factor there.
struct BilinearProduct {
  LinearForm input, tap, output;
};

/// One dimension of a convolution: output j meets tap k at input @p stride * j - @p padding + k.
struct Dimension {
  int input, output, kernel, stride, padding;
};

namespace detail {

/// A range of whole numbers, and which elements of the input, the taps or the outputs they stand for.
struct Side {
  LinearForm BilinearProduct::*form;
  int begin, end; ///< of the numbers
  int scale, offset;

  [[nodiscard]] Side negated() const { return {form, 1 - end, 1 - begin, -scale, offset}; }
  void add(LinearForm& to, int number, float factor) const {
    if (number >= begin && number < end) to.add({scale * number + offset, factor});
  }
};

/// The products of all pairs of @p first_count numbers of @p first from @p a on and @p second_count ones of @p second
/// from @p b on, each with the number of @p sum that is their sum.
inline std::vector<BilinearProduct> products_of_block(const Side& first, int a, int first_count, const Side& second,
                                                      int b, int second_count, const Side& sum) {
  const auto whole = [](const BilinearProduct& product) {
    return product.input.size() > 0 && product.tap.size() > 0 && product.output.size() > 0;
  };
  std::vector<BilinearProduct> direct;
  for (int i = 0; i < first_count; ++i)
    for (int j = 0; j < second_count; ++j) {
      BilinearProduct product;
      first.add(product.*first.form, a + i, 1);
      second.add(product.*second.form, b + j, 1);
      sum.add(product.*sum.form, a + i + b + j, 1);
      if (whole(product)) direct.push_back(product);
    }

  const int points = first_count + second_count - 1;
  if (std::min(first_count, second_count) < 2 || points > 4) return direct;
  // The last point is infinity, where a polynomial's value is its leading coefficient.
  static constexpr float values[4] = {0, 1, -1, 0};
  static constexpr float forms_of_sum[2][4][4] = {{{1, -1}, {0, 1}, {0, -1, 1}},
                                                  {{1, 0, -1}, {0, 0.5F, 0.5F}, {0, -0.5F, 0.5F}, {0, -1, 0, 1}}};
  std::vector<BilinearProduct> fewer;
  for (int point = 0; point < points; ++point) {
    BilinearProduct product;
    const auto evaluate = [&](const Side& side, int begin, int count) {
      float power = 1;
      for (int i = 0; i < count; ++i, power *= values[point]) {
        const float factor = point + 1 < points ? power : i + 1 == count ? 1.0F : 0.0F;
        if (factor != 0) side.add(product.*side.form, begin + i, factor);
      }
    };
    evaluate(first, a, first_count);
    evaluate(second, b, second_count);
    for (int i = 0; i < points; ++i)
      if (const float factor = forms_of_sum[points - 3][point][i]; factor != 0)
        sum.add(product.*sum.form, a + b + i, factor);
    if (whole(product)) fewer.push_back(product);
  }
  return fewer.size() < direct.size() ? fewer : direct;
}

/// How both sides of a sum are cut into blocks, so that there are few products.
struct Blocks {
  Side first, second, sum;
  int second_count;             ///< numbers of a block of the second side
  std::vector<int> first_count; ///< of the block of the first side that ends at each of its numbers
  std::size_t products;         ///< in all

  /// The fewest products of blocks of one to three numbers of the first side.
  Blocks(const Side& one, const Side& other, int other_count, const Side& both)
      : first(one), second(other), sum(both), second_count(other_count) {
    std::vector<std::size_t> fewest{0};
    for (int end = first.begin + 1; end <= first.end; ++end) {
      std::size_t least = 0;
      int best = 0;
      for (int count = 1; count <= std::min(3, end - first.begin); ++count) {
        std::size_t number = fewest[fewest.size() - static_cast<std::size_t>(count)];
        add_blocks(end - count, count, [&](const std::vector<BilinearProduct>& block) { number += block.size(); });
        if (best == 0 || number < least) {
          least = number;
          best = count;
        }
      }
      fewest.push_back(least);
      first_count.push_back(best);
    }
    products = fewest.back();
  }

  void append_to(std::vector<BilinearProduct>& all) const {
    for (int end = first.end; end > first.begin;) {
      const int count = first_count[static_cast<std::size_t>(end - first.begin - 1)];
      add_blocks(end - count, count,
                 [&](const std::vector<BilinearProduct>& block) { all.insert(all.end(), block.begin(), block.end()); });
      end -= count;
    }
  }

private:
  /// Hands out the products of one block of the first side with those of the second whose sums there are.
  template <class Take>
  void add_blocks(int begin, int count, const Take& take) const {
    const int lowest = sum.begin - (begin + count - 1), end = std::min(second.end, sum.end - begin);
    const int passed_over = std::max(lowest - second.begin, 0) / second_count;
    for (int other = second.begin + passed_over * second_count; other < end; other += second_count)
      take(products_of_block(first, begin, count, second, other, std::min(second_count, second.end - other), sum));
  }
};

} // namespace detail

/// A product for each pair of an input and a tap that meet.
inline std::vector<BilinearProduct> direct_products(const Dimension& dimension) {
  std::vector<BilinearProduct> all;
  for (int tap = 0; tap < dimension.kernel; ++tap)
    for (int output = 0; output < dimension.output; ++output) {
      const int input = dimension.stride * output - dimension.padding + tap;
      if (input >= 0 && input < dimension.input)
        all.push_back({LinearForm({input, 1}), LinearForm({tap, 1}), LinearForm({output, 1})});
    }
  return all;
}

/// Products that add up to the convolution, the fewest of those that are known here.
inline std::vector<BilinearProduct> fewest_products(const Dimension& dimension) {
  using detail::Side;
  std::vector<BilinearProduct> all;
  // Taps that are a multiple of the stride apart meet the same inputs: a convolution of stride 1 of them.
  for (int residue = 0; residue < std::min(dimension.stride, dimension.kernel); ++residue) {
    const int stride = dimension.stride, shift = residue - dimension.padding;
    const auto at_least = [&](int input) { // the first number whose input is that one or later
      const int distance = input - shift;
      return distance >= 0 ? (distance + stride - 1) / stride : -(-distance / stride);
    };
    const Side input{&BilinearProduct::input, at_least(0), at_least(dimension.input), stride, shift};
    const Side taps{&BilinearProduct::tap, 0, (dimension.kernel - residue + stride - 1) / stride, stride, residue};
    const Side output{&BilinearProduct::output, 0, dimension.output, 1, 0};
    std::optional<detail::Blocks> fewest;
    const auto try_sides = [&](const Side& first, const Side& second, const Side& sum) {
      for (int count = 1; count <= 3; ++count) {
        detail::Blocks blocks(first, second, count, sum);
        if (!fewest || blocks.products < fewest->products) fewest = std::move(blocks);
      }
    };
    try_sides(output, taps, input);
    try_sides(input, output.negated(), taps);
    try_sides(input, taps.negated(), output);
    fewest->append_to(all);
  }
  return all;
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
