#include "other_sessions.hpp"
#include "program_sessions.hpp"
#include "this_program.hpp"

#include <zoetrope/backend/eigen.hpp>

namespace program {

std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice) {
  if (device_choice.device == "cpu") {
    if (device_choice.precision == "fp32") return make_session_among(sessions<zoetrope::backend::Eigen<>>(), run);
#ifdef PROGRAM_HAS_BF16
    return make_bf16_session(run);
#else
    zoetrope::fail(
        "this program was built without bf16 on the CPU, since the processor that it was built for has no instructions "
        "for it and it would be no faster: -DZOETROPE_BUILD_BF16=ON builds it all the same");
#endif
  }
#ifdef PROGRAM_HAS_GPU
  return make_gpu_session(run, device_choice.precision);
#else
  zoetrope::fail(
      "this program was built without its GPU part: build it with the preset gpu, where the CUDA toolkit and "
      "cuDNN are");
#endif
}

} // namespace program
