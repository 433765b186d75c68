/// @file
/// Sums over the rows of [member][row][channel], read once from front to back: parts of the rows are summed side by
/// side, and the parts' sums added in their order, so that results do not depend on the number of threads.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

/// Rows that are summed on their own first, against rounding.
inline constexpr std::ptrdiff_t block_rows = 16;

/// Parts of the rows, each of whole blocks and worth a task.
inline Parts cut_rows(std::ptrdiff_t rows, int members, int channels) {
  const std::ptrdiff_t blocks = (rows + block_rows - 1) / block_rows;
  const std::ptrdiff_t worthwhile = std::max<std::ptrdiff_t>(rows * channels / 4096, 1);
  return {blocks, std::min({cut(blocks, members).count, worthwhile})};
}

/// Calls @p body(member, part, first row, last row) for every part, in parallel.
template <class Body>
void for_row_parts(const Parts& parts, int members, std::ptrdiff_t rows, const Body& body) {
  parallel_for(members * parts.count, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t part = task % parts.count;
    body(task / parts.count, part, parts.begin(part) * block_rows, std::min(parts.end(part) * block_rows, rows));
  });
}

/// Calls @p body.operator()<Lane>(where, channel, row count) for blocks of rows, in parallel: @p where is the offset of
/// the block's first value, from which its rows lie @p channels apart, and @p channel counts all members' channels.
template <class Scalar, class Body>
void for_row_blocks(int members, std::ptrdiff_t rows, int channels, const Body& body) {
  for_row_parts(cut_rows(rows, members, channels), members, rows,
                [&](std::ptrdiff_t member, std::ptrdiff_t, std::ptrdiff_t first, std::ptrdiff_t last) {
                  for (std::ptrdiff_t block = first; block < last; block += block_rows)
                    for_lanes<Scalar>(channels, [&]<class Lane>(int channel) {
                      body.template operator()<Lane>((member * rows + block) * channels + channel,
                                                     member * channels + channel, std::min(block_rows, last - block));
                    });
                });
}

/// @p Sums sums over the rows for every member and channel: [member][sum][channel], valid until the next call.
/// @p terms.operator()<Lane>(where, channel, sums) adds a row's terms, @p where being the offset of its values and
/// @p channel that among all members' channels.
template <int Sums, class Scalar, class Terms>
Scalar* sum_terms(Workspace<Scalar>& workspace, int members, std::ptrdiff_t rows, int channels, const Terms& terms) {
  using namespace Eigen::internal;
  const Parts parts = cut_rows(rows, members, channels);
  const std::ptrdiff_t size = std::ptrdiff_t{Sums} * channels;
  Scalar* partial =
      workspace.get(Workspace<Scalar>::channel_sums, static_cast<std::size_t>(members * (parts.count + 1) * size));
  Scalar* total = partial + members * parts.count * size;
  for_row_parts(parts, members, rows,
                [&](std::ptrdiff_t member, std::ptrdiff_t part, std::ptrdiff_t first, std::ptrdiff_t last) {
                  Scalar* sums = partial + (member * parts.count + part) * size;
                  std::fill_n(sums, size, Scalar(0));
                  for (std::ptrdiff_t block = first; block < last; block += block_rows) {
                    const std::ptrdiff_t block_end = std::min(block + block_rows, last);
                    for_lanes<Scalar>(channels, [&]<class Lane>(int channel) {
                      Lane block_sums[Sums];
                      for (auto& sum : block_sums) sum = pset1<Lane>(Scalar(0));
                      for (std::ptrdiff_t row = block; row < block_end; ++row)
                        terms.template operator()<Lane>((member * rows + row) * channels + channel,
                                                        member * channels + channel, block_sums);
                      for (int i = 0; i < Sums; ++i) {
                        Scalar* sum = sums + i * channels + channel;
                        pstoreu(sum, padd(ploadu<Lane>(sum), block_sums[i]));
                      }
                    });
                  }
                });
  for (std::ptrdiff_t member = 0; member < members; ++member) {
    Scalar* sums = total + member * size;
    const Scalar* part_sums = partial + member * parts.count * size;
    std::copy_n(part_sums, size, sums);
    for (std::ptrdiff_t part = 1; part < parts.count; ++part)
      for (std::ptrdiff_t i = 0; i < size; ++i) sums[i] += part_sums[part * size + i];
  }
  return total;
}

} // namespace detail

/// The sum over [rows], written over sums [member][channels] or added to them.
template <class Scalar>
void sum_rows(Workspace<Scalar>& workspace, int members, std::ptrdiff_t rows, int channels, const Scalar* values,
              WriteMode write, Scalar* sums) {
  using namespace Eigen::internal;
  const Scalar* found = detail::sum_terms<1>(workspace, members, rows, channels,
                                             [&]<class Lane>(std::ptrdiff_t where, std::ptrdiff_t, Lane* terms) {
                                               terms[0] = padd(terms[0], ploadu<Lane>(values + where));
                                             });
  for (std::ptrdiff_t i = 0; i < std::ptrdiff_t{members} * channels; ++i)
    sums[i] = found[i] + (write == WriteMode::add ? sums[i] : Scalar(0));
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
