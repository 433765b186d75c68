/// @file
/// From a frame of any size to the one wanted: crop, area-filtered resizing, grey or colour.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/data/film_archive.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace zoetrope {

/// What becomes of a frame whose proportions are not those wanted.
enum class Crop {
  center,  ///< the largest part in the middle that has them
  stretch, ///< all of it, out of proportion
  borders  ///< all of it, between borders of -1, black
};

namespace detail {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// One dimension of an area filter: value @p to of the result is the mean of what it covers of the source, each value
/// weighted by how much of it is covered. Nothing is blurred where the scale is 1; enlarging repeats values.
class AreaFilter {
public:
  /// Cells [begin, end) of a source of @p source values become @p result values.
  AreaFilter(double begin, double end, int source, int result) : rows_(static_cast<std::size_t>(result)) {
    const double scale = (end - begin) / result;
    for (int to = 0; to < result; ++to) {
      const double from = begin + to * scale, until = begin + (to + 1) * scale;
      const int first = std::clamp(static_cast<int>(from), 0, source - 1);
      const int last = std::clamp(static_cast<int>(until), first, source - 1);
      auto& row = rows_[static_cast<std::size_t>(to)];
      row = {first, weights_.size(), 0};
      double sum = 0;
      for (int at = first; at <= last; ++at) {
        const double covered = std::min<double>(until, at + 1) - std::max<double>(from, at);
        if (covered <= std::min(1e-9 * scale, 0.5) && last > first) {
          if (row.count == 0) row.first = at + 1; // what rounding leaves of a neighbour
          continue;
        }
        weights_.push_back(covered);
        sum += covered;
        ++row.count;
      }
      for (std::size_t k = 0; k < row.count; ++k) weights_[row.weights + k] /= sum;
    }
  }

  /// result [outer][to][inner] from source [outer][at][inner].
  void apply(std::size_t outer, std::size_t source, std::size_t inner, const float* from, float* to) const {
    for (std::size_t o = 0; o < outer; ++o, from += source * inner)
      for (const Row& row : rows_) {
        const float* first = from + static_cast<std::size_t>(row.first) * inner;
        const double* weights = weights_.data() + row.weights;
        for (std::size_t i = 0; i < inner; ++i) {
          double sum = weights[0] * static_cast<double>(first[i]);
          for (std::size_t k = 1; k < row.count; ++k) sum += weights[k] * static_cast<double>(first[k * inner + i]);
          *to++ = static_cast<float>(sum);
        }
      }
  }

private:
  struct Row {
    int first = 0; ///< value of the source that the first weight is for
    std::size_t weights = 0, count = 0;
  };
  std::vector<Row> rows_;
  std::vector<double> weights_;
};

/// Grey of red, green and blue by ITU-R BT.601, as most programs make it.
inline float luma(double red, double green, double blue) {
  return static_cast<float>(0.299 * red + 0.587 * green + 0.114 * blue);
}

/// Pixels of @p from channels as pixels of @p to, 1 or 3; opacity is left out.
inline void convert_channels(std::size_t pixels, int from, const float* source, int to, float* result) {
  const bool colour = from >= 3;
  for (std::size_t i = 0; i < pixels; ++i, source += from, result += to) {
    if (to == 1)
      result[0] = colour ? luma(source[0], source[1], source[2]) : source[0];
    else
      for (int c = 0; c < 3; ++c) result[c] = source[colour ? c : 0];
  }
}

/// Writes @p source, of @p sizes, to @p out of @p wanted sizes, 1 or 3 channels. Equal sizes keep every value.
inline void fit_frame(const FrameSizes& sizes, std::span<const float> source, const FrameSizes& wanted, Crop crop,
                      std::span<float> out) {
  std::vector<float> converted;
  if (sizes.channels != wanted.channels) {
    const std::size_t pixels = source.size() / static_cast<std::size_t>(sizes.channels);
    converted.resize(pixels * static_cast<std::size_t>(wanted.channels));
    convert_channels(pixels, sizes.channels, source.data(), wanted.channels, converted.data());
    source = converted;
  }
  if (sizes.height == wanted.height && sizes.width == wanted.width) {
    std::copy(source.begin(), source.end(), out.begin());
    return;
  }
  // The part of the source that is seen, and the part of the result that it fills.
  double top = 0, left = 0, height = sizes.height, width = sizes.width;
  int first_row = 0, first_column = 0, rows = wanted.height, columns = wanted.width;
  if (crop == Crop::center) {
    height = std::min(height, width * wanted.height / wanted.width);
    width = std::min(width, height * wanted.width / wanted.height);
    top = (sizes.height - height) / 2;
    left = (sizes.width - width) / 2;
  } else if (crop == Crop::borders) {
    const double scale = std::min(wanted.height / height, wanted.width / width);
    rows = std::clamp(static_cast<int>(height * scale + 0.5), 1, wanted.height);
    columns = std::clamp(static_cast<int>(width * scale + 0.5), 1, wanted.width);
    first_row = (wanted.height - rows) / 2;
    first_column = (wanted.width - columns) / 2;
    std::fill(out.begin(), out.end(), -1.0F);
  }
  const auto count = [](int value) { return static_cast<std::size_t>(value); };
  const std::size_t channels = count(wanted.channels);
  std::vector<float> narrow(count(sizes.height) * count(columns) * channels),
      fitted(count(rows) * count(columns) * channels);
  AreaFilter(left, left + width, sizes.width, columns)
      .apply(count(sizes.height), count(sizes.width), channels, source.data(), narrow.data());
  AreaFilter(top, top + height, sizes.height, rows)
      .apply(1, count(sizes.height), count(columns) * channels, narrow.data(), fitted.data());
  for (std::size_t row = 0; row < count(rows); ++row) {
    const std::size_t to = ((row + count(first_row)) * count(wanted.width) + count(first_column)) * channels;
    std::copy_n(fitted.data() + row * count(columns) * channels, count(columns) * channels, out.data() + to);
  }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace detail
} // namespace zoetrope
