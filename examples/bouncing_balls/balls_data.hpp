/// @file
/// Bouncing balls as the data of a run.
#pragma once

#include "any_balls.hpp"
#include "data.hpp"
#include "settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bouncing_balls {

class BallsData final : public program::Data {
public:
  /// Throws zoetrope::Error for a number of balls that there is not.
  explicit BallsData(const program::Run& run);

  [[nodiscard]] program::FilmSizes sizes() const override { return program::sizes_of<AnyBalls::Film>(); }
  [[nodiscard]] std::uint64_t size() const override { return training_.films; }
  [[nodiscard]] std::string description() const override { return training_.description(); }
  [[nodiscard]] std::string title() const override;
  void film(std::uint64_t index, std::span<float> out) const override { training_.film(index, out); }
  void frame(std::uint64_t index, int time, std::span<float> out) const override { training_.frame(index, time, out); }
  void real_film(std::uint64_t index, std::span<float> out) const override;
  void real_frame(std::uint64_t index, int time, std::span<float> out) const override;
  [[nodiscard]] std::string real_text() const override;
  [[nodiscard]] bool binary() const override { return true; }
  [[nodiscard]] std::string printed(std::string_view films) const override;
  [[nodiscard]] std::string table_note() const override;
  [[nodiscard]] std::vector<program::MeasureRow> measures(program::Session& session, std::uint64_t seed, int count,
                                                          const program::OnShare& on_share) const override;
  [[nodiscard]] std::vector<program::CheckedMeasure> checks(std::span<const float> films) const override;
  [[nodiscard]] std::string measures_note() const override;

private:
  AnyBalls training_;
  AnyBalls all_; ///< the training set and all that follows it in the same stream
};

} // namespace bouncing_balls
