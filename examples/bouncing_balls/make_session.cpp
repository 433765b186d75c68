#include "any_balls.hpp"
#include "session_of.hpp"
#include "this_program.hpp"

#include <zoetrope/zoetrope.hpp>

namespace program {

#ifdef PROGRAM_HAS_GPU
std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision);
#endif

std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice) {
  if (device_choice.device == "cpu") return make_session_on<zoetrope::backend::Eigen<>, bouncing_balls::AnyBalls::Film>(run);
#ifdef PROGRAM_HAS_GPU
  return make_gpu_session(run, device_choice.precision);
#else
  zoetrope::fail(
      "this program was built without its GPU part: build it with the preset gpu, where the CUDA toolkit and "
      "cuDNN are");
#endif
}

} // namespace program
