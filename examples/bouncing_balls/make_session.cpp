#include "ball_sessions.hpp"
#include "this_program.hpp"

#include <zoetrope/backend/eigen.hpp>

namespace program {

#ifdef PROGRAM_HAS_GPU
/// In make_gpu_session.cpp.
std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision);
#endif

std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice) {
  if (device_choice.device == "cpu")
    return make_session_among(bouncing_balls::sessions<zoetrope::backend::Eigen<>>(), run);
#ifdef PROGRAM_HAS_GPU
  return make_gpu_session(run, device_choice.precision);
#else
  zoetrope::fail(
      "this program was built without its GPU part: build it with the preset gpu, where the CUDA toolkit and "
      "cuDNN are");
#endif
}

} // namespace program
