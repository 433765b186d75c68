#include "session_of_width.hpp"

namespace bouncing_balls {

std::unique_ptr<Session> make_paper_session(const Run& run) { return make_session_of_paper<1>(run); }

} // namespace bouncing_balls
