/// @file
/// Measures with what they are compared with: rows of a report, and limits that a run should keep.
#pragma once

#include <zoetrope/core/number_text.hpp>

#include <string>

namespace program {

/// A measure and its standard error: how much it would differ with other films of the same kind.
struct Measured {
  double value = 0, error = 0;
};

struct MeasureRow {
  std::string name;
  Measured generated; ///< of the run's films against real ones
  Measured real;      ///< of real films against other real ones
  std::string best;   ///< the value of a perfect generator
};

/// A measure, and whether it is as it should be.
struct CheckedMeasure {
  std::string name;
  double value;
  std::string wanted; ///< in words
  bool good;
};

inline CheckedMeasure at_least(const std::string& name, double value, double limit) {
  return {name, value, "at least " + zoetrope::number_text(limit), value >= limit};
}
inline CheckedMeasure at_most(const std::string& name, double value, double limit) {
  return {name, value, "at most " + zoetrope::number_text(limit), value <= limit};
}

} // namespace program
