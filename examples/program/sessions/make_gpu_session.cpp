#include "other_sessions.hpp"
#include "program_sessions.hpp"

#include <zoetrope/backend/cudnn.hpp>

namespace program {

std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision) {
  using namespace zoetrope;
  require(backend::Cudnn<>::available(), "the device gpu expected an NVIDIA GPU and its driver, but CUDA finds none");
  return precision == "bf16" ? make_session_among(sessions<backend::Cudnn<Bf16>>(), run)
                             : make_session_among(sessions<backend::Cudnn<Tf32>>(), run);
}

} // namespace program
