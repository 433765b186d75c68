/// @file
/// Sessions of the parts that a program may be built without.
#pragma once

#include "session.hpp"
#include "settings.hpp"

#include <memory>
#include <string>

namespace program {

/// On an NVIDIA GPU, in precision tf32 or bf16. Throws zoetrope::Error where there is none.
std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision);
/// On the CPU, in precision bf16.
std::unique_ptr<Session> make_bf16_session(const Run& run);

} // namespace program
