/// @file
/// Observers that most programs want: progress with time left, a table of losses (loss_table.hpp), something to do
/// every so many steps or minutes, and leaving in good order after some time or at Ctrl-C.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/io/terminal.hpp"
#include "zoetrope/train/loss_table.hpp"
#include "zoetrope/train/observer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <signal.h>

namespace zoetrope {

/// Shows how far training is: a line with a bar that redraws itself on a terminal, a line now and then otherwise.
class Progress {
public:
  /// @p terminal says whether the line can be redrawn, as redraws_lines() does for standard output. @p columns is asked
  /// before each time how wide the terminal is, since windows change; the bar takes what the numbers leave of it.
  explicit Progress(
      std::ostream& stream, bool terminal = redraws_lines(),
      std::function<int()> columns = [] { return terminal_columns(); })
      : stream_(stream), terminal_(terminal), columns_(std::move(columns)) {}
  Progress(std::ostream& stream, bool terminal, int columns)
      : Progress(stream, terminal, [columns] { return columns; }) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { end_line(); }

  /// Ends a bar that stands unfinished on the terminal, so that other text can follow.
  void end_line() {
    if (unfinished_) stream_ << std::endl;
    unfinished_ = false;
  }

  /// Shows @p diversity, such as Diversity::spread (eval/diversity.hpp), until the stage changes.
  void note_diversity(double diversity) { diversity_ = "  diversity " + fixed_text(diversity, 2); }

  Flow operator()(const StepReport& report) {
    const auto now = Clock::now();
    const bool last = report.step == report.steps;
    if (report.stage != stage_ || report.step <= last_step_) {
      // What was measured before the first report is of this stage.
      if (!stage_.empty()) diversity_.clear();
      stage_ = report.stage;
      first_step_ = report.step;
      started_ = shown_ = now;
    }
    last_step_ = report.step;
    const double pause = std::chrono::duration<double>(now - shown_).count();
    if (pause < (terminal_ ? 0.1 : 15.0) && !last) return Flow::carry_on;
    shown_ = now;
    const double elapsed = std::chrono::duration<double>(now - started_).count();
    const std::string losses = "  loss D " + fixed_text(report.mean_discriminator_loss(), 3) + " G " +
                               fixed_text(report.mean_generator_loss(), 3);
    // The first step, which makes buffers, is not timed.
    const double seconds_per_step =
        elapsed / static_cast<double>(std::max<std::uint64_t>(report.step - first_step_, 1));
    const std::string pace =
        report.step > first_step_ ? "  " + fixed_text(seconds_per_step * 1e3, 1) + " ms/step" : std::string();
    const double left = seconds_per_step * static_cast<double>(report.steps - report.step);
    const std::string steps = std::to_string(report.step) + "/" + std::to_string(report.steps),
                      time = "  " + (last ? "took " + clock_text(elapsed) : clock_text(left) + " left");
    if (terminal_)
      stream_ << "\r\033[K"
              << fitted(report, {steps + losses + diversity_ + pace + time, steps + losses + pace + time,
                                 steps + losses + time, steps + time})
              << (last ? "\n" : "") << std::flush;
    else
      stream_ << stage_ << " " << steps << losses << diversity_ << pace << time << std::endl;
    unfinished_ = terminal_ && !last;
    return Flow::carry_on;
  }

private:
  using Clock = std::chrono::steady_clock;

  /// The first of @p numbers that fits into a line with the stage, with a bar where that fits too; the last one's
  /// beginning where none does. A line as wide as the terminal would wrap on some, and what wraps is not erased.
  [[nodiscard]] std::string fitted(const StepReport& report, std::initializer_list<std::string> numbers) const {
    const auto room = static_cast<std::size_t>(std::max(columns_() - 1, 0));
    for (const auto& some : numbers) {
      const std::size_t taken = stage_.size() + 1 + some.size();
      if (taken <= room) return stage_ + " " + bar(report, room - taken) + some;
    }
    return (stage_ + " " + *(numbers.end() - 1)).substr(0, room);
  }

  /// Empty where there is no room for 5 characters and what is around them.
  [[nodiscard]] static std::string bar(const StepReport& report, std::size_t room) {
    constexpr std::size_t widest = 24, narrowest = 5, brackets = 3;
    if (room < narrowest + brackets) return {};
    const std::size_t width = std::min(room - brackets, widest);
    const auto filled = static_cast<std::size_t>(static_cast<std::uint64_t>(width) * report.step / report.steps);
    return std::string("[").append(filled, '#').append(width - filled, '.').append("] ");
  }

  std::ostream& stream_;
  bool terminal_;
  std::function<int()> columns_;
  bool unfinished_ = false;
  std::string stage_, diversity_;
  std::uint64_t first_step_ = 0, last_step_ = 0;
  Clock::time_point started_, shown_;
};

/// Does something after every so many steps, such as saving a checkpoint.
class Every {
public:
  Every(std::uint64_t steps, std::function<void(const StepReport&)> action)
      : steps_(steps), action_(std::move(action)) {
    require(steps > 0, "expected a positive number of steps between two actions, got ", steps);
  }
  Flow operator()(const StepReport& report) const {
    if (report.step % steps_ == 0) action_(report);
    return Flow::carry_on;
  }

private:
  std::uint64_t steps_;
  std::function<void(const StepReport&)> action_;
};

/// Where observers take the time from: std::chrono::steady_clock::now, or a test's own.
using Now = std::function<std::chrono::steady_clock::time_point()>;

/// Does something after the first step at which @p interval is over, such as saving a checkpoint. The interval begins
/// when the observer is made, and anew when the action is done: however long that takes, training goes on between.
class EveryInterval {
public:
  /// Throws Error unless @p interval, in seconds or what converts to them, is positive.
  EveryInterval(std::chrono::duration<double> interval, std::function<void(const StepReport&)> action,
                Now now = std::chrono::steady_clock::now)
      : interval_(interval), action_(std::move(action)), now_(std::move(now)), begun_(now_()) {
    require(interval.count() > 0, "expected a positive time between two actions, got ", interval.count(), " seconds");
  }
  Flow operator()(const StepReport& report) {
    if (now_() - begun_ < interval_) return Flow::carry_on;
    action_(report);
    restart();
    return Flow::carry_on;
  }
  /// Begins the interval anew: something else has just done the same.
  void restart() { begun_ = now_(); }

private:
  std::chrono::duration<double> interval_;
  std::function<void(const StepReport&)> action_;
  Now now_;
  std::chrono::steady_clock::time_point begun_;
};

/// Stops training after the first step at which @p time is over, counted from when the observer is made.
class StopAfter {
public:
  /// Throws Error unless @p time, in seconds or what converts to them, is positive.
  explicit StopAfter(std::chrono::duration<double> time, Now now = std::chrono::steady_clock::now)
      : time_(time), now_(std::move(now)), begun_(now_()) {
    require(time.count() > 0, "expected a positive time to train, got ", time.count(), " seconds");
  }
  Flow operator()(const StepReport&) {
    over_ = over_ || now_() - begun_ >= time_;
    return over_ ? Flow::stop : Flow::carry_on;
  }
  /// Whether it has said stop.
  [[nodiscard]] bool over() const { return over_; }

private:
  std::chrono::duration<double> time_;
  Now now_;
  std::chrono::steady_clock::time_point begun_;
  bool over_ = false;
};

/// While it lives, Ctrl-C (SIGINT), SIGTERM, a closed terminal (SIGHUP) and a closed pipe (SIGPIPE) stop training after
/// the current step instead of ending the program; a second Ctrl-C or SIGTERM ends it at once. A signal that the
/// program was started to ignore, as by nohup, stays ignored.
class StopOnInterrupt {
public:
  StopOnInterrupt() {
    received().store(0);
    for (std::size_t i = 0; i < signals.size(); ++i) {
      ::sigaction(signals[i], nullptr, &old_[i]);
      if (ignored(old_[i])) continue;
      struct ::sigaction action {};
      action.sa_handler = receive;
      action.sa_flags = SA_RESTART;
      ::sigaction(signals[i], &action, nullptr);
    }
  }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
  ~StopOnInterrupt() {
    for (std::size_t i = 0; i < signals.size(); ++i)
      if (!ignored(old_[i])) ::sigaction(signals[i], &old_[i], nullptr);
  }

  Flow operator()(const StepReport&) const { return interrupted() ? Flow::stop : Flow::carry_on; }
  [[nodiscard]] static bool interrupted() { return received().load() != 0; }

private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};

  static bool ignored(const struct ::sigaction& action) {
    return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  }
  static std::atomic<int>& received() {
    static std::atomic<int> signal_number{0};
    return signal_number;
  }
  static void receive(int signal_number) {
    received().store(signal_number);
    // A closed terminal says so more than once, a closed pipe at every write: these must not end what is being saved.
    if (signal_number == SIGINT || signal_number == SIGTERM) std::signal(signal_number, SIG_DFL);
  }

  std::array<struct ::sigaction, signals.size()> old_{};
};

} // namespace zoetrope
