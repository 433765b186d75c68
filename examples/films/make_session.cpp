#include "film_shape.hpp"
#include "session_of.hpp"
#include "this_program.hpp"

#include <zoetrope/zoetrope.hpp>

namespace program {

std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice) {
  zoetrope::require(device_choice.device == "cpu", "this program trains on the CPU alone");
  return make_session_on<zoetrope::backend::Eigen<>, films::Film>(run);
}

} // namespace program
