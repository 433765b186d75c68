#include "session_of_width.hpp"

namespace bouncing_balls {

std::unique_ptr<Session> make_stable_width_4(const Run& run) { return make_stable_session<4>(run); }

} // namespace bouncing_balls
