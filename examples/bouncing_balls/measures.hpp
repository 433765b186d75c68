/// @file
/// The measures of moving balls, for a report.
#pragma once

#include "report.hpp"

#include <string>
#include <vector>

namespace bouncing_balls {

struct MeasureRow {
  std::string name;
  double generated = 0; ///< of the run's films against real ones
  double real = 0;      ///< of real films against other real ones
  std::string best;     ///< the value of a perfect generator
};

/// Measures @p session's films against real films of @p run that it was not trained on.
std::vector<MeasureRow> measure(Session& session, const Run& run, const ReportSettings& settings);

} // namespace bouncing_balls
