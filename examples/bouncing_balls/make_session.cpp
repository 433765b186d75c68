#include "make_session.hpp"

#include "session_of.hpp"

#include <zoetrope/zoetrope.hpp>

namespace bouncing_balls {

std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice) {
  if (device_choice.device == "cpu") return make_session_on<zoetrope::backend::Eigen<>>(run);
#ifdef BOUNCING_BALLS_GPU
  return make_gpu_session(run, device_choice.precision);
#else
  zoetrope::fail(
      "this program was built without its GPU part: build it with the preset gpu, where the CUDA toolkit and "
      "cuDNN are");
#endif
}

} // namespace bouncing_balls
