/// @file
/// This program's presets by name.
#pragma once

#include "settings.hpp"

#include <string>
#include <vector>

namespace program {

std::vector<std::string> preset_names();

/// With those that files of the other programs name.
std::vector<std::string> known_presets();

/// Throws zoetrope::Error for an unknown name.
Run preset(const std::string& name);

} // namespace program
