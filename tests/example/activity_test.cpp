#include "activity.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

using program::Activity;

namespace {

int narrow() { return 12; }
int wide() { return 80; }

/// What is shown of something that takes @p seconds.
std::string shown(double seconds, Activity::Trace trace, bool terminal, Activity::Columns columns) {
  std::ostringstream stream;
  {
    Activity activity(stream, "long work", trace, terminal, columns);
    activity.done(0.358);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  }
  return stream.str();
}

} // namespace

TEST_CASE("long work shows on a terminal what is done of it, in one line that fits") {
  const std::string text = shown(1.2, Activity::Trace::line, true, wide);
  CHECK(text.starts_with("\r\033[Klong work: 35 %, 0:01\r\033[Klong work, 1."));
  CHECK(text.ends_with(" s\n"));
  CHECK(shown(1.2, Activity::Trace::none, true, narrow) == "\r\033[Klong work: \r\033[K");
}

TEST_CASE("short work leaves its line, or nothing") {
  CHECK(shown(0, Activity::Trace::line, false, wide) == "long work, 0.0 s\n");
  CHECK(shown(0, Activity::Trace::line, true, wide) == "long work, 0.0 s\n");
  CHECK(shown(0, Activity::Trace::none, false, wide).empty());
  CHECK(shown(0, Activity::Trace::none, true, wide).empty());
}

TEST_CASE("work that fails closes its line for the message, and has no time") {
  std::ostringstream stream;
  try {
    const Activity activity(stream, "long work", Activity::Trace::line, false, wide);
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {
    stream << "message";
  }
  CHECK(stream.str() == "long work\nmessage");
}
