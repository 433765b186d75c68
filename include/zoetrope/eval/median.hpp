/// @file
/// The median, which outliers and noise move least.
#pragma once

#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

namespace zoetrope {

/// The median, or NaN of nothing.
inline double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2.0;
}

} // namespace zoetrope
