/// @file
/// Both stages behind one interface, so that the widths, which are template parameters, can be chosen on the command
/// line.
#pragma once

#include "settings.hpp"

#include <zoetrope/core/shape.hpp>
#include <zoetrope/train/observer.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace zoetrope {
class SafetensorsFile;
enum class StoredWeights;
} // namespace zoetrope

namespace bouncing_balls {

/// Bouncing balls, their number chosen at run time: 1 to most_balls.
struct AnyBalls {
  using Film = zoetrope::Shape<1, 30, 30, 30>;
  static constexpr int most_balls = 6;

  int balls;
  std::uint64_t seed;
  std::uint64_t films;

  [[nodiscard]] std::uint64_t size() const { return films; }
  [[nodiscard]] std::string description() const;
  void film(std::uint64_t index, std::span<float> out) const;
  void frame(std::uint64_t index, int time, std::span<float> out) const;
};

using Watch = std::function<zoetrope::Flow(const zoetrope::StepReport&)>;

/// A trainer of some width.
class Session {
public:
  virtual ~Session() = default;
  /// False where @p watch stopped it.
  virtual bool train_frames(const AnyBalls& data, const Watch& watch) = 0;
  virtual bool train_sequences(const AnyBalls& data, const Watch& watch) = 0;
  /// Begins the sequence stage with the frame generator of @p file, without a frame stage.
  virtual void begin_sequences_from(const zoetrope::SafetensorsFile& file) = 0;
  virtual std::uint64_t frame_steps() const = 0;
  virtual std::uint64_t sequence_steps() const = 0;
  virtual void save_checkpoint(const std::filesystem::path& path) = 0;
  virtual void load_checkpoint(const zoetrope::SafetensorsFile& file) = 0;
  virtual void save_frame_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored) = 0;
  virtual void save_sequence_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored) = 0;
  virtual void load_frame_generator(const zoetrope::SafetensorsFile& file) = 0;
  virtual void load_sequence_generator(const zoetrope::SafetensorsFile& file) = 0;
  /// Frames [count, 30, 30] and films [count, 30, 30, 30], values in [-1, 1], other ones for another seed.
  virtual std::vector<float> sample_frames(int count, std::uint64_t seed) = 0;
  virtual std::vector<float> sample_films(int count, std::uint64_t seed) = 0;
  /// The latents [count, 30, 100] behind sample_films(), and frames [n, 30, 30] of any latents [n, 100].
  virtual std::vector<float> sample_latents(int count, std::uint64_t seed) = 0;
  virtual std::vector<float> frames_of(std::span<const float> latents) = 0;
};

/// The networks that the example is compiled for: the paper's widths are divided in the frame stage and the sequence
/// stage.
struct Width {
  int divisor;
  int sequence_divisor;
  const char* variant;
};
inline constexpr Width widths[] = {{1, 1, "paper"}, {2, 4, "stable"}, {4, 8, "stable"}, {8, 8, "stable"}};

std::vector<std::string> width_divisors();

/// What divides the widths of @p run's sequence stage. Throws zoetrope::Error for a width that there is not.
int sequence_divisor(const Run& run);

/// @p run with the networks of another width. Throws zoetrope::Error for a width that there is not.
Run with_width(Run run, int divisor);

/// Throws zoetrope::Error for a width, a variant or a device that there is not.
std::unique_ptr<Session> make_session(const Run& run, const Place& place);
std::unique_ptr<Session> make_gpu_session(const Run& run, const std::string& precision);

} // namespace bouncing_balls
