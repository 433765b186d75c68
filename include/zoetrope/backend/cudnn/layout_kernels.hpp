/// @file
/// Kernels between layouts: positions, frames and packs that move, and sums of members, positions and steps.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/kernels.hpp"

namespace zoetrope::kernel {

/// Features [batch][member][feature] and positions [batch][position][member][channel]; feature c * positions + p where
/// @p channels_first, else p * channels + c.
struct Positions {
  Index positions, members, channels;
  bool channels_first, split;
  const float* from;
  float* to;
  /// @p i is an index into the activations that have positions.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index channel = i % channels, member = i / channels % members, position = i / channels / members % positions,
                sample = i / channels / members / positions;
    const Index feature = channels_first ? channel * positions + position : position * channels + channel;
    const Index merged = (sample * members + member) * positions * channels + feature;
    if (split)
      to[i] = from[merged];
    else
      to[merged] = from[i];
  }
};

/// Every member gets what the one has.
struct RepeatMembers {
  Index members, channels;
  const float* from;
  float* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    to[i] = from[i / (members * channels) * channels + i % channels];
  }
};

/// Where values of chosen frames [film * judged][value] lie in films [film][time + beside][value].
struct ChosenFrames {
  Index time, each, beside, batch, frame_size;
  ZOETROPE_HOST_DEVICE Index in_films(Index i) const {
    const Index frame = i / frame_size, film = frame / (each + beside), which = frame % (each + beside);
    const Index at = which < each ? (film + which * batch) % time : time + which - each;
    return (film * (time + beside) + at) * frame_size + i % frame_size;
  }
};

struct PickFrames {
  ChosenFrames chosen;
  const float* films;
  float* frames;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { frames[i] = films[chosen.in_films(i)]; }
};

struct AddFrames {
  ChosenFrames chosen;
  const float* frames;
  float* films;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { films[chosen.in_films(i)] += frames[i]; }
};

/// Rows of @p width values, each followed by @p more of another's row, or by zeros.
struct AppendColumns {
  Index width, more;
  const float* from;
  const float* behind; ///< null: zeros
  float* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / (width + more), column = i % (width + more);
    to[i] = column < width ? from[row * width + column] : behind ? behind[row * more + column - width] : 0.0F;
  }
};
/// The first @p width values of each row.
struct FirstColumns {
  Index width, more;
  const float* from;
  float* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { to[i] = from[i / width * (width + more) + i % width]; }
};

/// Of samples [batch][position][channel] each position's values added to those of all before it, or, reversed, after.
struct AddUpPositions {
  Index positions, channels;
  bool reversed;
  float* values;
  /// @p i is an index into a position of all samples.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    float* value = values + i / channels * positions * channels + i % channels;
    if (reversed) value += (positions - 1) * channels;
    const Index next = reversed ? -channels : channels;
    for (Index position = 1; position < positions; ++position, value += next) value[next] += value[0];
  }
};

struct SumMembers {
  Index members, channels;
  const float* from;
  float* to;
  /// @p i is an index into the sum.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const float* first = from + i / channels * members * channels + i % channels;
    float sum = 0.0F;
    for (Index member = 0; member < members; ++member) sum += first[member * channels];
    to[i] = sum;
  }
};

/// [sample][step][member][channel] -> [sample][step][member][kind][channel], in fewer steps.
struct FilterOverTime {
  TapsOfKinds filters;
  Index all_channels; ///< of all members
  Index steps, channels;
  const float* from;
  float* to;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index channel = i % channels, kind = i / channels % filters.kinds,
                member = i / channels / filters.kinds % (all_channels / channels),
                row = i / filters.kinds / all_channels, seen = steps - filters.taps + 1;
    const float* first = from + (row / seen * steps + row % seen) * all_channels + member * channels + channel;
    float sum = 0.0F;
    for (Index tap = 0; tap < filters.taps; ++tap)
      sum += static_cast<float>(filters.values[kind * filters.taps + tap]) * first[tap * all_channels];
    to[i] = sum;
  }
};
struct FilterOverTimeGradient {
  TapsOfKinds filters;
  Index all_channels;
  Index steps, channels;
  const float* to_gradient;
  float* from_gradient;
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index channel = i % channels, member = i / channels % (all_channels / channels), row = i / all_channels,
                step = row % steps, seen = steps - filters.taps + 1;
    float sum = 0.0F;
    for (Index tap = 0; tap < filters.taps; ++tap) {
      const Index at = step - tap;
      if (at < 0 || at >= seen) continue;
      for (Index kind = 0; kind < filters.kinds; ++kind)
        sum += static_cast<float>(filters.values[kind * filters.taps + tap]) *
               to_gradient[((row / steps * seen + at) * all_channels + member * channels) * filters.kinds +
                           kind * channels + channel];
    }
    from_gradient[i] = sum;
  }
};

/// Samples [pack][sample][position][member][channel] and packs [pack][position][member][sample][channel].
struct PackSamples {
  Index positions, members, together, channels;
  bool pack;
  const float* from;
  float* to;
  /// @p i is an index into the packs.
  ZOETROPE_HOST_DEVICE void operator()(Index i) const {
    const Index channel = i % channels, sample = i / channels % together, member = i / channels / together % members,
                position = i / channels / together / members % positions,
                pack_index = i / channels / together / members / positions;
    const Index apart =
        (((pack_index * together + sample) * positions + position) * members + member) * channels + channel;
    if (pack)
      to[i] = from[apart];
    else
      to[apart] = from[i];
  }
};

} // namespace zoetrope::kernel
