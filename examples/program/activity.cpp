#include "activity.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/io/terminal.hpp>

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <system_error>
#include <utility>

namespace program {

namespace {

double seconds_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

} // namespace

Activity::Activity(std::ostream& stream, std::string name, Trace trace, bool terminal, Columns columns)
    : stream_(stream), name_(std::move(name)), trace_(trace), terminal_(terminal), columns_(columns),
      exceptions_(std::uncaught_exceptions()) {
  try {
    thread_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    // A system without another thread to give has no sign of life; the work goes on.
  }
}

Activity::Activity(std::string name, Trace trace)
    : Activity(trace == Trace::line ? std::cout : std::cerr, std::move(name), trace,
               zoetrope::redraws_lines(trace == Trace::line ? STDOUT_FILENO : STDERR_FILENO),
               trace == Trace::line ? Columns([] { return zoetrope::terminal_columns(STDOUT_FILENO); })
                                    : Columns([] { return zoetrope::terminal_columns(STDERR_FILENO); })) {}

Activity::~Activity() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (terminal_ && shown_) stream_ << "\r\033[K" << std::flush;
  if (trace_ == Trace::none) return;
  const bool done = std::uncaught_exceptions() == exceptions_;
  stream_ << name_ << (done ? ", " + zoetrope::fixed_text(seconds_since(begun_), 1) + " s" : "") << std::endl;
}

void Activity::watch() {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, terminal_ ? 1s : 15s, [this] { return over_; })) {
    const std::string line = state();
    if (terminal_)
      stream_ << "\r\033[K" << line.substr(0, static_cast<std::size_t>(std::max(columns_() - 1, 0))) << std::flush;
    else
      stream_ << line << std::endl;
    shown_ = true;
  }
}

std::string Activity::state() const {
  const double share = share_;
  return name_ + ": " + (share > 0 ? std::to_string(static_cast<int>(100 * share)) + " %, " : "") +
         zoetrope::clock_text(seconds_since(begun_));
}

} // namespace program
