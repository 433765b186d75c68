/// @file
/// Both stages behind one interface, so that the widths, which are template parameters, can be chosen on the command
/// line.
#pragma once

#include "film_sizes.hpp"

#include <zoetrope/train/observer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace zoetrope {
class SafetensorsFile;
enum class StoredWeights;
} // namespace zoetrope

namespace program {

class Data;

using Watch = std::function<zoetrope::Flow(const zoetrope::StepReport&)>;

/// A trainer of some width. What draws, and what is saved as a generator, is the average of the weights where the run
/// keeps one.
class Session {
public:
  virtual ~Session() = default;
  /// Of the films that it draws.
  [[nodiscard]] virtual FilmSizes sizes() const = 0;
  /// False where @p watch stopped it.
  virtual bool train_frames(const Data& data, const Watch& watch) = 0;
  virtual bool train_sequences(const Data& data, const Watch& watch) = 0;
  /// Remembered with all that is saved from now on.
  virtual void note(const std::string& key, const std::string& value) = 0;
  /// Begins the sequence stage with the frame generator of @p file, without a frame stage.
  virtual void begin_sequences_from(const zoetrope::SafetensorsFile& file, const std::string& prefix) = 0;
  virtual std::uint64_t frame_steps() const = 0;
  virtual std::uint64_t sequence_steps() const = 0;
  virtual void save_checkpoint(const std::filesystem::path& path) = 0;
  virtual void load_checkpoint(const zoetrope::SafetensorsFile& file) = 0;
  virtual void save_frame_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored) = 0;
  /// @p frames is the file of the frame generator that it belongs to, which it remembers where that has learnt on.
  virtual void save_sequence_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored,
                                       const std::filesystem::path& frames) = 0;
  virtual void load_frame_generator(const zoetrope::SafetensorsFile& file) = 0;
  virtual void load_sequence_generator(const zoetrope::SafetensorsFile& file) = 0;
  /// Frames [count, height, width, channels] and films [count, length, height, width, channels], values in [-1, 1],
  /// other ones for another seed.
  virtual std::vector<float> sample_frames(int count, std::uint64_t seed) = 0;
  virtual std::vector<float> sample_films(int count, std::uint64_t seed) = 0;
  /// The latents [count, length, 100] behind sample_films(), and frames [n, height, width, channels] of any latents
  /// [n, 100].
  virtual std::vector<float> sample_latents(int count, std::uint64_t seed) = 0;
  virtual std::vector<float> frames_of(std::span<const float> latents) = 0;
};

} // namespace program
