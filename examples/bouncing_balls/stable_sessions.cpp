#include "session_of_width.hpp"

namespace bouncing_balls {

std::unique_ptr<Session> make_stable_session(const Run& run) {
  return run.width_divisor == 4 ? make_session_of_stable<4>(run) : make_session_of_stable<8>(run);
}

} // namespace bouncing_balls
