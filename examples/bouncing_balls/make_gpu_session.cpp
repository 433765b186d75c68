#include "any_balls.hpp"
#include "session_of.hpp"

#include <zoetrope/backend/cudnn.hpp>

namespace program {

std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision) {
  using namespace zoetrope;
  using Film = bouncing_balls::AnyBalls::Film;
  require(backend::Cudnn<>::available(), "the device gpu expected an NVIDIA GPU and its driver, but CUDA finds none");
  return precision == "bf16" ? make_session_on<backend::Cudnn<Bf16>, Film>(run)
                             : make_session_on<backend::Cudnn<Tf32>, Film>(run);
}

} // namespace program
