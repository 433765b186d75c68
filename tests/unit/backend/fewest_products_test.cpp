#include "zoetrope/backend/eigen/fewest_products.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace zoetrope;

namespace {

float factor_of(const eigen::LinearForm& form, int index) {
  float sum = 0;
  for (const auto& term : form) sum += term.index == index ? term.factor : 0;
  return sum;
}

/// Whether the products add input i times tap k to output j exactly where these meet.
bool is_convolution(const std::vector<eigen::BilinearProduct>& products, const eigen::Dimension& d) {
  for (int i = 0; i < d.input; ++i)
    for (int k = 0; k < d.kernel; ++k)
      for (int j = 0; j < d.output; ++j) {
        float sum = 0;
        for (const auto& product : products)
          sum += factor_of(product.input, i) * factor_of(product.tap, k) * factor_of(product.output, j);
        if (sum != (i == d.stride * j - d.padding + k ? 1.0F : 0.0F)) return false;
      }
  return true;
}

} // namespace

TEST_CASE("the fewest products are the convolution, in all sizes, and never more than the pairs that meet") {
  for (int input = 1; input <= 11; ++input)
    for (int kernel = 1; kernel <= 5; ++kernel)
      for (int stride = 1; stride <= 3; ++stride)
        for (int padding = 0; padding <= 3; ++padding) {
          if (input + 2 * padding < kernel) continue;
          const eigen::Dimension dimension{input, (input + 2 * padding - kernel) / stride + 1, kernel, stride, padding};
          CAPTURE(input);
          CAPTURE(kernel);
          CAPTURE(stride);
          CAPTURE(padding);
          const auto direct = eigen::direct_products(dimension), fewest = eigen::fewest_products(dimension);
          REQUIRE(is_convolution(direct, dimension));
          REQUIRE(is_convolution(fewest, dimension));
          REQUIRE(fewest.size() <= direct.size());
          for (const auto& product : fewest)
            for (const auto* form : {&product.input, &product.tap, &product.output})
              for (const auto& term : *form) REQUIRE((std::abs(term.factor) == 1 || std::abs(term.factor) == 0.5F));
        }
}

TEST_CASE("long dimensions are cut in no time") {
  const eigen::Dimension dimension{4096, 4096, 3, 1, 1};
  CHECK(eigen::fewest_products(dimension).size() < 3 * 4096 * 3 / 4);
}

TEST_CASE("products are as few as the smallest algorithms have") {
  const auto count = [](const eigen::Dimension& dimension) { return eigen::fewest_products(dimension).size(); };
  CHECK(count({3, 2, 2, 1, 0}) == 3);
  CHECK(count({4, 3, 2, 1, 0}) == 4);
  CHECK(count({4, 2, 3, 1, 0}) == 4);
  CHECK(count({3, 2, 4, 1, 1}) == 4);   // the paper's film discriminators, of 6
  CHECK(count({4, 3, 4, 1, 1}) == 8);   // of 10
  CHECK(count({8, 4, 4, 2, 1}) == 10);  // G_F, of 14
  CHECK(count({16, 8, 4, 2, 1}) == 22); // of 30
}
