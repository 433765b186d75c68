#include "any_balls.hpp"
#include "make_session.hpp"
#include "this_program.hpp"

namespace program {

std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice) {
  return make_session_for<bouncing_balls::AnyBalls::Film>(run, device_choice);
}

} // namespace program
