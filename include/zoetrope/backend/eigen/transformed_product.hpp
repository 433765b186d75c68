/// @file
/// The three directions of a convolution by the products of a TransformedPlan.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/blocks.hpp"
#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/packing.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/backend/eigen/transformed_plan.hpp"
#include "zoetrope/backend/transpose.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

/// @p rows rows of @p width values: to = or += factor * from.
template <class Scalar>
void add_rows(std::ptrdiff_t rows, std::ptrdiff_t width, float factor, const Scalar* from, std::ptrdiff_t from_stride,
              bool accumulate, Scalar* to, std::ptrdiff_t to_stride) {
  using namespace Eigen::internal;
  for (std::ptrdiff_t row = 0; row < rows; ++row, from += from_stride, to += to_stride)
    for_lanes<Scalar>(width, [&]<class Lane>(std::ptrdiff_t i) {
      const Lane factors = pset1<Lane>(Scalar(factor));
      pstoreu(to + i, accumulate ? pmadd(factors, ploadu<Lane>(from + i), ploadu<Lane>(to + i))
                                 : pmul(factors, ploadu<Lane>(from + i)));
    });
}

/// Rows of a form of matrices that lie @p step values apart.
template <class Scalar>
void evaluate(const LinearForms& forms, std::ptrdiff_t form, std::ptrdiff_t rows, std::ptrdiff_t width,
              const Scalar* matrices, std::ptrdiff_t step, std::ptrdiff_t stride, Scalar* to,
              std::ptrdiff_t to_stride) {
  for (auto term = forms.begin(form); term != forms.end(form); ++term)
    add_rows(rows, width, term->factor, matrices + term->index * step, stride, term != forms.begin(form), to,
             to_stride);
}

/// Some samples of a batch, and some of its channels: activations [position][batch][all_channels] of one member, from
/// the first one of these samples and channels on.
template <class Scalar>
struct Activations {
  const Scalar* data;
  int batch, all_channels, samples, channels;
};

/// How @p batch samples are cut so that each part makes about @p at_once values, where a sample makes so many: parts of
/// 16 samples at least.
inline Parts cut_samples(int batch, std::ptrdiff_t values_of_sample, std::ptrdiff_t at_once) {
  const std::ptrdiff_t samples = std::max<std::ptrdiff_t>(at_once / values_of_sample, 16);
  return {batch, (batch + samples - 1) / samples};
}

/// Some forms as [form][block of channels][sample][channel in block] with blocks of @p width channels, of which the
/// last may be narrower.
template <class Scalar>
const Scalar* transform(Workspace<Scalar>& workspace, typename Workspace<Scalar>::Slot slot, const LinearForms& forms,
                        const std::vector<int>& chosen, const Activations<Scalar>& from, int width) {
  const std::ptrdiff_t size = std::ptrdiff_t{from.samples} * from.channels, stride = from.all_channels;
  Scalar* transformed = workspace.get(slot, chosen.size() * static_cast<std::size_t>(size));
  const int blocks = (from.channels + width - 1) / width;
  constexpr int rows_at_once = 8;
  const Parts rows{from.samples, (from.samples + rows_at_once - 1) / rows_at_once};
  for_all(std::ssize(chosen) * blocks * rows.count, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t place = i / rows.count / blocks, channel = i / rows.count % blocks * width;
    const std::ptrdiff_t row = rows.begin(i % rows.count);
    const std::ptrdiff_t taken = std::min<std::ptrdiff_t>(width, from.channels - channel);
    evaluate(forms, chosen[static_cast<std::size_t>(place)], rows.end(i % rows.count) - row, taken,
             from.data + row * stride + channel, from.batch * stride, stride,
             transformed + place * size + channel * from.samples + row * taken, taken);
  });
  return transformed;
}

/// Some forms of one member's taps, of @p panels panels from number @p first on, as [form][panel][row][column].
template <class Scalar>
const Scalar* transform_taps(Workspace<Scalar>& workspace, const LinearForms& forms, const std::vector<int>& chosen,
                             const TapMatrices<Scalar>& weights, std::ptrdiff_t member, std::ptrdiff_t first,
                             std::ptrdiff_t panels) {
  constexpr int width = tile_columns<Scalar>, rows_at_once = 16;
  const int depth = weights.depth(), columns = weights.columns();
  const std::ptrdiff_t panel_size = std::ptrdiff_t{depth} * width, step = std::ptrdiff_t{depth} * columns;
  const std::ptrdiff_t blocks = weights.transposed ? panels : (depth + rows_at_once - 1) / rows_at_once;
  const Scalar* matrices = weights.data + member * weights.member_size();
  Scalar* scratch = weights.transposed ? workspace.get(Workspace<Scalar>::group_panels,
                                                       static_cast<std::size_t>(panel_size * thread_count()))
                                       : nullptr;
  Scalar* transformed =
      workspace.get(Workspace<Scalar>::packed_weights, chosen.size() * static_cast<std::size_t>(panels * panel_size));
  parallel_for(std::ssize(chosen) * blocks, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t place = task / blocks, block = task % blocks;
    const int form = chosen[static_cast<std::size_t>(place)];
    Scalar* to = transformed + place * panels * panel_size;
    if (weights.transposed) {
      Scalar* rows = scratch + thread_index() * panel_size;
      constexpr std::ptrdiff_t piece = 2048; // stays in the first-level cache
      for (std::ptrdiff_t i = 0; i < panel_size; i += piece)
        evaluate(forms, form, 1, std::min(piece, panel_size - i), matrices + (first + block) * panel_size + i, step, 0,
                 rows + i, 0);
      transpose(rows, depth, width, depth, to + block * panel_size, width, width);
    } else {
      const std::ptrdiff_t row = block * rows_at_once, rows = std::min<std::ptrdiff_t>(rows_at_once, depth - row);
      for (std::ptrdiff_t panel = 0; panel < panels; ++panel)
        evaluate(forms, form, rows, width, matrices + row * columns + (first + panel) * width, step, columns,
                 to + panel * panel_size + row * width, width);
    }
  });
  return transformed;
}

/// Adds the sum over one list of a group to the terms of its form: @p rows rows of one panel, which begin at
/// @p target_rows(term's index). The sum is made in @p result.
template <class Scalar, class Left, class TargetRows>
void add_list(const ProductGroup& group, std::ptrdiff_t list, int rows, int depth, const Left& left,
              const RightRows<Scalar>& right, Scalar* result, const LinearForms& forms, const TargetRows& target_rows,
              std::ptrdiff_t stride) {
  constexpr int width = tile_columns<Scalar>;
  const auto begin = group.links.begin(list), end = group.links.end(list);
  multiply_panel(rows, BlockPairs{begin, end - begin, depth}, left, right, Target<Scalar>{result, width, width, false});
  const int form = group.results[static_cast<std::size_t>(list)];
  for (auto term = forms.begin(form); term != forms.end(form); ++term)
    add_rows(rows, width, term->factor, result, width, true, target_rows(term->index), stride);
}

} // namespace detail

/// Forward: target = initial + the sum of the plan's products of source and weights. Where @p to_input, from output to
/// input: the data gradient.
template <class Scalar>
void transformed_product(Workspace<Scalar>& workspace, const TransformedPlan& plan, bool to_input, int members,
                         int batch, std::ptrdiff_t source_positions, const Scalar* source,
                         const TapMatrices<Scalar>& weights, const Scalar* initial, std::ptrdiff_t target_positions,
                         Scalar* target) {
  const auto& groups = to_input ? plan.by_input : plan.by_output;
  const LinearForms &source_forms = to_input ? plan.output : plan.input,
                    &target_forms = to_input ? plan.input : plan.output;
  constexpr int width = tile_columns<Scalar>;
  constexpr std::ptrdiff_t most_rows = 64, least_rows = 16;
  static_assert(transformed_channels % width == 0);
  const int depth = weights.depth(), columns = weights.columns();
  const std::ptrdiff_t all_panels = columns / width, panel_size = std::ptrdiff_t{depth} * width;
  Scalar* results =
      workspace.get(Workspace<Scalar>::products, static_cast<std::size_t>(most_rows * width * thread_count()));
  for_all(members * target_positions, [&](std::ptrdiff_t i) {
    Scalar* rows = target + i * batch * columns;
    for (std::ptrdiff_t sample = 0; sample < batch; ++sample) {
      if (initial)
        std::copy_n(initial + i / target_positions * columns, columns, rows + sample * columns);
      else
        std::fill_n(rows + sample * columns, columns, Scalar(0));
    }
  });

  for (std::ptrdiff_t member = 0; member < members; ++member)
    for (const ProductGroup& group : groups) {
      const Parts sample_parts = detail::cut_samples(batch, std::ssize(group.left) * depth, plan.values_at_once);
      const std::ptrdiff_t panels_taken =
          std::clamp<std::ptrdiff_t>(plan.values_at_once / (std::ssize(group.right) * panel_size), 1, all_panels);
      for (std::ptrdiff_t sample_part = 0; sample_part < sample_parts.count; ++sample_part) {
        const std::ptrdiff_t first = sample_parts.begin(sample_part);
        const int samples = static_cast<int>(sample_parts.end(sample_part) - first);
        const Scalar* forms = detail::transform(
            workspace, Workspace<Scalar>::transposed, source_forms, group.left,
            {source + (member * source_positions * batch + first) * depth, batch, depth, samples, depth}, depth);
        for (std::ptrdiff_t panel = 0; panel < all_panels; panel += panels_taken) {
          const std::ptrdiff_t panels = std::min(panels_taken, all_panels - panel);
          const Scalar* taps =
              detail::transform_taps(workspace, plan.taps, group.right, weights, member, panel, panels);
          // A task's panels read the same rows one after the other.
          const std::ptrdiff_t tasks = 2 * thread_count();
          const Parts panel_parts{panels, std::min(panels, tasks)};
          const Parts row_parts{
              samples, std::max((samples + most_rows - 1) / most_rows,
                                std::min((samples + least_rows - 1) / least_rows, (tasks + panels - 1) / panels))};
          parallel_for(panel_parts.count * row_parts.count, [&](std::ptrdiff_t task) {
            const std::ptrdiff_t part = task / row_parts.count, row = row_parts.begin(task % row_parts.count);
            const int rows = static_cast<int>(row_parts.end(task % row_parts.count) - row);
            Scalar* result = results + thread_index() * most_rows * width;
            for (std::ptrdiff_t list = 0; list < group.links.size(); ++list)
              for (auto p = panel_parts.begin(part); p < panel_parts.end(part); ++p)
                detail::add_list(
                    group, list, rows, depth,
                    LeftRows<Scalar>{forms + row * depth, std::ptrdiff_t{samples} * depth, depth},
                    RightRows<Scalar>{taps + p * panel_size, panels * panel_size, width}, result, target_forms,
                    [&](std::ptrdiff_t position) {
                      return target + ((member * target_positions + position) * batch + first + row) * columns +
                             (panel + p) * width;
                    },
                    columns);
          });
        }
      }
    }
}

/// The gradient of the taps.
template <class Scalar>
void transformed_outer_product(Workspace<Scalar>& workspace, const TransformedPlan& plan, int members, int batch,
                               int rows, int columns, std::ptrdiff_t input_positions, const Scalar* input,
                               std::ptrdiff_t output_positions, const Scalar* output_gradient, std::ptrdiff_t taps,
                               WriteMode write, Scalar* gradient) {
  constexpr int width = tile_columns<Scalar>, rows_at_once = 96;
  static_assert(transformed_channels % width == 0);
  const std::ptrdiff_t row_blocks = (rows + rows_at_once - 1) / rows_at_once;
  const std::ptrdiff_t all_panels = columns / width;
  Scalar* results = workspace.get(Workspace<Scalar>::products, static_cast<std::size_t>(rows_at_once) * width *
                                                                   static_cast<std::size_t>(thread_count()));
  if (write == WriteMode::replace)
    for_all(members * taps * rows,
            [&](std::ptrdiff_t row) { std::fill_n(gradient + row * columns, columns, Scalar(0)); });

  for (std::ptrdiff_t member = 0; member < members; ++member)
    for (const ProductGroup& group : plan.by_tap) {
      const Parts sample_parts = detail::cut_samples(batch, std::ssize(group.left) * rows, plan.values_at_once);
      const std::ptrdiff_t most_samples = (batch + sample_parts.count - 1) / sample_parts.count;
      const std::ptrdiff_t panels_taken = std::clamp<std::ptrdiff_t>(
          plan.values_at_once / (std::ssize(group.right) * most_samples * width), 1, all_panels);
      for (std::ptrdiff_t sample_part = 0; sample_part < sample_parts.count; ++sample_part) {
        const std::ptrdiff_t first = sample_parts.begin(sample_part);
        const int samples = static_cast<int>(sample_parts.end(sample_part) - first);
        const Scalar* left = detail::transform(
            workspace, Workspace<Scalar>::transposed, plan.input, group.left,
            {input + (member * input_positions * batch + first) * rows, batch, rows, samples, rows}, rows_at_once);
        for (std::ptrdiff_t panel = 0; panel < all_panels; panel += panels_taken) {
          const std::ptrdiff_t panels = std::min(panels_taken, all_panels - panel), panel_size = samples * width;
          const Scalar* right = detail::transform(
              workspace, Workspace<Scalar>::packed_weights, plan.output, group.right,
              {output_gradient + (member * output_positions * batch + first) * columns + panel * width, batch, columns,
               samples, static_cast<int>(panels) * width},
              width);
          const Parts panel_parts = cut(panels, row_blocks);
          parallel_for(row_blocks * panel_parts.count, [&](std::ptrdiff_t task) {
            const std::ptrdiff_t part = task % panel_parts.count, row = task / panel_parts.count * rows_at_once;
            const int taken = static_cast<int>(std::min<std::ptrdiff_t>(rows_at_once, rows - row));
            Scalar* result = results + thread_index() * rows_at_once * width;
            for (std::ptrdiff_t list = 0; list < group.links.size(); ++list)
              for (auto p = panel_parts.begin(part); p < panel_parts.end(part); ++p)
                detail::add_list(
                    group, list, taken, samples,
                    LeftColumns<Scalar>{left + row * samples, std::ptrdiff_t{samples} * rows, taken},
                    RightRows<Scalar>{right + p * panel_size, panels * panel_size, width}, result, plan.taps,
                    [&](std::ptrdiff_t tap) {
                      return gradient + ((member * taps + tap) * rows + row) * columns + (panel + p) * width;
                    },
                    columns);
          });
        }
      }
    }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
