/// @file
/// Convolutions whose input has too few channels to fill a vector: first layers, and G_F's last layer. There the batch
/// or the kernel's taps fill it instead, and the input is still read where it lies.
#pragma once

#include "zoetrope/backend/eigen/buffer.hpp"
#include "zoetrope/backend/eigen/convolution_plan.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/eigen/tile.hpp"
#include "zoetrope/backend/transpose.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

namespace detail {

/// A value for every position, channel and sample; the samples of one position and channel follow each other in whole
/// vectors.
template <class Scalar>
struct SampleRows {
  const Scalar* data; ///< of position number first
  std::ptrdiff_t position_step, channel_step;
  int first = 0;
};

/// Weights of one target channel: data[tap * tap_step + source channel].
template <class Scalar>
struct TapWeights {
  const Scalar* data;
  std::ptrdiff_t tap_step;
};

/// to = initial + sum over the (position, tap) links and the channels of weight * row, for @p Vectors vectors of
/// samples.
template <int Vectors, class Scalar>
void gather_samples(const BlockPair* link, const BlockPair* last, int channels, const TapWeights<Scalar>& weights,
                    const SampleRows<Scalar>& rows, Scalar initial, Scalar* to) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  constexpr int chains = 4; // sums that do not wait for each other
  constexpr int width = packet_size<Scalar>;
  P sum[chains][Vectors];
  unroll<chains>([&](int chain) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { sum[chain][v] = pset1<P>(chain == 0 ? initial : Scalar(0)); });
  });
  for (; link != last; ++link) {
    const Scalar* weight = weights.data + link->right * weights.tap_step;
    const Scalar* row = rows.data + (link->left - rows.first) * rows.position_step;
    const auto add = [&](int chain, int channel) ZOETROPE_INLINE_LAMBDA {
      const P factor = pset1<P>(weight[channel]);
      unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
        sum[chain][v] = pmadd(factor, ploadu<P>(row + channel * rows.channel_step + v * width), sum[chain][v]);
      });
    };
    int channel = 0;
    for (; channel + chains <= channels; channel += chains)
      unroll<chains>([&](int chain) ZOETROPE_INLINE_LAMBDA { add(chain, channel + chain); });
    for (; channel < channels; ++channel) add(0, channel);
  }
  unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
    pstoreu(to + v * width, padd(padd(sum[0][v], sum[1][v]), padd(sum[2][v], sum[3][v])));
  });
}

/// The same for any number of @p samples; those of one target lie @p target_step apart.
template <class Scalar>
void gather_row(const BlockPair* first, const BlockPair* last, int channels, const TapWeights<Scalar>& weights,
                SampleRows<Scalar> rows, Scalar initial, int samples, Scalar* target, std::ptrdiff_t target_step) {
  constexpr int width = packet_size<Scalar>;
  constexpr int most = tile_rows >= 8 ? 4 : 2; // vectors for which there are registers
  alignas(64) Scalar result[most * width];
  while (samples > 0) {
    const int vectors = (samples + width - 1) / width;
    const int taken = vectors >= most ? most : vectors >= 2 ? 2 : 1;
    if (taken == most)
      gather_samples<most>(first, last, channels, weights, rows, initial, result);
    else if (taken == 2)
      gather_samples<2>(first, last, channels, weights, rows, initial, result);
    else
      gather_samples<1>(first, last, channels, weights, rows, initial, result);
    const int count = std::min(samples, taken * width);
    for (int i = 0; i < count; ++i) target[i * target_step] = result[i];
    rows.data += count;
    target += count * target_step;
    samples -= count;
  }
}

/// Samples [position][batch][channel] from number @p first on, transposed to [position][channel][sample] with the
/// samples of one channel in whole vectors; valid until the next call.
template <class Scalar>
SampleRows<Scalar> transpose_samples(Workspace<Scalar>& workspace, std::ptrdiff_t positions, int batch, int first,
                                     int samples, int channels, const Scalar* values) {
  const int padded = padded_columns<Scalar>(samples);
  const std::ptrdiff_t step = std::ptrdiff_t{channels} * padded;
  Scalar* transposed = workspace.get(Workspace<Scalar>::transposed, static_cast<std::size_t>(positions * step));
  for_all(positions, [&](std::ptrdiff_t position) {
    transpose(values + (position * batch + first) * channels, channels, samples, channels, transposed + position * step,
              padded, padded);
  });
  return {transposed, step, padded};
}

struct PositionRange {
  std::ptrdiff_t begin, end;
};

/// The left positions from the first to the last one that @p links name for [first, last).
inline PositionRange left_range(const Links& links, std::ptrdiff_t first, std::ptrdiff_t last) {
  PositionRange range{0, 0};
  for (const BlockPair* link = links.begin(first); link != links.begin(last); ++link) {
    if (link == links.begin(first)) range.begin = link->left;
    range.begin = std::min<std::ptrdiff_t>(range.begin, link->left);
    range.end = std::max<std::ptrdiff_t>(range.end, link->left + 1);
  }
  return range;
}

/// Output positions whose samples a filter's gradient takes together.
inline constexpr int max_positions = 64;
inline constexpr std::size_t row_table_size = max_positions * tile_rows;

} // namespace detail

/// The gradient with respect to the input, as in convolution.hpp.
template <class Scalar>
void data_gradient_of_few_channels(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                                   const Scalar* output_gradient, const Scalar* weights, const Scalar* bias,
                                   Scalar* input_gradient) {
  const auto& g = plan.geometry;
  const int channels = g.input_channels, outputs = g.output_channels;
  const std::ptrdiff_t output_positions = g.output_positions(), input_positions = g.input_positions();
  // What is transposed at once stays small: some samples, and of some members all positions, or of one member those
  // that a band of input positions reads.
  constexpr int max_samples = 64;
  constexpr std::ptrdiff_t max_transposed = 128 * 1024;
  const std::ptrdiff_t of_member = output_positions * outputs * padded_columns<Scalar>(std::min(batch, max_samples));
  const std::ptrdiff_t max_members = std::clamp<std::ptrdiff_t>(max_transposed / of_member, 1, members);
  const Parts bands{input_positions, std::clamp<std::ptrdiff_t>(2 * of_member / max_transposed, 1, 16)};
  for (std::ptrdiff_t first_member = 0; first_member < members; first_member += max_members) {
    const std::ptrdiff_t taken = std::min(max_members, members - first_member);
    for (int first = 0; first < batch; first += max_samples) {
      const int samples = std::min(max_samples, batch - first);
      for (std::ptrdiff_t band = 0; band < bands.count; ++band) {
        const auto read = bands.count == 1 ? detail::PositionRange{0, output_positions}
                                           : detail::left_range(plan.by_input, bands.begin(band), bands.end(band));
        const auto transposed = detail::transpose_samples(
            workspace, (taken - 1) * output_positions + read.end - read.begin, batch, first, samples, outputs,
            output_gradient + (first_member * output_positions + read.begin) * batch * outputs);
        const Parts parts = cut(bands.end(band) - bands.begin(band), taken);
        parallel_for(taken * parts.count, [&](std::ptrdiff_t task) {
          const std::ptrdiff_t part = task % parts.count, taken_member = task / parts.count;
          const std::ptrdiff_t member = first_member + taken_member;
          const detail::SampleRows<Scalar> rows{
              transposed.data + taken_member * output_positions * transposed.position_step, transposed.position_step,
              transposed.channel_step, static_cast<int>(read.begin)};
          const Scalar* member_weights = weights + member * g.taps() * channels * outputs;
          for (std::ptrdiff_t in_band = parts.begin(part); in_band < parts.end(part); ++in_band) {
            const std::ptrdiff_t position = bands.begin(band) + in_band;
            for (int channel = 0; channel < channels; ++channel)
              detail::gather_row(
                  plan.by_input.begin(position), plan.by_input.end(position), outputs,
                  {member_weights + std::ptrdiff_t{channel} * outputs, std::ptrdiff_t{channels} * outputs}, rows,
                  bias ? bias[member * channels + channel] : Scalar(0), samples,
                  input_gradient + ((member * input_positions + position) * batch + first) * channels + channel,
                  channels);
          }
        });
      }
    }
  }
}

/// The gradient with respect to the weights, as in convolution.hpp.
template <class Scalar>
void filter_gradient_of_few_channels(Workspace<Scalar>& workspace, const ConvolutionPlan& plan, int members, int batch,
                                     const Scalar* input, const Scalar* output_gradient, WriteMode write,
                                     Scalar* filter_gradient) {
  using detail::max_positions;
  const auto& g = plan.geometry;
  const int channels = g.input_channels, columns = g.output_channels;
  const int depth = static_cast<int>(g.taps()) * channels; // rows of the result
  const int padded = padded_columns<Scalar>(columns);
  output_gradient = pad_columns(workspace, output_gradient, members * g.output_positions() * batch, columns);
  // What a tap in the padding reads.
  const std::ptrdiff_t zero_count = std::ptrdiff_t{batch} * channels;
  Scalar* zeros = workspace.get(Workspace<Scalar>::zeros, static_cast<std::size_t>(zero_count));
  std::fill_n(zeros, zero_count, Scalar(0));
  const std::ptrdiff_t chunk_positions = std::clamp(512 / batch, 1, max_positions);
  const std::ptrdiff_t row_tasks = (depth + tile_rows - 1) / tile_rows;
  parallel_for(members * row_tasks, [&](std::ptrdiff_t task) {
    const std::ptrdiff_t member = task / row_tasks;
    const int first_row = static_cast<int>(task % row_tasks) * tile_rows;
    const int rows = std::min(tile_rows, depth - first_row);
    const Scalar* member_input = input + member * g.input_positions() * batch * channels;
    const Scalar* member_gradient = output_gradient + member * g.output_positions() * batch * padded;
    std::array<const Scalar*, detail::row_table_size> table;
    std::array<BlockPair, max_positions> pairs;
    for (std::ptrdiff_t chunk = 0; chunk < g.output_positions(); chunk += chunk_positions) {
      const std::ptrdiff_t positions = std::min(chunk_positions, g.output_positions() - chunk);
      for (int position = 0; position < positions; ++position)
        pairs[static_cast<std::size_t>(position)] = {position, static_cast<int>(chunk) + position};
      std::fill_n(table.begin(), positions * tile_rows, zeros);
      for (int row = 0; row < rows; ++row) {
        const int tap = (first_row + row) / channels, channel = (first_row + row) % channels;
        const auto last = plan.by_tap.end(tap);
        for (auto link =
                 std::lower_bound(plan.by_tap.begin(tap), last, chunk,
                                  [](const BlockPair&pair, std::ptrdiff_t position) { return pair.right < position; });
             link != last && link->right < chunk + positions; ++link)
          table[static_cast<std::size_t>((link->right - chunk) * tile_rows + row)] =
              member_input + std::ptrdiff_t{link->left} * batch * channels + channel;
      }
      for (int column = 0; column < columns; column += tile_columns<Scalar>)
        multiply_panel(rows, BlockPairs{pairs.data(), positions, batch}, LeftTable<Scalar>{table.data(), channels},
                       RightRows<Scalar>{member_gradient + column, std::ptrdiff_t{batch} * padded, padded},
                       Target<Scalar>{filter_gradient + (member * depth + first_row) * columns + column, columns,
                                      std::min(tile_columns<Scalar>, columns - column),
                                      chunk > 0 || write == WriteMode::add});
    }
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
