/// @file
/// A trainer of very small networks behind a plain class, so that one file alone compiles it.
#pragma once

#include "support/error_of.hpp"
#include "unit/io/temporary_folder.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/shape.hpp"
#include "zoetrope/nn/optimizer.hpp"
#include "zoetrope/train/observer.hpp"
#include "zoetrope/train/settings.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace zoetrope {
class SafetensorsFile;
}

namespace zoetrope::test {

using Optimizer = OptimizerChoice<RmsProp, Adam>;
using Settings = TrainingSettings<Optimizer>;
using Watch = std::function<Flow(const StepReport&)>;

/// Four steps of frames and three of sequences, two discriminators each.
inline Settings small_settings() {
  return {.frames = {.steps = 4,
                     .batch_size = 3,
                     .discriminators = 2,
                     .generator_optimizer = {Adam{.beta1 = 0.5}},
                     .discriminator_optimizer = {Adam{.beta1 = 0.5}}},
          .sequences = {.steps = 3,
                        .batch_size = 2,
                        .discriminators = 2,
                        .generator_optimizer = {RmsProp{.learning_rate = 1e-3}},
                        .discriminator_optimizer = {RmsProp{.learning_rate = 1e-3}}}};
}

/// Films of one ball. @p change, where set, is called after each film or frame, from any thread.
struct SmallData {
  using Film = Shape<1, 30, 30, 30>;
  std::function<void(std::uint64_t index, std::span<float> out)> change{};

  std::uint64_t films = 100;

  [[nodiscard]] std::uint64_t size() const { return films; }
  [[nodiscard]] std::string description() const { return "films of one ball, " + std::to_string(films); }
  void film(std::uint64_t index, std::span<float> out) const;
  void frame(std::uint64_t index, int time, std::span<float> out) const;
};

/// The sum over discriminators, or their average.
struct SumOrAverage {
  bool average = false;
  void weigh(std::span<const double> losses, std::span<double> weights) const;
  [[nodiscard]] std::string description() const { return average ? "average" : "sum"; }
};

/// The kinds of networks that small runs need, at widths / 64 and with an LSTM of 8.
class SmallTrainer {
public:
  explicit SmallTrainer(const Settings& settings = small_settings(), SumOrAverage objective = {});
  ~SmallTrainer();

  bool train_frames(const SmallData& data = {}, const Watch& watch = {}, const Watch& second = {});
  bool train_sequences(const SmallData& data = {}, const Watch& watch = {});
  void begin_sequences();
  void begin_sequences_from(const std::filesystem::path& path, const std::string& prefix = "");
  /// Both, one after the other. False where @p watch stopped one of them.
  bool train(const Watch& watch = {});
  [[nodiscard]] std::uint64_t frame_steps() const;
  [[nodiscard]] std::uint64_t sequence_steps() const;

  void save(const std::filesystem::path& path, const std::map<std::string, std::string>& notes = {});
  void load(const std::filesystem::path& path);
  /// The bytes that save() writes.
  std::string state();

  void save_frame_generator(const std::filesystem::path& path,
                            const std::map<std::string, std::string>& notes = {{"note", "of a test"}},
                            bool in_16_bits = false);
  void save_sequence_generator(const std::filesystem::path& path);
  void load_frame_generator(const std::filesystem::path& path, const std::string& prefix = "");
  void load_sequence_generator(const std::filesystem::path& path);

  std::vector<float> sample(int count, std::optional<std::uint64_t> seed = {});
  std::vector<float> sample_frames(int count, std::optional<std::uint64_t> seed = {});
  std::vector<float> frame_generator_parameters();
  std::vector<float> frame_generator_statistics();
  std::vector<float> frame_generator_gradients();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Remembers every loss and stops after as many reports as are wanted (0: never).
struct Losses {
  std::uint64_t stop_after = 0;
  std::vector<std::string> rows{};
  std::vector<double> values{};

  Flow operator()(const StepReport& report) {
    rows.push_back(std::string(report.stage) + " " + std::to_string(report.step));
    values.insert(values.end(), report.discriminator_losses.begin(), report.discriminator_losses.end());
    values.insert(values.end(), report.generator_losses.begin(), report.generator_losses.end());
    return rows.size() == stop_after ? Flow::stop : Flow::carry_on;
  }
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// Changes to a safetensors file: the result has a checksum that fits, so a reader must look at the content itself.
struct Edit {
  std::map<std::string, std::string> metadata{};       ///< instead of the old ones
  std::string without_metadata{};                      ///< a key to leave out
  std::string without_tensor{};                        ///< a tensor to leave out
  std::string longer_tensor{};                         ///< a tensor that gets one value more, in one dimension
  std::string multiplied_tensor{};                     ///< a tensor to multiply by 10^9
  std::string double_tensor{};                         ///< a tensor to store as double
  std::map<std::string, double> changed_value{};       ///< a tensor and its first value
  std::string added_tensor{};                          ///< another tensor of one float
  std::string added_count{};                           ///< another tensor of one whole number
  std::string prefix{};                                ///< to stand before all names but the added ones
  std::map<std::string, std::string> renamed_tensor{}; ///< old name, new name
};
void edit_file(const std::filesystem::path& from, const std::filesystem::path& to, const Edit& edit);

} // namespace zoetrope::test
