/// @file
/// A convolution of one to three dimensions by the products of fewest_products.hpp in each of them: all of its linear
/// forms, and which of them are multiplied with which.
#pragma once

#include "zoetrope/backend/eigen/fewest_products.hpp"
#include "zoetrope/backend/eigen/links.hpp"
#include "zoetrope/backend/geometry.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Linear forms, one behind the other (compressed rows).
struct LinearForms {
  std::vector<std::size_t> offsets{0};
  std::vector<Term> terms;

  [[nodiscard]] std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(offsets.size()) - 1; }
  [[nodiscard]] const Term* begin(std::ptrdiff_t form) const {
    return terms.data() + offsets[static_cast<std::size_t>(form)];
  }
  [[nodiscard]] const Term* end(std::ptrdiff_t form) const {
    return terms.data() + offsets[static_cast<std::size_t>(form) + 1];
  }
};

/// Results that take the same forms of the taps, so that these are made once: result @p results[i] is the sum over list
/// i of (form of the source, place in @p taps).
struct ResultGroup {
  std::vector<int> taps;
  std::vector<int> results;
  Links links;
};

/// A convolution as sums of products of forms, which serve all three directions: where one of input, taps and output is
/// wanted, a product is added to the terms of its form.
struct TransformedPlan {
  LinearForms input, taps, output;    ///< their terms are positions, or taps
  std::vector<ResultGroup> by_output; ///< results are forms of the output, sources those of the input
  std::vector<ResultGroup> by_input;  ///< and the other way round
  Links by_tap;                       ///< for a form of the taps: (form of the input, form of the output)

  [[nodiscard]] std::ptrdiff_t products() const { return static_cast<std::ptrdiff_t>(by_tap.pairs.size()); }

  explicit TransformedPlan(const ConvolutionGeometry& geometry) {
    std::array<Axis, 3> axes;
    for (std::size_t d = 0; d < 3; ++d) {
      const Dimension dimension{geometry.input[d], geometry.output[d], geometry.kernel[d], geometry.stride[d],
                                geometry.padding[d]};
      // Of three dimensions the first stays as it is: twice as many forms of the taps would cost more than they save.
      axes[d] = Axis(d == 0 ? direct_products(dimension) : fewest_products(dimension));
    }
    input = joined(axes, &Axis::input, geometry.input);
    taps = joined(axes, &Axis::taps, geometry.kernel);
    output = joined(axes, &Axis::output, geometry.output);

    struct Triple {
      int input, tap, output;
    };
    std::vector<Triple> triples{{0, 0, 0}};
    for (const Axis& axis : axes) {
      std::vector<Triple> further;
      for (const auto& triple : triples)
        for (const auto& [in, tap, out] : axis.products)
          further.push_back({triple.input * static_cast<int>(axis.input.size()) + in,
                             triple.tap * static_cast<int>(axis.taps.size()) + tap,
                             triple.output * static_cast<int>(axis.output.size()) + out});
      triples = std::move(further);
    }
    std::sort(triples.begin(), triples.end(), [](const Triple& a, const Triple& b) {
      return std::tie(a.tap, a.input, a.output) < std::tie(b.tap, b.input, b.output);
    });

    std::vector<std::vector<BlockPair>> of_output(static_cast<std::size_t>(output.size()));
    std::vector<std::vector<BlockPair>> of_input(static_cast<std::size_t>(input.size()));
    int open = 0;
    for (const auto& [in, tap, out] : triples) {
      for (; open < tap; ++open) by_tap.close_list();
      by_tap.pairs.push_back({in, out});
      of_output[static_cast<std::size_t>(out)].push_back({in, tap});
      of_input[static_cast<std::size_t>(in)].push_back({out, tap});
    }
    by_tap.close_list();
    by_output = grouped(of_output);
    by_input = grouped(of_input);
  }

private:
  /// One dimension: its forms, each once, and its products by their numbers.
  struct Axis {
    std::vector<LinearForm> input, taps, output;
    std::vector<std::array<int, 3>> products;

    Axis() = default;
    explicit Axis(const std::vector<BilinearProduct>& all) {
      const auto number = [](std::vector<LinearForm>& forms, const LinearForm& form) {
        const auto found = static_cast<std::size_t>(std::find(forms.begin(), forms.end(), form) - forms.begin());
        if (found == forms.size()) forms.push_back(form);
        return static_cast<int>(found);
      };
      for (const auto& product : all)
        products.push_back({number(input, product.input), number(taps, product.tap), number(output, product.output)});
    }
  };

  /// Every product of a form of each axis, over positions of these extents.
  static LinearForms joined(const std::array<Axis, 3>& axes, std::vector<LinearForm> Axis::*side,
                            const std::array<int, 3>& extents) {
    LinearForms all;
    for (const auto& x : axes[0].*side)
      for (const auto& y : axes[1].*side)
        for (const auto& z : axes[2].*side) {
          for (const Term& a : x)
            for (const Term& b : y)
              for (const Term& c : z)
                all.terms.push_back(
                    {(a.index * extents[1] + b.index) * extents[2] + c.index, a.factor * b.factor * c.factor});
          all.offsets.push_back(all.terms.size());
        }
    return all;
  }

  /// Lists of (source, tap) for each result, in groups of results whose taps are among those of the group's first one.
  static std::vector<ResultGroup> grouped(const std::vector<std::vector<BlockPair>>& lists) {
    std::vector<std::vector<int>> taps_of(lists.size());
    std::vector<std::size_t> order(lists.size());
    for (std::size_t i = 0; i < lists.size(); ++i) {
      order[i] = i;
      for (const BlockPair& pair : lists[i]) taps_of[i].push_back(pair.right);
      taps_of[i].erase(std::unique(taps_of[i].begin(), taps_of[i].end()), taps_of[i].end());
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return taps_of[a].size() != taps_of[b].size() ? taps_of[a].size() > taps_of[b].size() : taps_of[a] < taps_of[b];
    });
    std::vector<ResultGroup> groups;
    for (const std::size_t i : order) {
      const auto& taps = taps_of[i];
      auto group = std::find_if(groups.begin(), groups.end(), [&](const ResultGroup& each) {
        return std::includes(each.taps.begin(), each.taps.end(), taps.begin(), taps.end());
      });
      if (group == groups.end()) group = groups.insert(groups.end(), ResultGroup{taps, {}, {}});
      for (const BlockPair& pair : lists[i]) {
        const auto place = std::lower_bound(group->taps.begin(), group->taps.end(), pair.right) - group->taps.begin();
        group->links.pairs.push_back({pair.left, static_cast<int>(place)});
      }
      group->links.close_list();
      group->results.push_back(static_cast<int>(i));
    }
    return groups;
  }
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
