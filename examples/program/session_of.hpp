/// @file
/// A session of every width for films of one shape, on one backend. All widths in one file: what their trainers share compiles once.
#pragma once

#include "data.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "networks.hpp"

#include <zoetrope/gan/generator_file.hpp>
#include <zoetrope/train/trainer.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace program {

using Optimizer = zoetrope::OptimizerChoice<zoetrope::RmsProp, zoetrope::Adam>;

inline Optimizer make_optimizer(const std::string& name, double learning_rate) {
  if (name == "adam") return {zoetrope::Adam{.learning_rate = learning_rate, .beta1 = 0.5, .beta2 = 0.999}};
  return {zoetrope::RmsProp{.learning_rate = learning_rate}};
}

inline zoetrope::StageSettings<Optimizer> stage_settings(const StageRun& run) {
  return {.steps = run.steps,
          .batch_size = run.batch_size,
          .discriminators = run.discriminators,
          .generator_optimizer = make_optimizer(run.optimizer, run.generator_learning_rate),
          .discriminator_optimizer = make_optimizer(run.optimizer, run.discriminator_learning_rate)};
}

/// How a generator's last layer is called in its file, for readers that know only its tensors.
inline std::string output_text(zoetrope::layer::Tanh) { return "tanh"; }
template <int Factor>
std::string output_text(zoetrope::layer::Scale<Factor>) {
  return "scaled " + std::to_string(Factor);
}

/// The data of a run as the data set of a trainer.
template <zoetrope::FilmShape FilmType>
struct DataSetOf {
  using Film = FilmType;
  const Data& data;

  [[nodiscard]] std::uint64_t size() const { return data.size(); }
  [[nodiscard]] std::string description() const { return data.description(); }
  void film(std::uint64_t index, std::span<float> out) const { data.film(index, out); }
  void frame(std::uint64_t index, int time, std::span<float> out) const { data.frame(index, time, out); }
};

template <class B, zoetrope::FilmShape Film, int FrameDivisor, int SequenceDivisor, class SequenceArch,
          zoetrope::DiscriminatorNorm Norm>
class SessionOf final : public Session {
  using Frame = zoetrope::FrameOf<Film>;
  using FrameG = zoetrope::Generator<zoetrope::arch::DcganFrame<FrameDivisor, 100, Frame>, B>;
  using SequenceG = zoetrope::Generator<SequenceArch, B>;
  using FrameD = zoetrope::ProjectedDiscriminatorEnsemble<zoetrope::run_time_count, zoetrope::projection::PaperFrame,
                                                          zoetrope::arch::FrameDiscriminator<FrameDivisor, Norm, Frame>, B>;
  using FilmD = zoetrope::ProjectedDiscriminatorEnsemble<zoetrope::run_time_count, zoetrope::projection::PaperFilm,
                                                         zoetrope::arch::FilmDiscriminator<SequenceDivisor, Norm, Film>, B>;
  using Trainer = zoetrope::TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, zoetrope::SumObjective, Optimizer>;

public:
  explicit SessionOf(const Run& run)
      : notes_{{run_key, to_text(run)}},
        trainer_({.seed = run.seed, .frames = stage_settings(run.frames), .sequences = stage_settings(run.sequences)}) {
  }

  [[nodiscard]] FilmSizes sizes() const override { return sizes_of<Film>(); }
  bool train_frames(const Data& data, const Watch& watch) override {
    return trainer_.train_frames(DataSetOf<Film>{data}, watch);
  }
  bool train_sequences(const Data& data, const Watch& watch) override {
    return trainer_.train_sequences(DataSetOf<Film>{data}, watch);
  }
  void begin_sequences_from(const zoetrope::SafetensorsFile& file, const std::string& prefix) override {
    trainer_.begin_sequences_from(file, prefix);
  }
  std::uint64_t frame_steps() const override { return trainer_.frame_steps(); }
  std::uint64_t sequence_steps() const override { return trainer_.sequence_steps(); }
  void save_checkpoint(const std::filesystem::path& path) override { trainer_.save(path, notes_); }
  void load_checkpoint(const zoetrope::SafetensorsFile& file) override { trainer_.load(file); }
  void save_frame_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored) override {
    auto notes = notes_;
    notes["output"] = "tanh";
    zoetrope::save_generator(path, trainer_.frame_generator(), notes, stored);
  }
  void save_sequence_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored) override {
    auto notes = notes_;
    notes["output"] = output_text(typename SequenceArch::End{});
    zoetrope::save_generator(path, trainer_.sequence_generator(), notes, stored);
  }
  void load_frame_generator(const zoetrope::SafetensorsFile& file) override {
    zoetrope::load_generator(file, trainer_.frame_generator());
  }
  void load_sequence_generator(const zoetrope::SafetensorsFile& file) override {
    zoetrope::load_generator(file, trainer_.sequence_generator());
  }
  std::vector<float> sample_frames(int count, std::uint64_t seed) override {
    return trainer_.sample_frames(count, seed);
  }
  std::vector<float> sample_films(int count, std::uint64_t seed) override { return trainer_.sample_films(count, seed); }
  std::vector<float> sample_latents(int count, std::uint64_t seed) override {
    return trainer_.sample_latents(count, seed);
  }
  std::vector<float> frames_of(std::span<const float> latents) override {
    return trainer_.frame_generator().generate(latents);
  }

private:
  std::map<std::string, std::string> notes_;
  Trainer trainer_;
};

/// The paper's networks as they are.
template <class B, zoetrope::FilmShape Film>
std::unique_ptr<Session> make_session_of_paper(const Run& run) {
  using namespace zoetrope;
  using Sequence = arch::BiLstmSequence<1, 256, LatentOutput::tanh, 100, sizes_of<Film>().length>;
  return std::make_unique<SessionOf<B, Film, 1, 1, Sequence, DiscriminatorNorm::none>>(run);
}

/// Batch norm in the discriminators, latents that reach all of the prior, and an LSTM of 128: what narrow networks and
/// few discriminators need to learn. In the sequence stage most work is G_F's, so its own networks may be many rather
/// than wide.
template <class B, zoetrope::FilmShape Film, int FrameDivisor, int SequenceDivisor>
std::unique_ptr<Session> make_session_of_stable(const Run& run) {
  using namespace zoetrope;
  using Sequence =
      arch::BiLstmSequence<SequenceDivisor, 128, LatentOutput::scaled, 100, sizes_of<Film>().length>;
  return std::make_unique<SessionOf<B, Film, FrameDivisor, SequenceDivisor, Sequence, DiscriminatorNorm::batch>>(run);
}

/// Throws zoetrope::Error for a width or a variant that there is not.
template <class B, zoetrope::FilmShape Film>
std::unique_ptr<Session> make_session_on(const Run& run) {
  constexpr std::unique_ptr<Session> (*make[])(const Run&) = {
      make_session_of_paper<B, Film>, make_session_of_stable<B, Film, widths[1].divisor, widths[1].sequence_divisor>,
      make_session_of_stable<B, Film, widths[2].divisor, widths[2].sequence_divisor>,
      make_session_of_stable<B, Film, widths[3].divisor, widths[3].sequence_divisor>};
  static_assert(std::size(make) == std::size(widths));
  for (std::size_t i = 0; i < std::size(widths); ++i)
    if (widths[i].divisor == run.width_divisor && widths[i].variant == run.variant) return make[i](run);
  zoetrope::fail("this program has no networks of width divisor ", run.width_divisor, " and variant '", run.variant,
                 "'");
}

} // namespace program
