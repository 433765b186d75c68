#include "session.hpp"

#include <zoetrope/data/bouncing_balls.hpp>

namespace bouncing_balls {

// Compiled in files of their own, since they take long.
std::unique_ptr<Session> make_paper_session(const Run& run);
std::unique_ptr<Session> make_stable_session(const Run& run);

namespace {

/// Calls @p use with BouncingBalls<balls>.
template <int Balls = 1, class Use>
void with_balls(const AnyBalls& any, const Use& use) {
  if (any.balls == Balls) {
    use(zoetrope::BouncingBalls<Balls>{.seed = any.seed, .films = any.films});
  } else if constexpr (Balls < AnyBalls::most_balls) {
    with_balls<Balls + 1>(any, use);
  } else {
    zoetrope::fail("expected 1 to ", AnyBalls::most_balls, " balls, got ", any.balls);
  }
}

struct Width {
  int divisor;
  const char* variant;
};

constexpr Width widths[] = {{1, "paper"}, {4, "stable"}, {8, "stable"}};

} // namespace

void AnyBalls::film(std::uint64_t index, std::span<float> out) const {
  with_balls(*this, [&](const auto& data) { data.film(index, out); });
}

void AnyBalls::frame(std::uint64_t index, int time, std::span<float> out) const {
  with_balls(*this, [&](const auto& data) { data.frame(index, time, out); });
}

std::vector<int> width_divisors() {
  std::vector<int> divisors;
  for (const auto& width : widths) divisors.push_back(width.divisor);
  return divisors;
}

Run with_width(Run run, int divisor) {
  for (const auto& width : widths) {
    if (width.divisor != divisor) continue;
    run.width_divisor = divisor;
    run.variant = width.variant;
    return run;
  }
  zoetrope::fail("expected width divisor 1, 4 or 8, got ", divisor);
}

std::unique_ptr<Session> make_session(const Run& run) {
  for (const auto& width : widths)
    if (width.divisor == run.width_divisor && width.variant == run.variant)
      return run.variant == "paper" ? make_paper_session(run) : make_stable_session(run);
  zoetrope::fail("this program has no networks of width divisor ", run.width_divisor, " and variant '", run.variant,
                 "'");
}

} // namespace bouncing_balls
