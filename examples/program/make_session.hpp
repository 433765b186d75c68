/// @file
/// The sessions of a program for films of one shape, on every device that it has.
#pragma once

#include "session_of.hpp"

#include <zoetrope/backend/eigen.hpp>

#include <memory>
#include <string>

namespace program {

/// Defined with make_gpu_session_of() in a file of its own, where the program has a GPU part.
std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision);

/// Throws zoetrope::Error for a width, a variant or a device that there is not.
template <zoetrope::FilmShape Film>
std::unique_ptr<Session> make_session_for(const Run& run, const DeviceChoice& device_choice) {
  if (device_choice.device == "cpu") return make_session_on<zoetrope::backend::Eigen<>, Film>(run);
#ifdef PROGRAM_HAS_GPU
  return make_gpu_session(run, device_choice.precision);
#else
  zoetrope::fail(
      "this program was built without its GPU part: build it with the preset gpu, where the CUDA toolkit and "
      "cuDNN are");
#endif
}

} // namespace program
