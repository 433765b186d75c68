// The observers that come with the library.

#include "zoetrope/train/observers.hpp"

#include "support/foreign_locale.hpp"
#include "unit/train/small_trainer.hpp"
#include "unit/train/step_reports.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

/// What Progress writes for @p steps steps of a stage.
std::string progress(bool terminal, std::uint64_t steps) {
  std::ostringstream stream;
  Progress observer(stream, terminal, 80);
  for (std::uint64_t step = 1; step <= steps; ++step)
    CHECK(observer(report_of("frames", step, steps)) == Flow::carry_on);
  return stream.str();
}

/// A clock that stands still until a test moves it.
struct ClockOfTest {
  std::chrono::steady_clock::time_point time{};
  Now now = [this] { return time; };
};

volatile std::sig_atomic_t interrupts = 0;
void count_interrupt(int) { interrupts = interrupts + 1; }

} // namespace

static_assert(Observer<Progress> && Observer<LossTable> && Observer<Every> && Observer<EveryInterval> &&
              Observer<StopAfter> && Observer<StopOnInterrupt>);
static_assert(!Observer<int> && !Observer<std::function<void(const StepReport&)>>);

TEST_CASE("means over the discriminators") {
  const auto report = report_of("frames", 1, 2);
  CHECK(report.mean_discriminator_loss() == 1.5);
  CHECK(report.mean_generator_loss() == 0.375);
}

TEST_CASE("durations on a clock") {
  CHECK(clock_text(0) == "0:00");
  CHECK(clock_text(75.2) == "1:15");
  CHECK(clock_text(59.7) == "1:00");
  CHECK(clock_text(4000) == "1:06:40");
  CHECK(clock_text(360000) == "100:00:00");
}

TEST_CASE("progress that is no terminal's: whole lines") {
  const std::string text = progress(false, 5);
  CHECK(text.ends_with("\n"));
  CHECK(!contains(text, "\r"));
  CHECK(!contains(text, "\033"));
  // Five quick steps: only the last one is worth a line.
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(text.starts_with("frames 5/5  loss D 1.500 G 0.375  "));
  CHECK(contains(text, "took 0:00"));
}

TEST_CASE("progress on a terminal: one line that redraws itself") {
  const std::string text = progress(true, 5);
  CHECK(text.starts_with("\r"));
  CHECK(text.ends_with("took 0:00\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(contains(text, "#] 5/5  loss D 1.500 G 0.375  "));
}

TEST_CASE("a line fits the terminal: on a narrow one the pace makes way, then the losses, and the bar for either") {
  for (int columns = 0; columns <= 200; ++columns) {
    CAPTURE(columns);
    std::ostringstream stream;
    Progress observer(stream, true, columns);
    for (const std::uint64_t step : {1, 100000}) observer(report_of("sequences", step, 100000));
    const std::string text = stream.str();
    const std::string line = text.substr(text.rfind('\033') + 3, text.size() - text.rfind('\033') - 4);
    CHECK(line.size() <= static_cast<std::size_t>(std::max(columns - 1, 0)));
    // A bar takes 8 characters or more, wherever the numbers leave them.
    const int numbers = columns >= 70 ? 69 : columns >= 57 ? 56 : 34;
    CHECK(contains(line, "[") == (columns - 1 >= numbers + 8));
    CHECK(std::count(line.begin(), line.end(), '#') <= 24);
    CHECK(contains(line, "ms/step") == (columns >= 70));
    CHECK(contains(line, "100000/100000  loss D 1.500 G 0.375  ") == (columns >= 57));
    CHECK(contains(line, "100000/100000  took 0:00") == (columns >= 35 && columns < 57));
    if (columns == 20) CHECK(line == "sequences 100000/10");
  }
}

TEST_CASE("a line fits the window as it is now") {
  std::ostringstream stream;
  int columns = 80;
  Progress observer(stream, true, [&] { return columns; });
  const auto last_line = [&] { return stream.str().substr(stream.str().rfind('\033') + 3); };
  for (std::uint64_t step = 3; step <= 4; ++step) observer(report_of("sequences", step, 4));
  CHECK(last_line().size() > 60);
  columns = 30;
  for (std::uint64_t step = 3; step <= 4; ++step) observer(report_of("sequences", step, 4));
  CHECK(last_line() == "sequences 4/4  took 0:00\n");
}

TEST_CASE("lines are redrawn on terminals that can, and on nothing else") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(!redraws_lines(ends[1]));
  CHECK(terminal_columns(ends[1]) == 80);
  for (const int end : ends) ::close(end);

  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  const char* kind = std::getenv("TERM");
  const std::string before = kind == nullptr ? "" : kind;
  ::setenv("TERM", "xterm", 1);
  CHECK(redraws_lines(terminal));
  ::setenv("TERM", "dumb", 1);
  CHECK(!redraws_lines(terminal));
  ::unsetenv("TERM");
  CHECK(!redraws_lines(terminal));
  if (kind != nullptr) ::setenv("TERM", before.c_str(), 1);

  CHECK(terminal_columns(terminal) == 80); // It does not know.
  winsize size{};
  size.ws_col = 37;
  REQUIRE(::ioctl(master, TIOCSWINSZ, &size) == 0);
  CHECK(terminal_columns(terminal) == 37);
  ::close(terminal);
  ::close(master);
}

TEST_CASE("progress of a stage of one step, and of one that begins again") {
  CHECK(progress(false, 1) == "frames 1/1  loss D 1.500 G 0.375  took 0:00\n");
  std::ostringstream stream;
  Progress observer(stream, false);
  for (int run = 0; run < 2; ++run)
    for (std::uint64_t step = 3; step <= 5; ++step) observer(report_of("frames", step, 5));
  CHECK(!contains(stream.str(), "inf"));
  CHECK(!contains(stream.str(), "-"));
}

TEST_CASE("progress of two stages") {
  std::ostringstream stream;
  Progress observer(stream, false);
  for (const char* stage : {"frames", "sequences"})
    for (std::uint64_t step = 3; step <= 5; ++step) observer(report_of(stage, step, 5));
  const std::string text = stream.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(contains(text, "\nsequences 5/5"));
}

TEST_CASE("progress shows how diverse samples are, of its stage, where there is room") {
  std::ostringstream stream;
  Progress observer(stream, false);
  const auto last_line = [&] {
    const std::string text = stream.str();
    return text.substr(text.rfind('\n', text.size() - 2) + 1);
  };
  observer.note_diversity(0.968);
  observer(report_of("frames", 4, 4));
  CHECK(last_line().starts_with("frames 4/4  loss D 1.500 G 0.375  diversity 0.97  took"));
  observer(report_of("sequences", 3, 4));
  observer(report_of("sequences", 4, 4));
  CHECK(!contains(last_line(), "diversity"));
  for (int columns = 0; columns <= 120; ++columns) {
    CAPTURE(columns);
    std::ostringstream terminal;
    Progress narrow(terminal, true, columns);
    narrow.note_diversity(1.0);
    for (const std::uint64_t step : {1, 100000}) narrow(report_of("sequences", step, 100000));
    const std::string text = terminal.str();
    const std::string line = text.substr(text.rfind('\033') + 3, text.size() - text.rfind('\033') - 4);
    CHECK(line.size() <= static_cast<std::size_t>(std::max(columns - 1, 0)));
    CHECK(contains(line, "  diversity 1.00") == (columns >= 86));
    CHECK(contains(line, "ms/step") == (columns >= 70));
  }
}

TEST_CASE("progress reads the same in every locale") {
  const support::ForeignLocale foreign;
  CHECK(progress(false, 5).starts_with("frames 5/5  loss D 1.500 G 0.375  "));
}

TEST_CASE("something every so many steps") {
  std::vector<std::uint64_t> called;
  const Every every(3, [&](const StepReport& report) { called.push_back(report.step); });
  for (std::uint64_t step = 1; step <= 10; ++step) CHECK(every(report_of("frames", step, 10)) == Flow::carry_on);
  CHECK(called == std::vector<std::uint64_t>{3, 6, 9});
  CHECK_THROWS_AS(Every(0, [](const StepReport&) {}), Error);
}

TEST_CASE("something every so many minutes, counted from the end of the last time") {
  ClockOfTest clock;
  std::vector<std::uint64_t> called;
  EveryInterval every(
      std::chrono::minutes(3),
      [&](const StepReport& report) {
        called.push_back(report.step);
        clock.time += std::chrono::minutes(2);
      },
      clock.now);
  // Steps of a minute: after 1, 2 and 3; the action takes 2, so again after 6, 7 and 8.
  for (std::uint64_t step = 1; step <= 7; ++step) {
    clock.time += std::chrono::minutes(1);
    CHECK(every(report_of("frames", step, 10)) == Flow::carry_on);
  }
  CHECK(called == std::vector<std::uint64_t>{3, 6});

  // Once for however many intervals a step took; and anew from where somebody else did the same.
  clock.time += std::chrono::minutes(100);
  every(report_of("frames", 8, 10));
  every(report_of("frames", 9, 10));
  clock.time += std::chrono::seconds(179);
  every.restart();
  clock.time += std::chrono::seconds(1);
  every(report_of("frames", 10, 10));
  CHECK(called == std::vector<std::uint64_t>{3, 6, 8});
}

TEST_CASE("training stops after the step at which its time is over") {
  ClockOfTest clock;
  clock.time += std::chrono::hours(5);
  StopAfter stop(std::chrono::seconds(150), clock.now);
  SmallTrainer trainer;
  CHECK(!stop.over());
  CHECK(!trainer.train_frames({}, [&](const StepReport& report) {
    clock.time += std::chrono::seconds(75);
    CHECK(!stop.over());
    return stop(report);
  }));
  CHECK(trainer.frame_steps() == 2);
  CHECK(stop.over());
  // It stays over, also where a clock goes back.
  clock.time -= std::chrono::hours(1);
  CHECK(stop(report_of("frames", 3, 4)) == Flow::stop);
}

TEST_CASE("without a clock of a test, time is that of the wall") {
  StopAfter stop(std::chrono::milliseconds(1)), late(std::chrono::hours(1));
  int called = 0;
  EveryInterval every(std::chrono::milliseconds(1), [&](const StepReport&) { ++called; });
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
  while (std::chrono::steady_clock::now() < end) {
  }
  CHECK(stop(report_of("frames", 1, 2)) == Flow::stop);
  CHECK(late(report_of("frames", 1, 2)) == Flow::carry_on);
  every(report_of("frames", 1, 2));
  CHECK(called == 1);
}

TEST_CASE("times that are not positive are refused") {
  for (const double seconds : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    const std::chrono::duration<double> time(seconds);
    CHECK_THROWS_AS(StopAfter{time}, Error);
    CHECK_THROWS_AS(EveryInterval(time, [](const StepReport&) {}), Error);
  }
  CHECK(error_of([] { StopAfter(std::chrono::minutes(-2)); }) == "expected a positive time to train, got -120 seconds");
}

TEST_CASE("Ctrl-C stops training after the step, and the old handlers come back") {
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    CAPTURE(signal_number);
    interrupts = 0;
    const auto old = std::signal(signal_number, count_interrupt);
    SmallTrainer trainer;
    {
      const StopOnInterrupt stop;
      CHECK(!StopOnInterrupt::interrupted());
      std::vector<std::uint64_t> steps;
      CHECK(!trainer.train_frames({}, [&](const StepReport& report) {
        steps.push_back(report.step);
        if (report.step == 2) std::raise(signal_number);
        return stop(report);
      }));
      CHECK(steps == std::vector<std::uint64_t>{1, 2});
      CHECK(trainer.frame_steps() == 2);
      CHECK(StopOnInterrupt::interrupted());
      CHECK(interrupts == 0);
    }
    std::raise(signal_number);
    CHECK(interrupts == 1);
    {
      // A new one starts with a clean slate.
      const StopOnInterrupt stop;
      CHECK(trainer.train_frames({}, std::ref(stop)));
      CHECK(trainer.frame_steps() == 4);
    }
    std::signal(signal_number, old);
  }
}

TEST_CASE("what was ignored stays ignored, and a terminal that closes twice is no reason to end at once") {
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    CAPTURE(signal_number);
    const auto old = std::signal(signal_number, SIG_IGN);
    {
      const StopOnInterrupt stop;
      std::raise(signal_number);
      CHECK(!StopOnInterrupt::interrupted());
    }
    const bool still_ignored = std::signal(signal_number, old) == SIG_IGN;
    CHECK(still_ignored);
  }
  for (const int signal_number : {SIGHUP, SIGPIPE}) {
    const StopOnInterrupt stop;
    for (int i = 0; i < 3; ++i) std::raise(signal_number);
    CHECK(StopOnInterrupt::interrupted());
  }
  for (const int signal_number : {SIGINT, SIGTERM}) {
    const StopOnInterrupt stop;
    std::raise(signal_number);
    const bool ends_next_time = std::signal(signal_number, SIG_DFL) == SIG_DFL;
    CHECK(ends_next_time);
  }
}

TEST_CASE("every observer hears of every step, also where another one says stop") {
  std::vector<std::string> heard;
  SmallTrainer trainer;
  CHECK(!trainer.train_frames(
      {},
      [&](const StepReport& report) {
        heard.push_back(std::to_string(report.step) + "/" + std::to_string(report.steps));
        CHECK(report.stage == "frames");
        CHECK(report.discriminator_losses.size() == 2);
        CHECK(report.generator_losses.size() == 2);
        return report.step == 2 ? Flow::stop : Flow::carry_on;
      },
      [&](const StepReport& report) {
        heard.push_back("second " + std::to_string(report.step));
        return Flow::carry_on;
      }));
  CHECK(heard == std::vector<std::string>{"1/4", "second 1", "2/4", "second 2"});
}
