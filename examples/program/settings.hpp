/// @file
/// What a run of the example is made of: its presets, and how a run is remembered with what it wrote.
#pragma once

#include "film_sizes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program {

/// Settings of one stage; optimizer is "rmsprop" or "adam" (with betas 0.5 and 0.999, as is usual for GANs).
struct StageRun {
  std::uint64_t steps = 0;
  int batch_size = 0;
  int discriminators = 0;
  std::string optimizer;
  double generator_learning_rate = 0;
  double discriminator_learning_rate = 0;
  double learning_rate_decay = 0; ///< the last part of the steps, over which both rates fall to 0; 0 for none
  double weight_average = 0;      ///< as in zoetrope::StageSettings; 0 for none
  double spectral_norm = 0;       ///< the same; 0 for any
};

/// Films that lie in files, and how clips are cut from them. See zoetrope::ClipSettings, FilmArraySettings and
/// VideoSettings.
struct FilesRun {
  std::string path; ///< absolute
  std::string crop = "center";
  int stride = 1;
  double frames_per_second = 0; ///< 0 for frames as they are stored
  bool mirrored = false;
  bool skip_bad = false;     ///< go on without films that cannot be read or are too short
  std::string axes;          ///< of an array; empty for its usual ones
  std::string dataset;       ///< of an HDF5 file; empty where there is only one
  std::vector<double> range; ///< what is black and white in an array of floats; empty to find out
};

/// Everything that decides the outcome of a run.
struct Run {
  std::string preset;
  FilmSizes sizes = {};
  int balls = 0;                      ///< in the box; 0 where films come from files
  std::optional<FilesRun> files = {}; ///< where films come from, if not from balls
  std::uint64_t films = 0;            ///< of the training set
  int width_divisor = 0;
  std::string variant; ///< which networks: "paper", "stable", "joint", "windows" or "films", see session_of.hpp,
                       ///< ball_networks.hpp and films/film_sessions.hpp
  std::uint64_t seed = 0;
  std::uint64_t checkpoint_every = 0; ///< steps; 0 for checkpoints by time alone
  double checkpoint_minutes = 0;      ///< 0 for checkpoints by steps alone
  bool frames_given = false;          ///< the frame generator came from a file: there was no frame stage
  StageRun frames;
  StageRun sequences;
  bool frames_learn_on = false; ///< as in zoetrope::TrainingSettings
  bool sequences_given = false; ///< the sequence generator began as one from a file
};

/// Where a run computes: on the device cpu in precision fp32 or bf16, or gpu in tf32 or bf16. It decides the outcome
/// only by its rounding.
struct DeviceChoice {
  std::string device = "cpu";
  std::string precision = "fp32";
};

/// The key under which checkpoints and generators remember their run.
inline constexpr const char* run_key = "run";
/// The same for what films of files were.
inline constexpr const char* data_key = "data";
/// Under which a sequence generator remembers the checksum of the frame generator that has learnt on with it.
inline constexpr const char* frame_checksum_key = "frame_generator_checksum";

/// "1, 4 or 8", with @p last_word "or".
std::string listed(const std::vector<std::string>& names, const std::string& last_word);

/// What the command line takes and a run's files may say.
inline constexpr std::uint64_t max_steps = 1'000'000'000'000, max_films = 4'000'000'000;
inline constexpr int max_batch_size = 4096, max_discriminators = 1024;

/// The run as one line of JSON.
std::string to_text(const Run& run);

/// Throws zoetrope::Error, naming @p path, where @p text is not what to_text() wrote, of this version or an earlier
/// one. The numbers may be any.
Run parse_run(const std::string& text, const std::string& path);

} // namespace program
