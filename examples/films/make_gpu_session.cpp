#include "film_shape.hpp"
#include "make_gpu_session.hpp"

namespace program {

std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision) {
  return make_gpu_session_of<films::Film>(run, precision);
}

} // namespace program
