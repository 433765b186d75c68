/// @file
/// Both stages of the paper: first G_F against K frame discriminators, then G_V through the frozen G_F against K video
/// discriminators.
#pragma once

#include "zoetrope/data/video_dataset.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/train/checkpoint.hpp"
#include "zoetrope/train/observer.hpp"
#include "zoetrope/train/stage.hpp"

#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

namespace zoetrope {

/// Trains @p FrameG, then @p SequenceG. Same settings, same machine: the same bytes on any number of threads, stopped
/// and resumed or not.
template <AnyGenerator FrameG, AnyGenerator SequenceG,
          AnyEnsemble FrameD = ProjectedDiscriminatorEnsemble<default_frame_discriminators, projection::PaperFrame,
                                                              arch::FrameDiscriminator<>, typename FrameG::BackendType>,
          AnyEnsemble SequenceD =
              ProjectedDiscriminatorEnsemble<default_video_discriminators, projection::PaperFilm,
                                             arch::FilmDiscriminator<>, typename FrameG::BackendType>,
          Objective O = DefaultObjective, class Optimizer = DefaultOptimizer>
requires OptimizerFor<Optimizer, typename FrameG::BackendType>
class TwoStageTrainer {
public:
  using B = typename FrameG::BackendType;
  static_assert(std::is_same_v<B, typename SequenceG::BackendType> && std::is_same_v<B, typename FrameD::BackendType> &&
                    std::is_same_v<B, typename SequenceD::BackendType>,
                "both generators and both ensembles work on the same backend");
  using FrameStage = AdversarialStage<FrameSource<FrameG>, FrameD, O, Optimizer>;
  using SequenceStage = AdversarialStage<FilmSource<SequenceG, FrameG>, SequenceD, O, Optimizer>;
  using Film = typename SequenceStage::Sample;
  using Settings = TrainingSettings<Optimizer>;

  /// Initial weights are drawn from the seed. Throws Error where a batch size or a number of discriminators cannot be.
  explicit TwoStageTrainer(const Settings& settings, const O& objective = O{},
                           std::shared_ptr<B> backend = std::make_shared<B>())
      : settings_(settings), objective_(objective), backend_(backend), frame_generator_(backend),
        sequence_generator_(backend) {
    FrameStage::check("frames", settings.frames);
    SequenceStage::check("sequences", settings.sequences);
    frame_generator_.initialize(settings.seed, Stream::frame_generator_weights);
    sequence_generator_.initialize(settings.seed, Stream::sequence_generator_weights);
  }

  // The stages refer to the generators where they are.
  TwoStageTrainer(const TwoStageTrainer&) = delete;
  TwoStageTrainer& operator=(const TwoStageTrainer&) = delete;

  /// Stage one, up to settings().frames.steps: G_F on single frames drawn at random from @p dataset. Calls every
  /// observer after every step. Returns false where one of them stopped it. Throws Error where @p dataset is empty or
  /// training diverges, and where stage two has begun, since G_F is frozen then.
  template <VideoDataset Dataset, Observer... Observers>
  bool train_frames(const Dataset& dataset, Observers&&... observers) {
    static_assert(std::is_same_v<typename Dataset::Film, Film>,
                  "the data set's films have the shape that the generators make");
    require(!sequence_stage_,
            "the frame stage cannot go on: the sequence stage has begun and froze the frame generator");
    require(dataset.size() > 0, "the frame stage expected a data set of at least one film, got none");
    const RandomStream choice(settings_.seed, Stream::frame_choice);
    return run(
        begin_frames(), settings_.frames.steps, Stream::frame_latents,
        [&](std::uint64_t index, std::span<float> out) {
          const std::uint64_t film = choice.below(2 * index, dataset.size());
          dataset.frame(film, static_cast<int>(choice.below(2 * index + 1, length)), out);
        },
        observers...);
  }

  /// Stage two, up to settings().sequences.steps: G_V on whole films. G_F stays as it is. Otherwise as train_frames().
  template <VideoDataset Dataset, Observer... Observers>
  bool train_sequences(const Dataset& dataset, Observers&&... observers) {
    static_assert(std::is_same_v<typename Dataset::Film, Film>,
                  "the data set's films have the shape that the generators make");
    require(dataset.size() > 0, "the sequence stage expected a data set of at least one film, got none");
    const RandomStream choice(settings_.seed, Stream::video_choice);
    return run(
        begin_sequences(), settings_.sequences.steps, Stream::sequence_latents,
        [&](std::uint64_t index, std::span<float> out) { dataset.film(choice.below(index, dataset.size()), out); },
        observers...);
  }

  /// Begins stage two without stage one: G_F is what save_generator() or PyTorch wrote to @p file, frozen, and
  /// frame_steps() stays 0. Then train_sequences() trains, and checkpoints hold this G_F too. Throws Error, and changes
  /// nothing, where either stage has begun or the file does not fit, as load_generator() says.
  void begin_sequences_from(const SafetensorsFile& file) {
    require(!sequence_stage_, "the sequence stage cannot take the frame generator of '", file.path().string(),
            "': it has begun with another one");
    require(frame_steps() == 0, "the sequence stage cannot take the frame generator of '", file.path().string(),
            "': the frame stage has done ", frame_steps(), " steps with another one");
    load_generator(file, frame_generator_);
    begin_sequences();
  }
  void begin_sequences_from(const std::filesystem::path& path) { begin_sequences_from(SafetensorsFile(path)); }

  /// Frames [count, height, width, channels] of G_F, values in [-1, 1]; other ones for another @p seed, which is that
  /// of the settings unless given. Throws Error unless @p count is positive.
  [[nodiscard]] std::vector<float> sample_frames(int count, std::optional<std::uint64_t> seed = {}) {
    return frame_generator_.generate(normal_latents<FrameG>(count, seed, 0));
  }
  /// Films [count, time, height, width, channels] of G_V through G_F, otherwise as sample_frames().
  [[nodiscard]] std::vector<float> sample(int count, std::optional<std::uint64_t> seed = {}) {
    return frame_generator_.generate(sample_latents(count, seed));
  }
  /// The latents [count, time, latent] of G_F that G_V walks along in the films that sample() draws.
  [[nodiscard]] std::vector<float> sample_latents(int count, std::optional<std::uint64_t> seed = {}) {
    return sequence_generator_.generate(normal_latents<SequenceG>(count, seed, 1));
  }

  /// Writes all that training needs to go on to one file, whole or not at all, with @p notes of the caller.
  void save(const std::filesystem::path& path, const std::map<std::string, std::string>& notes = {}) {
    if (!sequence_stage_) begin_frames();
    describe().write(path, notes);
  }

  /// Goes back to a saved state. Throws Error, and changes nothing, where @p file does not fit this trainer: seed,
  /// architectures, numbers of discriminators and kinds of optimizer. Batch sizes and learning rates are free.
  void load(const SafetensorsFile& file) {
    const auto steps = CheckpointSteps::read(file);
    require(steps.sequences || !sequence_stage_, "in '", file.path().string(),
            "': the checkpoint is of the frame stage, but the sequence stage has begun");
    const bool had_frames = frame_stage_.has_value(), had_sequences = sequence_stage_.has_value();
    try {
      if (steps.sequences)
        make_sequence_stage();
      else
        begin_frames();
      describe().read(file);
    } catch (...) {
      if (!had_frames) frame_stage_.reset();
      if (!had_sequences) sequence_stage_.reset();
      throw;
    }
    if (sequence_stage_) {
      frame_stage_.reset();
      sequence_stage_->set_step(*steps.sequences);
    } else {
      frame_stage_->set_step(steps.frames);
    }
    frame_steps_ = steps.frames;
  }

  void load(const std::filesystem::path& path) { load(SafetensorsFile(path)); }

  [[nodiscard]] FrameG& frame_generator() { return frame_generator_; }
  [[nodiscard]] SequenceG& sequence_generator() { return sequence_generator_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// Steps done in each stage.
  [[nodiscard]] std::uint64_t frame_steps() const { return frame_stage_ ? frame_stage_->step() : frame_steps_; }
  [[nodiscard]] std::uint64_t sequence_steps() const { return sequence_stage_ ? sequence_stage_->step() : 0; }

private:
  static constexpr std::uint64_t length = static_cast<std::uint64_t>(SequenceG::Output::positions);

  template <class Stage, class Load, class... Observers>
  bool run(Stage& stage, std::uint64_t steps, Stream latent_stream, const Load& load, Observers&... observers) {
    constexpr auto sample_size = static_cast<std::size_t>(Stage::Sample::size);
    const auto batch = static_cast<std::uint64_t>(stage.settings().batch_size);
    const std::uint64_t latent_count = batch * Stage::Latent::size * static_cast<std::uint64_t>(stage.latent_batches());
    std::vector<float> real(batch * sample_size), latents(latent_count);
    const RandomStream stream(settings_.seed, latent_stream);
    // Makes what step @p step takes; says what went wrong rather than throwing it.
    const auto prepare = [&](std::uint64_t step) {
      std::exception_ptr failure;
      std::mutex failing;
      parallel_for(static_cast<std::ptrdiff_t>(batch), [&](std::ptrdiff_t i) {
        try {
          const auto place = static_cast<std::size_t>(i);
          load(step * batch + place, std::span(real).subspan(place * sample_size, sample_size));
        } catch (...) {
          const std::scoped_lock lock(failing);
          failure = std::current_exception();
        }
      });
      stream.fill_normal(step * latent_count, latents.data(), latent_count);
      return failure;
    };
    std::optional<std::uint64_t> prepared;
    std::exception_ptr failure;
    while (stage.step() < steps) {
      const std::uint64_t step = stage.step();
      if (prepared != step) failure = prepare(step);
      if (failure) std::rethrow_exception(failure);
      stage.start(real, latents);
      if (!B::memory_is_host && step + 1 < steps) {
        // The device is at work meanwhile, on its own copy of the samples.
        failure = prepare(step + 1);
        prepared = step + 1;
      }
      stage.finish();
      const StepReport report{stage.name(), stage.step(), steps, stage.discriminator_losses(),
                              stage.generator_losses()};
      bool stopped = false;
      ((stopped |= observers(report) == Flow::stop), ...);
      if (stopped) return false;
    }
    return true;
  }

  FrameStage& begin_frames() {
    if (!frame_stage_) {
      frame_stage_.emplace("frames", FrameSource<FrameG>(frame_generator_), backend_, settings_.frames, objective_,
                           GeneratorSamples::fresh);
      frame_stage_->ensemble().initialize(settings_.seed, Stream::frame_discriminator_weights,
                                          Stream::frame_projections);
    }
    return *frame_stage_;
  }

  SequenceStage& begin_sequences() {
    if (!sequence_stage_) {
      frame_steps_ = frame_steps();
      frame_stage_.reset(); // G_F is frozen from here on: its discriminators have done their work.
      frame_generator_.network().drop_gradients();
      make_sequence_stage();
    }
    return *sequence_stage_;
  }

  void make_sequence_stage() {
    if (sequence_stage_) return;
    sequence_stage_.emplace("sequences", FilmSource<SequenceG, FrameG>(sequence_generator_, frame_generator_), backend_,
                            settings_.sequences, objective_, GeneratorSamples::reused);
    sequence_stage_->ensemble().initialize(settings_.seed, Stream::sequence_discriminator_weights,
                                           Stream::sequence_projections);
  }

  [[nodiscard]] Checkpoint<B> describe() {
    Checkpoint<B> checkpoint(*backend_, settings_.seed);
    checkpoint.add_network("frame_generator", FrameG::Architecture::description(), frame_generator_.network());
    checkpoint.add_network("sequence_generator", SequenceG::Architecture::description(), sequence_generator_.network());
    const auto add_stage = [&](auto& stage, const std::string& architecture) {
      checkpoint.add_network(stage.name() + ".discriminators", architecture, stage.ensemble().network());
      checkpoint.add(stage.name() + ".projections", stage.ensemble().projection_weights(),
                     stage.ensemble().projection_blocks());
      checkpoint.add_optimizer(stage.name() + ".generator_optimizer", stage.generator_state(),
                               stage.generator_blocks());
      checkpoint.add_optimizer(stage.name() + ".discriminator_optimizer", stage.discriminator_state(),
                               stage.ensemble().network().placed_blocks());
    };
    if (sequence_stage_)
      add_stage(*sequence_stage_, SequenceD::Architecture::description());
    else if (frame_stage_)
      add_stage(*frame_stage_, FrameD::Architecture::description());
    checkpoint.set_steps({frame_steps(), sequence_stage_ ? std::optional(sequence_stage_->step()) : std::nullopt});
    return checkpoint;
  }

  template <class G>
  [[nodiscard]] std::vector<float> normal_latents(int count, std::optional<std::uint64_t> seed,
                                                  std::uint32_t substream) const {
    require(count > 0, "expected a positive number of samples, got ", count);
    std::vector<float> latents(static_cast<std::size_t>(count * G::Input::size));
    RandomStream(seed.value_or(settings_.seed), Stream::sampling, substream)
        .fill_normal(0, latents.data(), latents.size());
    return latents;
  }

  Settings settings_;
  O objective_;
  std::shared_ptr<B> backend_;
  FrameG frame_generator_;
  SequenceG sequence_generator_;
  std::optional<FrameStage> frame_stage_;
  std::optional<SequenceStage> sequence_stage_;
  std::uint64_t frame_steps_ = 0; ///< of the frame stage, once it is over
};

} // namespace zoetrope
