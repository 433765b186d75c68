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
template <class Scalar>
class WeightPanels {
public:
  WeightPanels(Workspace<Scalar>& workspace, const TapMatrices<Scalar>& weights, int members, const ProductPlan& plan)
      : weights_(weights), plan_(plan), matrix_{weights.data, weights.taps * weights.depth(), weights.columns()},
        group_size_(plan.taps_per_group * weights.depth() * tile_columns<Scalar>) {
    if (plan.source == WeightSource::packed_by_tasks) {
      groups_ = workspace.get(Workspace<Scalar>::group_panels, static_cast<std::size_t>(group_size_ * thread_count()));
    } else if (plan.source == WeightSource::packed_before) {
      const auto size = static_cast<std::size_t>(members * PackedMatrix<Scalar>::size(matrix_.rows, matrix_.columns));
      matrix_ = pack_weights(workspace.get(Workspace<Scalar>::packed_weights, size), weights, members);
    }
  }

  [[nodiscard]] int columns(int panel) const { return matrix_.panel_columns(panel); }

  /// The rows of the group of taps that begins with @p first_tap, at least. Valid until the calling thread's next call.
  [[nodiscard]] RightRows<Scalar> rows(std::ptrdiff_t member, int panel, std::ptrdiff_t first_tap) const {
    const bool in_place = plan_.source == WeightSource::in_place;
    const int stride = in_place ? matrix_.columns : matrix_.panel_stride(panel);
    RightRows<Scalar> rows{nullptr, std::ptrdiff_t{weights_.depth()} * stride, stride};
    if (plan_.source == WeightSource::packed_by_tasks) {
      Scalar* group = groups_ + thread_index() * group_size_;
      weights_.pack(member, panel, first_tap, std::min(first_tap + plan_.taps_per_group, weights_.taps), group);
      rows.data = group;
      rows.first = static_cast<int>(first_tap);
    } else if (in_place) {
      rows.data = weights_.data + member * weights_.member_size() + std::ptrdiff_t{panel} * tile_columns<Scalar>;
    } else {
      rows.data = matrix_.panel(member, panel);
    }
    return rows;
  }

private:
  TapMatrices<Scalar> weights_;
  ProductPlan plan_;
  PackedMatrix<Scalar> matrix_; ///< packed where the plan says so, or else the sizes alone
  std::ptrdiff_t group_size_;
  Scalar* groups_ = nullptr; ///< a group's panel for each thread
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
