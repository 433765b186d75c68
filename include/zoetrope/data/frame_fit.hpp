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

  /// result [to][inner] from source [at][inner].
  void apply(std::size_t inner, const float* from, float* to) const {
    std::vector<double> sums(inner);
    for (const Row& row : rows_) {
      const float* first = from + static_cast<std::size_t>(row.first) * inner;
      const double* weights = weights_.data() + row.weights;
      for (std::size_t i = 0; i < inner; ++i) sums[i] = weights[0] * static_cast<double>(first[i]);
      for (std::size_t k = 1; k < row.count; ++k)
        for (std::size_t i = 0; i < inner; ++i) sums[i] += weights[k] * static_cast<double>(first[k * inner + i]);
      for (std::size_t i = 0; i < inner; ++i) *to++ = static_cast<float>(sums[i]);
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

/// How frames of one size become frames of another, of 1 or 3 channels. Equal sizes keep every value.
class FrameFit {
public:
  FrameFit(const FrameSizes& sizes, const FrameSizes& wanted, Crop crop)
      : sizes_(sizes), wanted_(wanted), part_(part(sizes, wanted, crop)),
        across_(part_.left, part_.left + part_.width, sizes.width, part_.columns),
        down_(part_.top, part_.top + part_.height, sizes.height, part_.rows) {}

  [[nodiscard]] const FrameSizes& sizes() const { return sizes_; }

  /// Writes @p source to @p out, both [height, width, channels], with @p black where borders are.
  template <class T>
  void apply(std::span<const T> source, float black, std::span<float> out) const {
    const std::size_t channels = count(wanted_.channels), row_values = count(sizes_.width) * channels;
    const std::size_t source_row = count(sizes_.width) * count(sizes_.channels);
    const bool same_size = sizes_.height == wanted_.height && sizes_.width == wanted_.width;
    const std::size_t narrow_row = count(part_.columns) * channels;
    std::vector<float> found(source_row), row(row_values), narrow(same_size ? 0 : count(sizes_.height) * narrow_row);
    for (std::size_t y = 0; y < count(sizes_.height); ++y) {
      const auto from = source.subspan(y * source_row, source_row);
      std::copy(from.begin(), from.end(), found.begin());
      float* const converted = same_size ? out.data() + y * row_values : row.data();
      if (sizes_.channels == wanted_.channels)
        std::copy(found.begin(), found.end(), converted);
      else
        convert_channels(count(sizes_.width), sizes_.channels, found.data(), wanted_.channels, converted);
      if (!same_size) across_.apply(channels, row.data(), narrow.data() + y * narrow_row);
    }
    if (same_size) return;
    if (count(part_.rows) * narrow_row == out.size()) {
      down_.apply(narrow_row, narrow.data(), out.data());
      return;
    }
    std::vector<float> fitted(count(part_.rows) * narrow_row);
    down_.apply(narrow_row, narrow.data(), fitted.data());
    std::fill(out.begin(), out.end(), black);
    for (std::size_t y = 0; y < count(part_.rows); ++y)
      std::copy_n(fitted.data() + y * narrow_row, narrow_row,
                  out.data() +
                      ((y + count(part_.first_row)) * count(wanted_.width) + count(part_.first_column)) * channels);
  }

private:
  static std::size_t count(int value) { return static_cast<std::size_t>(value); }

  /// The part of the source that is seen, and the part of the result that it fills.
  struct Part {
    double top = 0, left = 0, height = 0, width = 0;
    int first_row = 0, first_column = 0, rows = 0, columns = 0;
  };
  static Part part(const FrameSizes& sizes, const FrameSizes& wanted, Crop crop) {
    Part result{
        0, 0, static_cast<double>(sizes.height), static_cast<double>(sizes.width), 0, 0, wanted.height, wanted.width};
    if (crop == Crop::center) {
      result.height = std::min(result.height, result.width * wanted.height / wanted.width);
      result.width = std::min(result.width, result.height * wanted.width / wanted.height);
      result.top = (sizes.height - result.height) / 2;
      result.left = (sizes.width - result.width) / 2;
    } else if (crop == Crop::borders) {
      const double scale = std::min(wanted.height / result.height, wanted.width / result.width);
      result.rows = std::clamp(static_cast<int>(result.height * scale + 0.5), 1, wanted.height);
      result.columns = std::clamp(static_cast<int>(result.width * scale + 0.5), 1, wanted.width);
      result.first_row = (wanted.height - result.rows) / 2;
      result.first_column = (wanted.width - result.columns) / 2;
    }
    return result;
  }

  FrameSizes sizes_, wanted_;
  Part part_;
  AreaFilter across_, down_;
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace detail
} // namespace zoetrope
