/// @file
/// A sign of life while something takes long.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

namespace program {

/// What is going on, for how long and how much of it is done: on a terminal a line that redraws itself every second,
/// otherwise a line every 15 seconds. While it lives, nothing else may write to its stream.
class Activity {
public:
  enum class Trace { line, none }; ///< what it leaves: a line with the time it took, or nothing
  using Columns = int (*)();

  /// Shows @p name on @p stream. @p terminal says whether a line of it can be redrawn; @p columns, how many characters
  /// it may have at this moment.
  Activity(std::ostream& stream, std::string name, Trace trace, bool terminal, Columns columns);
  /// On standard output, or on standard error where it leaves nothing.
  Activity(std::string name, Trace trace);
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
  /// Without a time where an exception ends it: the line is closed, for the message that follows.
  ~Activity();

  /// Says that @p share, from 0 to 1, is done.
  void done(double share) { share_ = share; }

private:
  void watch();
  [[nodiscard]] std::string state() const;

  std::ostream& stream_;
  std::string name_;
  Trace trace_;
  bool terminal_;
  Columns columns_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  int exceptions_;
  std::atomic<double> share_{0};
  bool over_ = false, shown_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

} // namespace program
