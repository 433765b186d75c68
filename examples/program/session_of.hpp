/// @file
/// Sessions of networks of one's choice, on one backend. All in one file: what their trainers share compiles once.
#pragma once

#include "data.hpp"
#include "learning_rates.hpp"
#include "optimizer.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "width.hpp"

#include <zoetrope/gan/films_and_frames.hpp>
#include <zoetrope/gan/generator_file.hpp>
#include <zoetrope/gan/random_waves.hpp>
#include <zoetrope/train/trainer.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace program {

inline zoetrope::StageSettings<Optimizer, LearningRates> stage_settings(const StageRun& run) {
  return {.steps = run.steps,
          .batch_size = run.batch_size,
          .discriminators = run.discriminators,
          .generator_optimizer = make_optimizer(run.optimizer, run.generator_learning_rate),
          .discriminator_optimizer = make_optimizer(run.optimizer, run.discriminator_learning_rate),
          .schedule = {run.learning_rate_decay},
          .weight_average = run.weight_average,
          .spectral_norm = run.spectral_norm};
}

/// How a generator's last layer is called in its file, for readers that know only its tensors.
inline std::string output_text(zoetrope::layer::Tanh) { return "tanh"; }
template <int Factor>
std::string output_text(zoetrope::layer::Scale<Factor>) {
  return "scaled " + std::to_string(Factor);
}
inline std::string output_text(zoetrope::layer::BatchNormOfPositions) { return "normalized"; }

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

/// The paper's networks as they are.
template <zoetrope::FilmShape FilmType>
struct PaperNetworks {
  using Film = FilmType;
  using Frame = zoetrope::FrameOf<Film>;
  using FrameGenerator = zoetrope::arch::DcganFrame<1, 100, Frame>;
  using SequenceGenerator =
      zoetrope::arch::BiLstmSequence<1, 256, zoetrope::LatentOutput::tanh, 100, zoetrope::film_length<Film>>;
  using FrameProjection = zoetrope::projection::PaperFrame;
  using FrameDiscriminator = zoetrope::arch::FrameDiscriminator<1, zoetrope::DiscriminatorNorm::none, Frame>;
  using FilmProjection = zoetrope::projection::PaperFilm;
  using FilmDiscriminator = zoetrope::arch::FilmDiscriminator<1, zoetrope::DiscriminatorNorm::none, Film>;
};

/// Batch norm in the frame discriminators, latents that reach all of the prior, and an LSTM of 128: what narrow
/// networks and few discriminators need to learn. Films are seen as waves, which tell discriminators how things move
/// (docs/learning.md); these want a bound on their norms. In the sequence stage most work is G_F's, so its own networks
/// may be many rather than wide.
template <zoetrope::FilmShape FilmType, int FrameDivisor, int SequenceDivisor>
struct StableNetworks {
  using Film = FilmType;
  using Frame = zoetrope::FrameOf<Film>;
  using FrameGenerator = zoetrope::arch::DcganFrame<FrameDivisor, 100, Frame>;
  using SequenceGenerator = zoetrope::arch::BiLstmSequence<SequenceDivisor, 128, zoetrope::LatentOutput::scaled, 100,
                                                           zoetrope::film_length<Film>>;
  using FrameProjection = zoetrope::projection::PaperFrame;
  using FrameDiscriminator =
      zoetrope::arch::FrameDiscriminator<FrameDivisor, zoetrope::DiscriminatorNorm::batch, Frame>;
  using FilmProjection = zoetrope::projection::FilmWaves;
  using FilmDiscriminator =
      zoetrope::arch::SeriesDiscriminator<4, zoetrope::DiscriminatorNorm::none, Film, FilmProjection>;
};

/// The same, with as many discriminators of single frames beside those of films, for a frame generator that learns in
/// films too.
template <zoetrope::FilmShape FilmType, int FrameDivisor, int SequenceDivisor>
struct JointNetworks : StableNetworks<FilmType, FrameDivisor, SequenceDivisor> {
  static constexpr bool judges_frames = true;
};

/// The same, whose film discriminators see waves in windows too, for films of several things that move.
template <zoetrope::FilmShape FilmType, int FrameDivisor, int SequenceDivisor>
struct WindowNetworks : JointNetworks<FilmType, FrameDivisor, SequenceDivisor> {
  using FilmProjection = zoetrope::projection::FilmWavesInWindows;
  using FilmDiscriminator =
      zoetrope::arch::SeriesDiscriminator<4, zoetrope::DiscriminatorNorm::none, FilmType, FilmProjection>;
};

/// What judges films: @p FilmD, and beside it @p FrameD, for frame generators that learn on, where @p Networks say so.
template <class FilmD, class FrameD, class Networks>
struct FilmJudges {
  using type = FilmD;
};
template <class FilmD, class FrameD, class Networks>
requires(Networks::judges_frames) struct FilmJudges<FilmD, FrameD, Networks> {
  using type = zoetrope::FilmsAndFrames<FilmD, FrameD>;
};

template <class B, class Networks>
class SessionOf final : public Session {
  using Film = typename Networks::Film;
  using FrameG = zoetrope::Generator<typename Networks::FrameGenerator, B>;
  using SequenceG = zoetrope::Generator<typename Networks::SequenceGenerator, B>;
  using FrameD = zoetrope::ProjectedDiscriminatorEnsemble<zoetrope::run_time_count, typename Networks::FrameProjection,
                                                          typename Networks::FrameDiscriminator, B>;
  using FilmsD = zoetrope::ProjectedDiscriminatorEnsemble<zoetrope::run_time_count, typename Networks::FilmProjection,
                                                          typename Networks::FilmDiscriminator, B>;
  using FilmD = typename FilmJudges<FilmsD, FrameD, Networks>::type;
  using Trainer = zoetrope::TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, zoetrope::SumObjective, Optimizer,
                                            zoetrope::DefaultLoss, LearningRates>;

public:
  explicit SessionOf(const Run& run)
      : notes_{{run_key, to_text(run)}}, trainer_({.seed = run.seed,
                                                   .frames = stage_settings(run.frames),
                                                   .sequences = stage_settings(run.sequences),
                                                   .frames_learn_on = run.frames_learn_on}) {}

  [[nodiscard]] FilmSizes sizes() const override { return sizes_of<Film>(); }
  bool train_frames(const Data& data, const Watch& watch) override {
    return trainer_.train_frames(DataSetOf<Film>{data}, watch);
  }
  bool train_sequences(const Data& data, const Watch& watch) override {
    return trainer_.train_sequences(DataSetOf<Film>{data}, watch);
  }
  void note(const std::string& key, const std::string& value) override { notes_[key] = value; }
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
    zoetrope::save_generator(path, trainer_.averaged_frame_generator(), notes, stored);
  }
  void save_sequence_generator(const std::filesystem::path& path, zoetrope::StoredWeights stored,
                               const std::filesystem::path& frames) override {
    auto notes = notes_;
    notes["output"] = output_text(typename Networks::SequenceGenerator::End{});
    if (trainer_.settings().frames_learn_on)
      notes[frame_checksum_key] = zoetrope::SafetensorsFile(frames).metadata().at(zoetrope::checksum_key);
    zoetrope::save_generator(path, trainer_.averaged_sequence_generator(), notes, stored);
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
    return trainer_.averaged_frame_generator().generate(latents);
  }

private:
  std::map<std::string, std::string> notes_;
  Trainer trainer_;
};

/// Networks by the width and the variant that a run names.
struct NamedSession {
  Width width;
  std::unique_ptr<Session> (*make)(const Run& run);
};
template <class B, class Networks>
NamedSession named_session(const Width& width) {
  return {width,
          [](const Run& run) -> std::unique_ptr<Session> { return std::make_unique<SessionOf<B, Networks>>(run); }};
}

/// Throws zoetrope::Error for a width or a variant that is not among @p sessions.
template <class Sessions>
std::unique_ptr<Session> make_session_among(const Sessions& sessions, const Run& run) {
  for (const auto& session : sessions)
    if (session.width.divisor == run.width_divisor && session.width.variant == run.variant) return session.make(run);
  zoetrope::fail("this program has no networks of width divisor ", run.width_divisor, " and variant '", run.variant,
                 "'");
}

} // namespace program
