/// @file
/// The measures of moving balls, for a report.
#pragma once

#include "sampled_films.hpp"
#include "session.hpp"
#include "settings.hpp"

#include <string>
#include <vector>

namespace bouncing_balls {

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

/// Measures @p count films of @p session against real films of @p run that it was not trained on, twice as many. The
/// errors are those of the jackknife that leaves out one twentieth of the films at a time (Tukey 1958), and of a share
/// of films for the classifier.
std::vector<MeasureRow> measure(Session& session, const Run& run, int count, const OnShare& on_share);

} // namespace bouncing_balls
