#include "balls_data.hpp"

#include "ball_measures.hpp"

#include <limits>

namespace bouncing_balls {

BallsData::BallsData(const program::Run& run)
    : training_{.balls = run.balls, .seed = run.seed, .films = run.films},
      all_{.balls = run.balls, .seed = run.seed, .films = std::numeric_limits<std::uint64_t>::max()} {}

std::string BallsData::title() const {
  return std::to_string(training_.balls) + (training_.balls == 1 ? " ball" : " balls");
}

void BallsData::real_film(std::uint64_t index, std::span<float> out) const { all_.film(training_.films + index, out); }

void BallsData::real_frame(std::uint64_t index, int time, std::span<float> out) const {
  all_.frame(training_.films + index, time, out);
}

std::string BallsData::real_text() const { return "Real films below are ones that the run was not trained on."; }

std::string BallsData::printed(std::string_view films) const {
  const bool real = films == "real", random = films == "random z";
  if (training_.balls == 1) return real ? "0.0222 ± 0.0005" : random ? "0.0766 ± 0.0023" : "0.0227 ± 0.0051";
  if (training_.balls == 3) return real ? "0.0222 ± 0.0005 (*)" : random ? "0.2060 ± 0.0061" : "0.0735 ± 0.0057";
  return "";
}

std::string BallsData::table_note() const {
  return "(*) The paper prints the same numbers for real films of three balls as of one. Simulated anew, three balls "
         "give 0.0358 ± 0.0021, so this row of the paper looks like a copy of the other.";
}

std::vector<program::MeasureRow> BallsData::measures(program::Session& session, std::uint64_t seed, int count,
                                                     const program::OnShare& on_share) const {
  return measure(session, *this, training_.balls, seed, count, on_share);
}

std::vector<program::CheckedMeasure> BallsData::checks(std::span<const float> films) const {
  return check(films, *this, training_.balls);
}

std::string BallsData::measures_note() const {
  return "Lengths are in box units (the box is 10 wide, a ball's radius 1.2), times in frames.";
}

} // namespace bouncing_balls
