#include "session_of_width.hpp"

namespace bouncing_balls {

std::unique_ptr<Session> make_paper_width_1(const Run& run) { return make_paper_session<1>(run); }

} // namespace bouncing_balls
