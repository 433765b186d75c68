/// @file
/// The measures of moving balls, for a report.
#pragma once

#include "session.hpp"
#include "settings.hpp"

#include <string>
#include <vector>

namespace bouncing_balls {

struct MeasureRow {
  std::string name;
  double generated = 0; ///< of the run's films against real ones
  double real = 0;      ///< of real films against other real ones
  std::string best;     ///< the value of a perfect generator
};

/// Measures @p count films of @p session against real films of @p run that it was not trained on, twice as many.
std::vector<MeasureRow> measure(Session& session, const Run& run, int count);

} // namespace bouncing_balls
