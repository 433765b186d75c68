#include "other_sessions.hpp"
#include "program_sessions.hpp"

#include <zoetrope/backend/eigen.hpp>

namespace program {

std::unique_ptr<Session> make_bf16_session(const Run& run) {
  return make_session_among(sessions<zoetrope::backend::Eigen<float, zoetrope::Bf16>>(), run);
}

} // namespace program
