/// @file
/// Training one run: what watches it, and what it leaves in its folder.
#pragma once

#include "commands.hpp"
#include "data.hpp"
#include "session.hpp"
#include "settings.hpp"

#include <zoetrope/eval/diversity.hpp>
#include <zoetrope/io/safetensors.hpp>
#include <zoetrope/train/observers.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <vector>

namespace program {

enum class Ending { completed, interrupted, out_of_time };

/// Files of the generators that a run begins its sequence stage with, instead of a frame stage and initial weights.
struct GivenGenerators {
  std::optional<zoetrope::SafetensorsFile> frames, sequences;
};

class Training {
public:
  /// Goes on from @p checkpoint, where there is one, or begins with @p given; @p data outlives it. Throws
  /// zoetrope::Error.
  Training(const TrainCommand& command, const Run& run, const Data& data, const std::filesystem::path& folder,
           const std::optional<zoetrope::SafetensorsFile>& checkpoint, const GivenGenerators& given);

  /// Trains the stages that the command names and saves. Throws zoetrope::Error.
  Ending train();

  [[nodiscard]] Session& session() { return *session_; }

private:
  using Minutes = std::chrono::duration<double, std::ratio<60>>;

  /// False where Ctrl-C or the time stopped it.
  bool train_stages();
  zoetrope::Flow after_step(const zoetrope::StepReport& report);
  /// Measures how much the generator's samples differ, now and then, and warns where they hardly do.
  void note_diversity(const zoetrope::StepReport& report);
  void save_frame_generator();
  void draw_frames();
  void save_and_draw_frames();
  /// Goes on where a picture cannot be written.
  void draw(const std::function<void()>& write);
  void save();
  /// The pictures show how far training is.
  void save_and_draw(std::string_view stage);

  Run run_;
  const Data& data_;
  std::filesystem::path folder_;
  std::unique_ptr<Session> session_;
  zoetrope::Progress progress_;
  std::optional<zoetrope::Every> every_steps_;
  std::optional<zoetrope::EveryInterval> every_minutes_;
  std::optional<zoetrope::StopAfter> stop_after_;
  Stages stages_;
  std::optional<double> minutes_;
  std::optional<zoetrope::LossTable> losses_;
  zoetrope::CollapseWatch collapse_watch_;
  std::string measured_stage_;
  std::vector<float> real_samples_; ///< of the stage whose diversity was measured last
};

} // namespace program
