/// @file
/// A convolution of one to three dimensions by the products of fewest_products.hpp in each of them: all of its linear
/// forms, and which of them are multiplied with which.
#pragma once

#include "zoetrope/backend/eigen/blocks.hpp"
#include "zoetrope/backend/eigen/fewest_products.hpp"
#include "zoetrope/backend/eigen/links.hpp"
#include "zoetrope/backend/geometry.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Channels of both sides are multiples of this: whole panels of every processor's.
inline constexpr int transformed_channels = 32;

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

/// Products that are computed together: form results[i] is the sum over list i of (place in left, place in right),
/// where left and right are the forms that the group takes.
struct ProductGroup {
  std::vector<int> left, right, results;
  Links links;
};

/// A convolution as sums of products of forms, which serve all three directions: where one of input, taps and output is
/// wanted, a product is added to the terms of its form.
struct TransformedPlan {
  LinearForms input, taps, output;     ///< their terms are positions, or taps
  std::vector<ProductGroup> by_output; ///< input times taps; a group's results take no taps but its first one's
  std::vector<ProductGroup> by_input;  ///< output times taps, likewise
  std::vector<ProductGroup> by_tap;    ///< input times output; a group's results count in the same few taps

  /// About so many values of forms are in memory at a time, of each operand, but 16 samples and one panel at least.
  /// More were no faster; tests take fewer.
  std::ptrdiff_t values_at_once = 1 << 19;

  [[nodiscard]] std::ptrdiff_t products() const {
    std::ptrdiff_t sum = 0;
    for (const auto& group : by_tap) sum += std::ssize(group.links.pairs);
    return sum;
  }

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

    Lists of_output(static_cast<std::size_t>(output.size())), of_input(static_cast<std::size_t>(input.size())),
        of_tap(static_cast<std::size_t>(taps.size()));
    for (const auto& [in, tap, out] : triples) {
      of_output[static_cast<std::size_t>(out)].push_back({in, tap});
      of_input[static_cast<std::size_t>(in)].push_back({out, tap});
      of_tap[static_cast<std::size_t>(tap)].push_back({in, out});
    }
    by_output = grouped(of_output, with_taps_in_common(of_output));
    by_input = grouped(of_input, with_taps_in_common(of_input));
    by_tap = grouped(of_tap, split(of_tap, connected(taps)));
  }

private:
  /// One dimension: its forms, each once, and its products by their numbers.
  struct Axis {
    std::vector<LinearForm> input, taps, output;
    std::vector<std::array<int, 3>> products;

    Axis() = default;
    explicit Axis(const std::vector<BilinearProduct>& all) {
      const auto number = [](std::vector<LinearForm>& forms, const LinearForm& form) {
        const auto found = std::find(forms.begin(), forms.end(), form);
        const auto place = static_cast<int>(found - forms.begin());
        if (found == forms.end()) forms.push_back(form);
        return place;
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

  using Lists = std::vector<std::vector<BlockPair>>; ///< of (left form, right form) for each result
  using Results = std::vector<int>;

  /// Results of which each takes none but the taps of the first one of its set.
  static std::vector<Results> with_taps_in_common(const Lists& lists) {
    std::vector<std::vector<int>> taps_of(lists.size());
    Results order;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      order.push_back(static_cast<int>(i));
      for (const BlockPair& pair : lists[i]) taps_of[i].push_back(pair.right);
    }
    const auto taps = [&](int result) -> const std::vector<int>& { return taps_of[static_cast<std::size_t>(result)]; };
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      if (taps(a).size() != taps(b).size()) return taps(a).size() > taps(b).size();
      return taps(a) != taps(b) ? taps(a) < taps(b) : a < b;
    });
    std::vector<Results> sets;
    for (const int result : order) {
      const auto set = std::find_if(sets.begin(), sets.end(), [&](const Results& each) {
        return std::includes(taps(each.front()).begin(), taps(each.front()).end(), taps(result).begin(),
                             taps(result).end());
      });
      if (set == sets.end())
        sets.push_back({result});
      else
        set->push_back(result);
    }
    return sets;
  }

  /// The smallest sets of forms such that no two of them have a term in common: what one set's results add to stays in
  /// the cache.
  static std::vector<Results> connected(const LinearForms& forms) {
    std::vector<Results> sets;
    std::vector<std::vector<int>> terms_of;
    for (int form = 0; form < forms.size(); ++form) {
      Results set{form};
      std::vector<int> terms;
      for (auto term = forms.begin(form); term != forms.end(form); ++term) terms.push_back(term->index);
      for (std::size_t i = 0; i < sets.size();) {
        if (std::find_first_of(terms.begin(), terms.end(), terms_of[i].begin(), terms_of[i].end()) == terms.end()) {
          ++i;
          continue;
        }
        set.insert(set.begin(), sets[i].begin(), sets[i].end());
        terms.insert(terms.end(), terms_of[i].begin(), terms_of[i].end());
        sets.erase(sets.begin() + static_cast<std::ptrdiff_t>(i));
        terms_of.erase(terms_of.begin() + static_cast<std::ptrdiff_t>(i));
      }
      sets.push_back(std::move(set));
      terms_of.push_back(std::move(terms));
    }
    return sets;
  }

  /// The same sets, but that none of several results takes more than 128 left forms.
  static std::vector<Results> split(const Lists& lists, const std::vector<Results>& sets) {
    constexpr std::size_t most_forms = 128;
    std::vector<Results> parts;
    for (const auto& set : sets) {
      std::vector<int> forms;
      const auto take_forms = [&](int result) {
        for (const BlockPair& pair : lists[static_cast<std::size_t>(result)])
          if (std::find(forms.begin(), forms.end(), pair.left) == forms.end()) forms.push_back(pair.left);
      };
      parts.emplace_back();
      for (const int result : set) {
        take_forms(result);
        if (forms.size() > most_forms && !parts.back().empty()) {
          parts.emplace_back();
          forms.clear();
          take_forms(result);
        }
        parts.back().push_back(result);
      }
    }
    return parts;
  }

  static std::vector<ProductGroup> grouped(const Lists& lists, const std::vector<Results>& sets) {
    std::vector<ProductGroup> groups;
    for (const auto& set : sets) {
      ProductGroup group{{}, {}, set, {}};
      for (const int result : set)
        for (const BlockPair& pair : lists[static_cast<std::size_t>(result)]) {
          group.left.push_back(pair.left);
          group.right.push_back(pair.right);
        }
      for (auto* forms : {&group.left, &group.right}) {
        std::sort(forms->begin(), forms->end());
        forms->erase(std::unique(forms->begin(), forms->end()), forms->end());
      }
      const auto place = [](const std::vector<int>& forms, int form) {
        return static_cast<int>(std::lower_bound(forms.begin(), forms.end(), form) - forms.begin());
      };
      for (const int result : set) {
        for (const BlockPair& pair : lists[static_cast<std::size_t>(result)])
          group.links.pairs.push_back({place(group.left, pair.left), place(group.right, pair.right)});
        group.links.close_list();
      }
      groups.push_back(std::move(group));
    }
    return groups;
  }
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
