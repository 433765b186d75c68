#include "session_of.hpp"

#include <zoetrope/zoetrope.hpp>

namespace bouncing_balls {
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

std::vector<std::string> width_divisors() {
  std::vector<std::string> divisors;
  for (const auto& width : widths) divisors.push_back(std::to_string(width.divisor));
  return divisors;
}

namespace {

const Width& width_of(int divisor) {
  for (const auto& width : widths)
    if (width.divisor == divisor) return width;
  zoetrope::fail("expected width divisor ", listed(width_divisors(), "or"), ", got ", divisor);
}

} // namespace

int sequence_divisor(const Run& run) { return width_of(run.width_divisor).sequence_divisor; }

Run with_width(Run run, int divisor) {
  run.width_divisor = divisor;
  run.variant = width_of(divisor).variant;
  return run;
}

std::unique_ptr<Session> make_session(const Run& run, const Place& place) {
  if (place.device == "cpu") return make_session_on<zoetrope::EigenBackend<>>(run);
#ifdef BOUNCING_BALLS_GPU
  return make_gpu_session(run, place.precision);
#else
  zoetrope::fail(
      "this program was built without its GPU part: build it with the preset gpu, where the CUDA toolkit and "
      "cuDNN are");
#endif
}

} // namespace bouncing_balls
