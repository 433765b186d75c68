/// @file
/// Training steps of either stage: one contender of compare.py, which starts it and says when to run.
///
///     zoetrope_steps frames|sequences demo|paper <threads> fp32|bf16
///
/// Reads lines "run SECONDS" and answers each with the seconds of every step that it made in them, as JSON. A step is
/// the trainer's own, the making of its data included.

#include "../workloads.hpp"

#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace zoetrope;
using namespace zoetrope::benchmarks;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// An observer that stops the clock between steps, and lets the trainer go on while there are blocks to run.
class Server {
public:
  Flow operator()(const StepReport& report) {
    const auto now = Clock::now();
    if (report.step <= warm_up) {
      if (report.step < warm_up) return Flow::carry_on;
      std::cout << R"({"version": ")" << ZOETROPE_VERSION_MAJOR << '.' << ZOETROPE_VERSION_MINOR << '.'
                << ZOETROPE_VERSION_PATCH << "\"}" << std::endl;
      return await();
    }
    times_.push_back(Seconds(now - start_).count());
    if (now < until_) {
      start_ = Clock::now();
      return Flow::carry_on;
    }
    for (const char* before = "["; const double time : times_) std::cout << std::exchange(before, ", ") << time;
    std::cout << ']' << std::endl;
    return await();
  }

private:
  static constexpr std::uint64_t warm_up = 3;

  Flow await() {
    times_.clear();
    std::string word;
    double seconds = 0;
    if (!(std::cin >> word >> seconds)) return Flow::stop;
    start_ = Clock::now();
    until_ = start_ + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
    return Flow::carry_on;
  }

  Clock::time_point start_, until_;
  std::vector<double> times_;
};

template <class Work>
void serve(bool films) {
  if (films) {
    typename Work::SequenceTrainer trainer(Work::template settings<RmsProp>());
    trainer.begin_sequences();
    trainer.train_sequences(BouncingBalls<1>{}, Server{});
  } else {
    using Trainer = typename Work::FrameTrainer;
    Trainer trainer(typename Trainer::Settings(Work::template settings<typename Work::FrameOptimizer>()));
    trainer.train_frames(BouncingBalls<1>{}, Server{});
  }
}

template <class Precision>
void serve(bool films, bool paper) {
  using B = backend::Eigen<float, Precision>;
  paper ? serve<PaperOn<B>>(films) : serve<DemoOn<B>>(films);
}

/// Whether @p word is the second of two that are expected in its place. Throws Error where it is neither.
bool is_second(const std::string& word, const char* first, const char* second) {
  require(word == first || word == second, "expected ", first, " or ", second, ", got '", word, "'");
  return word == second;
}

} // namespace

int main(int count, char** arguments) try {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  require(words.size() == 4, "expected: zoetrope_steps frames|sequences demo|paper <threads> fp32|bf16");
  const bool films = is_second(words[0], "frames", "sequences"), paper = is_second(words[1], "demo", "paper"),
             bf16 = is_second(words[3], "fp32", "bf16");
  set_thread_count(std::stoi(words[2]));
  bf16 ? serve<Bf16>(films, paper) : serve<Fp32>(films, paper);
} catch (const std::exception& error) {
  std::cerr << "zoetrope_steps: " << error.what() << '\n';
  return 1;
}
