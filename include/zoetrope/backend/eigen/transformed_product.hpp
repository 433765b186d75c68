/// @file
/// The three directions of a convolution by the products of a TransformedPlan.
#pragma once

#include "zoetrope/backend/arguments.hpp"
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

/// Samples of a batch: activations [position][batch][channel] of one member.
template <class Scalar>
struct SamplesOf {
  const Scalar* data;
  int batch, channels, first, count;

  [[nodiscard]] std::ptrdiff_t position_step() const { return std::ptrdiff_t{batch} * channels; }
  [[nodiscard]] const Scalar* begin() const { return data + std::ptrdiff_t{first} * channels; }
};

/// How many of @p batch samples are transformed at a time, where one has so many values.
inline int samples_at_once(int batch, std::ptrdiff_t values) {
  constexpr std::ptrdiff_t wanted_values = 8 << 20;
  constexpr int least_samples = 16;
  return static_cast<int>(std::clamp<std::ptrdiff_t>(wanted_values / values / least_samples * least_samples,
                                                     std::min(least_samples, batch), batch));
}

/// Forms as [form][block of channels][sample][channel in block] with blocks of @p width channels, of which the last may
/// be narrower.
template <class Scalar>
const Scalar* transform(Workspace<Scalar>& workspace, typename Workspace<Scalar>::Slot slot, const LinearForms& forms,
                        const SamplesOf<Scalar>& samples, int width) {
  const std::ptrdiff_t size = std::ptrdiff_t{samples.count} * samples.channels;
  Scalar* transformed = workspace.get(slot, static_cast<std::size_t>(forms.size() * size));
  const int blocks = (samples.channels + width - 1) / width;
  constexpr int rows_at_once = 8;
  for_all(forms.size() * blocks, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t form = i / blocks, channel = i % blocks * width;
    const std::ptrdiff_t taken = std::min<std::ptrdiff_t>(width, samples.channels - channel);
    for (int row = 0; row < samples.count; row += rows_at_once)
      evaluate(forms, form, std::min(rows_at_once, samples.count - row), taken,
               samples.begin() + std::ptrdiff_t{row} * samples.channels + channel, samples.position_step(),
               samples.channels, transformed + form * size + channel * samples.count + row * taken, taken);
  });
  return transformed;
}

/// The forms of the taps that a group takes, of one member, as [form][panel][row][column].
template <class Scalar>
const Scalar* transform_taps(Workspace<Scalar>& workspace, const LinearForms& forms, const std::vector<int>& group,
                             const TapMatrices<Scalar>& weights, std::ptrdiff_t member) {
  constexpr int width = tile_columns<Scalar>, rows_at_once = 16;
  const int depth = weights.depth(), columns = weights.columns();
  const int blocks = weights.transposed ? columns / width : (depth + rows_at_once - 1) / rows_at_once;
  const std::ptrdiff_t step = std::ptrdiff_t{depth} * columns, panel_size = std::ptrdiff_t{depth} * width;
  const Scalar* matrices = weights.data + member * weights.member_size();
  Scalar* scratch =
      workspace.get(Workspace<Scalar>::group_panels, static_cast<std::size_t>(panel_size * thread_count()));
  Scalar* transformed = workspace.get(Workspace<Scalar>::packed_weights, group.size() * static_cast<std::size_t>(step));
  parallel_for(static_cast<std::ptrdiff_t>(group.size()) * blocks, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t place = task / blocks, block = task % blocks;
    const int form = group[static_cast<std::size_t>(place)];
    Scalar* to = transformed + place * step;
    if (weights.transposed) {
      Scalar* rows = scratch + thread_index() * panel_size;
      constexpr std::ptrdiff_t piece = 2048; // stays in the first-level cache
      for (std::ptrdiff_t i = 0; i < panel_size; i += piece)
        evaluate(forms, form, 1, std::min(piece, panel_size - i), matrices + block * panel_size + i, step, 0, rows + i,
                 0);
      transpose(rows, depth, width, depth, to + block * panel_size, width, width);
    } else {
      const std::ptrdiff_t first = block * rows_at_once, rows = std::min<std::ptrdiff_t>(rows_at_once, depth - first);
      for (int panel = 0; panel < columns / width; ++panel)
        evaluate(forms, form, rows, width, matrices + first * columns + panel * width, step, columns,
                 to + panel * panel_size + first * width, width);
    }
  });
  return transformed;
}

} // namespace detail

/// Forward or, with the forms of input and output exchanged, the data gradient: target = initial + sum of products.
template <class Scalar>
void transformed_product(Workspace<Scalar>& workspace, const std::vector<ResultGroup>& groups,
                         const LinearForms& source_forms, const LinearForms& tap_forms, const LinearForms& target_forms,
                         int members, int batch, std::ptrdiff_t source_positions, const Scalar* source,
                         const TapMatrices<Scalar>& weights, const Scalar* initial, std::ptrdiff_t target_positions,
                         Scalar* target) {
  constexpr int width = tile_columns<Scalar>, rows_at_once = 64;
  const int depth = weights.depth(), columns = weights.columns();
  const int samples_taken = detail::samples_at_once(batch, source_forms.size() * depth);
  const Parts panel_parts{columns / width, std::min(columns / width, 2 * thread_count())};
  Scalar* results = workspace.get(Workspace<Scalar>::transposed, static_cast<std::size_t>(rows_at_once) * width *
                                                                     static_cast<std::size_t>(thread_count()));

  for (std::ptrdiff_t member = 0; member < members; ++member)
    for (int first = 0; first < batch; first += samples_taken) {
      const int samples = std::min(samples_taken, batch - first);
      const Scalar* forms =
          detail::transform(workspace, Workspace<Scalar>::left_operands, source_forms,
                            {source + member * source_positions * batch * depth, batch, depth, first, samples}, depth);
      const auto target_rows = [&](std::ptrdiff_t position) {
        return target + ((member * target_positions + position) * batch + first) * columns;
      };
      for_all(target_positions, [&](std::ptrdiff_t position) {
        for (int sample = 0; sample < samples; ++sample) {
          if (initial)
            std::copy_n(initial + member * columns, columns, target_rows(position) + std::ptrdiff_t{sample} * columns);
          else
            std::fill_n(target_rows(position) + std::ptrdiff_t{sample} * columns, columns, Scalar(0));
        }
      });

      const Parts row_parts{samples, (samples + rows_at_once - 1) / rows_at_once};
      for (const ResultGroup& group : groups) {
        const Scalar* taps = detail::transform_taps(workspace, tap_forms, group.taps, weights, member);
        parallel_for(panel_parts.count * row_parts.count, [&](std::ptrdiff_t task) {
          const std::ptrdiff_t part = task / row_parts.count;
          const std::ptrdiff_t row = row_parts.begin(task % row_parts.count);
          const int rows = static_cast<int>(row_parts.end(task % row_parts.count) - row);
          Scalar* result = results + thread_index() * rows_at_once * width;
          for (std::ptrdiff_t list = 0; list < group.links.size(); ++list)
            for (auto panel = panel_parts.begin(part); panel < panel_parts.end(part); ++panel) {
              multiply_panel(
                  rows, BlockPairs{group.links.begin(list), group.links.end(list) - group.links.begin(list), depth},
                  LeftRows<Scalar>{forms + row * depth, std::ptrdiff_t{samples} * depth, depth},
                  RightRows<Scalar>{taps + panel * depth * width, std::ptrdiff_t{depth} * columns, width},
                  Target<Scalar>{result, width, width, false});
              const int form = group.results[static_cast<std::size_t>(list)];
              for (auto term = target_forms.begin(form); term != target_forms.end(form); ++term)
                detail::add_rows(rows, width, term->factor, result, width, true,
                                 target_rows(term->index) + row * columns + panel * width, columns);
            }
        });
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
  const int samples_taken =
      detail::samples_at_once(batch, std::max(plan.input.size() * rows, plan.output.size() * columns));
  const Parts panel_parts = cut(columns / width, (rows + rows_at_once - 1) / rows_at_once);
  const std::ptrdiff_t row_blocks = (rows + rows_at_once - 1) / rows_at_once;
  Scalar* results = workspace.get(Workspace<Scalar>::transposed, static_cast<std::size_t>(rows_at_once) * width *
                                                                     static_cast<std::size_t>(thread_count()));

  for (std::ptrdiff_t member = 0; member < members; ++member)
    for (int first = 0; first < batch; first += samples_taken) {
      const int samples = std::min(samples_taken, batch - first);
      const Scalar* left = detail::transform(
          workspace, Workspace<Scalar>::left_operands, plan.input,
          {input + member * input_positions * batch * rows, batch, rows, first, samples}, rows_at_once);
      const Scalar* right = detail::transform(
          workspace, Workspace<Scalar>::right_operands, plan.output,
          {output_gradient + member * output_positions * batch * columns, batch, columns, first, samples}, width);
      parallel_for(row_blocks * panel_parts.count, [&](std::ptrdiff_t task) {
        const std::ptrdiff_t part = task % panel_parts.count, row = task / panel_parts.count * rows_at_once;
        const int taken = static_cast<int>(std::min<std::ptrdiff_t>(rows_at_once, rows - row));
        Scalar* result = results + thread_index() * rows_at_once * width;
        const auto target_rows = [&](std::ptrdiff_t tap) {
          return gradient + ((member * taps + tap) * rows + row) * columns;
        };
        if (first == 0 && write == WriteMode::replace) {
          const std::ptrdiff_t begin = panel_parts.begin(part) * width, end = panel_parts.end(part) * width;
          for (std::ptrdiff_t tap = 0; tap < taps; ++tap)
            for (int i = 0; i < taken; ++i)
              std::fill_n(target_rows(tap) + std::ptrdiff_t{i} * columns + begin, end - begin, Scalar(0));
        }
        for (std::ptrdiff_t form = 0; form < plan.taps.size(); ++form)
          for (auto panel = panel_parts.begin(part); panel < panel_parts.end(part); ++panel) {
            multiply_panel(
                taken, BlockPairs{plan.by_tap.begin(form), plan.by_tap.end(form) - plan.by_tap.begin(form), samples},
                LeftColumns<Scalar>{left + row * samples, std::ptrdiff_t{samples} * rows, taken},
                RightRows<Scalar>{right + panel * width * samples, std::ptrdiff_t{samples} * columns, width},
                Target<Scalar>{result, width, width, false});
            for (auto term = plan.taps.begin(form); term != plan.taps.end(form); ++term)
              detail::add_rows(taken, width, term->factor, result, width, true,
                               target_rows(term->index) + panel * width, columns);
          }
      });
    }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
