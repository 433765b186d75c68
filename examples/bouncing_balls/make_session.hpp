/// @file
/// Sessions by the width, variant and device that a run names.
#pragma once

#include "session.hpp"
#include "settings.hpp"

#include <memory>
#include <string>

namespace bouncing_balls {

/// Throws zoetrope::Error for a width, a variant or a device that there is not.
std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice);
std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision);

} // namespace bouncing_balls
