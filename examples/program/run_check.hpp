/// @file
/// Whether a run is one that the command line can make: what its files say is not believed.
#pragma once

#include "settings.hpp"

#include <string>

namespace program {

/// Throws zoetrope::Error, which begins with @p where, for a run that the command line cannot make.
void check_run(const Run& run, const std::string& where);

} // namespace program
