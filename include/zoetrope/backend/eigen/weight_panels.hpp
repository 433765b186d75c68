/// @file
/// The weights that a product's tasks multiply, panel by panel, from wherever its plan has them.
#pragma once

#include "zoetrope/backend/eigen/product_plan.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Packs, or has its tasks pack, what @p plan says. One product at a time uses a workspace.
template <class Element>
class WeightPanels {
public:
  template <class Scalar>
  WeightPanels(Workspace<Scalar>& workspace, const TapMatrices<Element>& weights, std::ptrdiff_t members,
               const ProductPlan& plan)
      : weights_(weights), plan_(plan), matrix_{weights.data, weights.taps * weights.depth(), weights.columns()},
        group_size_(plan.taps_per_group * weights.depth() * tile_columns<Element>) {
    if (plan.source == WeightSource::packed_by_tasks) {
      groups_ = workspace.template get<Element>(Workspace<Scalar>::group_panels,
                                                static_cast<std::size_t>(group_size_ * thread_count()));
    } else if (plan.source == WeightSource::packed_before) {
      const auto size = static_cast<std::size_t>(members * PackedMatrix<Element>::size(matrix_.rows, matrix_.columns));
      matrix_ =
          pack_weights(workspace.template get<Element>(Workspace<Scalar>::packed_weights, size), weights, members);
    }
  }

  [[nodiscard]] int columns(int panel) const { return matrix_.panel_columns(panel); }

  /// The rows of the group of taps that begins with @p first_tap, at least. Valid until the calling thread's next call.
  [[nodiscard]] RightRows<Element> rows(std::ptrdiff_t member, int panel, std::ptrdiff_t first_tap) const {
    const bool in_place = plan_.source == WeightSource::in_place;
    const int stride = in_place ? matrix_.columns : matrix_.panel_stride(panel);
    RightRows<Element> rows{nullptr, std::ptrdiff_t{weights_.depth()} * stride, stride};
    if (plan_.source == WeightSource::packed_by_tasks) {
      Element* group = groups_ + thread_index() * group_size_;
      weights_.pack(member, panel, first_tap, std::min(first_tap + plan_.taps_per_group, weights_.taps), group);
      rows.data = group;
      rows.first = static_cast<int>(first_tap);
    } else if (in_place) {
      rows.data = weights_.data + member * weights_.member_size() + std::ptrdiff_t{panel} * tile_columns<Element>;
    } else {
      rows.data = matrix_.panel(member, panel);
    }
    return rows;
  }

private:
  TapMatrices<Element> weights_;
  ProductPlan plan_;
  PackedMatrix<Element> matrix_; ///< packed where the plan says so, or else the sizes alone
  std::ptrdiff_t group_size_;
  Element* groups_ = nullptr; ///< a group's panel for each thread
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
