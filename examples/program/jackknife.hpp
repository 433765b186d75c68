/// @file
/// Standard errors of measures that no formula gives.
#pragma once

#include "measure_row.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace program {

/// The values of all groups of films and their standard errors: those of the jackknife that leaves out one group at a
/// time (Tukey 1958). values(group) gives the same values of all but that group, values(-1) of all.
template <class Values>
requires requires(const Values& values, int group) {
  { values(group) } -> std::convertible_to<std::vector<double>>;
}
std::vector<Measured> jackknife(int groups, const Values& values) {
  std::vector<Measured> result;
  for (const double value : values(-1)) result.push_back({value, 0});
  std::vector<std::vector<double>> without(result.size());
  for (int group = 0; group < groups; ++group) {
    const std::vector<double> some = values(group);
    for (std::size_t i = 0; i < some.size(); ++i) without[i].push_back(some[i]);
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    double mean = 0, squares = 0;
    for (const double value : without[i]) mean += value / groups;
    for (const double value : without[i]) squares += (value - mean) * (value - mean);
    result[i].error = std::sqrt(squares * (groups - 1) / groups);
  }
  return result;
}

/// What @p make(films, count) says of each of so many groups of @p films, which are of about the same size.
template <class Make>
auto in_groups(std::span<const float> films, std::size_t film_size, std::size_t groups, const Make& make) {
  const std::size_t count = films.size() / film_size;
  std::vector<decltype(make(films, 0))> result;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t first = count * group / groups, some = count * (group + 1) / groups - first;
    result.push_back(make(films.subspan(first * film_size, some * film_size), static_cast<int>(some)));
  }
  return result;
}

/// Only the values, in their order.
template <class NamedValues>
std::vector<double> values_of(const NamedValues& named) {
  std::vector<double> values;
  for (const auto& [name, value] : named) values.push_back(value);
  return values;
}

} // namespace program
