/// @file
/// The version of this program, which is zoetrope's.
#pragma once

#include <zoetrope/version.hpp>

#include <string>

namespace program {

inline std::string program_version() {
  return std::to_string(ZOETROPE_VERSION_MAJOR) + "." + std::to_string(ZOETROPE_VERSION_MINOR) + "." +
         std::to_string(ZOETROPE_VERSION_PATCH);
}

} // namespace program
