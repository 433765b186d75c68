#include "any_balls.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/data/bouncing_balls.hpp>

namespace bouncing_balls {
namespace {

/// Calls @p use with BouncingBalls<balls>.
template <int Balls = 1, class Use>
void with_balls(const AnyBalls& any, const Use& use) {
  if (any.balls == Balls) {
    use(zoetrope::BouncingBalls<Balls>{.seed = any.seed, .films = any.films});
  } else if constexpr (Balls < AnyBalls::max_balls) {
    with_balls<Balls + 1>(any, use);
  } else {
    zoetrope::fail("expected 1 to ", AnyBalls::max_balls, " balls, got ", any.balls);
  }
}

} // namespace

void AnyBalls::film(std::uint64_t index, std::span<float> out) const {
  with_balls(*this, [&](const auto& data) { data.film(index, out); });
}

void AnyBalls::frame(std::uint64_t index, int time, std::span<float> out) const {
  with_balls(*this, [&](const auto& data) { data.frame(index, time, out); });
}

std::string AnyBalls::description() const {
  std::string text;
  with_balls(*this, [&](const auto& data) { text = data.description(); });
  return text;
}

} // namespace bouncing_balls
