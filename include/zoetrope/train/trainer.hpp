/// @file
/// The lives of the paper's two stages: first G_F against K frame discriminators, then G_V through G_F, which is frozen
/// unless it is told to learn on, against K film discriminators.
#pragma once

#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/train/checkpoint.hpp"
#include "zoetrope/train/loop.hpp"
#include "zoetrope/train/observer.hpp"
#include "zoetrope/train/sampling.hpp"
#include "zoetrope/train/stage.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace zoetrope {

/// Trains @p FrameG, then @p SequenceG. Same settings, same machine: the same bytes on any number of threads, stopped
/// and resumed or not. The default ensembles are the paper's, for the shapes that the generators make.
template <SampleGenerator FrameG, SampleGenerator SequenceG,
          DiscriminatorEnsemble FrameD = ProjectedDiscriminatorEnsemble<
              default_frame_discriminators, projection::PaperFrame,
              arch::FrameDiscriminator<1, detail::default_norm, typename FrameG::Output>, typename FrameG::BackendType>,
          DiscriminatorEnsemble FilmD = ProjectedDiscriminatorEnsemble<
              default_film_discriminators, projection::PaperFilm,
              arch::FilmDiscriminator<1, detail::default_norm, detail::FilmOf<SequenceG, FrameG>>,
              typename FrameG::BackendType>,
          Objective O = DefaultObjective, class Optimizer = DefaultOptimizer, LossPolicy Loss = DefaultLoss,
          LearningRateSchedule Schedule = DefaultSchedule>
requires OptimizerFor<Optimizer, typename FrameG::BackendType>
class TwoStageTrainer {
public:
  using B = typename FrameG::BackendType;
  static_assert(std::is_same_v<B, typename SequenceG::BackendType> && std::is_same_v<B, typename FrameD::BackendType> &&
                    std::is_same_v<B, typename FilmD::BackendType>,
                "both generators and both ensembles work on the same backend");
  using FrameStage = AdversarialStage<FrameSource<FrameG>, FrameD, O, Optimizer, Loss, Schedule>;
  using Film = detail::FilmOf<SequenceG, FrameG>;
  /// Ensembles that judge a frame beside each film get one of the prior.
  static constexpr PriorFrames prior_frames =
      judges_frames_beside<FilmD> ? PriorFrames::beside_films : PriorFrames::none;
  using SequenceSource = FilmSource<SequenceG, FrameG, prior_frames>;
  using SequenceStage = AdversarialStage<SequenceSource, FilmD, O, Optimizer, Loss, Schedule>;
  using Settings = TrainingSettings<Optimizer, Schedule>;

  /// Initial weights are drawn from the seed. Throws Error where a batch size, a number of discriminators or a schedule
  /// cannot be.
  explicit TwoStageTrainer(const Settings& settings, const O& objective = O{}, const Loss& loss = Loss{},
                           std::shared_ptr<B> backend = std::make_shared<B>())
      : settings_(settings), objective_(objective), loss_(loss), backend_(backend), frame_generator_(backend),
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
  /// another one than that which the run began with, by their descriptions, where training diverges, and where stage
  /// two has begun with the G_F of this one.
  template <FilmDataset Dataset, class... Observers>
  bool train_frames(const Dataset& dataset, Observers&&... observers) {
    require(!sequence_stage_, "the frame stage cannot go on: the sequence stage has begun with its frame generator");
    begin("frame", dataset);
    const RandomStream choice(settings_.seed, Stream::frame_choice);
    return run(
        begin_frames(), Stream::frame_latents,
        [&dataset, choice](std::uint64_t index, std::span<float> out) { random_frame(dataset, choice, index, out); },
        observers...);
  }

  /// Stage two, up to settings().sequences.steps: G_V on whole films. G_F stays as it is, unless
  /// settings().frames_learn_on. Otherwise as train_frames(). Throws Error too where G_F has learnt nothing: no step of
  /// stage one was done, and begin_sequences_from() or begin_sequences() was not called; and where it is to learn on
  /// and cannot.
  template <FilmDataset Dataset, class... Observers>
  bool train_sequences(const Dataset& dataset, Observers&&... observers) {
    require(sequence_stage_ || frame_steps() > 0,
            "the sequence stage expected a frame generator that has learnt, but the frame stage has done no step; ",
            "train_frames() comes before it, or begin_sequences_from() a file");
    begin("sequence", dataset);
    const RandomStream choice(settings_.seed, Stream::film_choice),
        frame_choice(settings_.seed, Stream::frame_beside_choice);
    return run(
        enter_sequences(), Stream::sequence_latents,
        [&dataset, choice, frame_choice](std::uint64_t index, std::span<float> out) {
          dataset.film(choice.below(index, dataset.size()), out.first(static_cast<std::size_t>(Film::size)));
          if constexpr (prior_frames == PriorFrames::beside_films)
            random_frame(dataset, frame_choice, index, out.subspan(static_cast<std::size_t>(Film::size)));
        },
        observers...);
  }

  /// Begins stage two with G_F as it stands, such as one that load_generator() has put there; where stage one has done
  /// a step and keeps an average of its weights, with that average, whatever was put there since.
  void begin_sequences() { enter_sequences(); }

  /// Begins stage two without stage one: G_F is what save_generator() or PyTorch wrote to @p file, and
  /// frame_steps() stays 0. Then train_sequences() trains, and checkpoints hold this G_F too. G_V begins as it stands
  /// at the first step: with initial weights, or with what load_generator() has put there. Throws Error, and changes
  /// nothing, where either stage has begun or the file does not fit, as load_generator() says, which also says what
  /// @p prefix is.
  void begin_sequences_from(const SafetensorsFile& file, const std::string& prefix = "") {
    require(!sequence_stage_, "the sequence stage cannot take the frame generator of '", file.path().string(),
            "': it has begun with another one");
    require(frame_steps() == 0, "the sequence stage cannot take the frame generator of '", file.path().string(),
            "': the frame stage has done ", frame_steps(), " steps with another one");
    load_generator(file, frame_generator_, prefix);
    enter_sequences();
  }
  void begin_sequences_from(const std::filesystem::path& path, const std::string& prefix = "") {
    begin_sequences_from(SafetensorsFile(path), prefix);
  }

  /// Frames [count, height, width, channels] of averaged_frame_generator(), values in [-1, 1]; other ones for another
  /// @p seed, which is that of the settings unless given. Throws Error unless @p count is positive.
  [[nodiscard]] std::vector<float> sample_frames(int count, std::optional<std::uint64_t> seed = {}) {
    return zoetrope::sample_frames(averaged_frame_generator(), count, seed.value_or(settings_.seed));
  }
  /// Films [count, time, height, width, channels] of averaged_sequence_generator() through averaged_frame_generator(),
  /// otherwise as sample_frames().
  [[nodiscard]] std::vector<float> sample_films(int count, std::optional<std::uint64_t> seed = {}) {
    return zoetrope::sample_films(averaged_sequence_generator(), averaged_frame_generator(), count,
                                  seed.value_or(settings_.seed));
  }
  /// The latents [count, time, latent] that are walked along in the films that sample_films() draws.
  [[nodiscard]] std::vector<float> sample_latents(int count, std::optional<std::uint64_t> seed = {}) {
    return zoetrope::sample_latents(averaged_sequence_generator(), count, seed.value_or(settings_.seed));
  }

  /// Writes all that training needs to go on to one file, whole or not at all, with @p notes of the caller.
  void save(const std::filesystem::path& path, const std::map<std::string, std::string>& notes = {}) {
    if (!sequence_stage_) begin_frames();
    detail::write_checkpoint(path, *backend_, inventory(), notes);
  }

  /// Goes back to a saved state. Throws Error, and changes nothing, where @p file does not fit this trainer: seed,
  /// generators, ensembles, numbers of discriminators, loss, objective, optimizers, schedule, average of weights, bound
  /// on spectral norms, whether G_F learns on, and scalar type, as far as its format records them. Learning rates,
  /// batch sizes and numbers of steps are free, and so is the backend; another data set is refused when it comes.
  void load(const SafetensorsFile& file) {
    const auto steps = checkpoint_steps(file);
    require(steps.sequences || !sequence_stage_, "in '", file.path().string(),
            "': the checkpoint is of the frame stage, but the sequence stage has begun");
    const bool had_frames = frame_stage_.has_value(), had_sequences = sequence_stage_.has_value();
    try {
      if (steps.sequences)
        make_sequence_stage();
      else
        begin_frames();
      detail::read_checkpoint(file, *backend_, inventory());
    } catch (...) {
      if (!had_frames) frame_stage_.reset();
      if (!had_sequences) sequence_stage_.reset();
      throw;
    }
    if (sequence_stage_) {
      end_frames();
      sequence_stage_->set_step(*steps.sequences);
    } else {
      frame_stage_->set_step(steps.frames);
    }
    frame_steps_ = steps.frames;
    data_set_ = detail::recorded_in(file, data_set_key);
    computed_on_ = detail::recorded_in(file, computed_on_key).value_or("");
  }

  void load(const std::filesystem::path& path) { load(SafetensorsFile(path)); }

  /// The generators that learn, with the weights of the last step.
  [[nodiscard]] FrameG& frame_generator() { return frame_generator_; }
  [[nodiscard]] SequenceG& sequence_generator() { return sequence_generator_; }
  /// A generator with the averages of the weights, as they are now, where its stage keeps some and has done a step;
  /// else the one that learns. Once the sequence stage has begun, G_F begins as the average itself. Every call, of
  /// sample_*() too, puts the present averages into the same generator, which the end of its stage takes away.
  [[nodiscard]] FrameG& averaged_frame_generator() {
    if (sequence_stage_ && settings_.frames_learn_on)
      return averaged(sequence_stage_, frame_generator_, averaged_frame_generator_, Stream::frame_generator_weights,
                      SequenceSource::frames_name);
    return averaged(frame_stage_, frame_generator_, averaged_frame_generator_, Stream::frame_generator_weights);
  }
  [[nodiscard]] SequenceG& averaged_sequence_generator() {
    return averaged(sequence_stage_, sequence_generator_, averaged_sequence_generator_,
                    Stream::sequence_generator_weights);
  }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// Steps done in each stage.
  [[nodiscard]] std::uint64_t frame_steps() const { return frame_stage_ ? frame_stage_->step() : frame_steps_; }
  [[nodiscard]] std::uint64_t sequence_steps() const { return sequence_stage_ ? sequence_stage_->step() : 0; }

private:
  static constexpr std::uint64_t length = static_cast<std::uint64_t>(SequenceG::Output::positions);

  static constexpr const char* data_set_key = "data_set";
  static constexpr const char* computed_on_key = "computed_on";

  /// Writes the frame number @p index of those that @p choice makes, any of all films', to @p out.
  template <FilmDataset Dataset>
  static void random_frame(const Dataset& dataset, const RandomStream& choice, std::uint64_t index,
                           std::span<float> out) {
    const std::uint64_t film = choice.below(2 * index, dataset.size());
    dataset.frame(film, static_cast<int>(choice.below(2 * index + 1, length)), out);
  }

  /// Throws Error, and changes nothing, unless training can go on with @p dataset.
  template <FilmDataset Dataset>
  void begin(const char* stage, const Dataset& dataset) {
    static_assert(std::is_same_v<typename Dataset::Film, Film>,
                  "the data set's films have the shape that the generators make");
    require(dataset.size() > 0, "the ", stage, " stage expected a data set of at least one film, got none");
    const std::string description = dataset.description();
    require(!data_set_ || *data_set_ == description, "the ", stage, " stage expected the data set '",
            data_set_.value_or(""), "' that the run began with, got '", description, "'");
    data_set_ = description;
  }

  template <class Stage, class... Observers>
  bool run(Stage& stage, Stream latents, detail::StepFeed::Load load, Observers&... observers) {
    if constexpr (detail::check_observers<Observers...>()) {
      if (stage.step() < stage.settings().steps) note_backend();
      return detail::run_steps(stage, RandomStream(settings_.seed, latents), std::move(load), observers...);
    } else {
      return false;
    }
  }

  /// Records where steps are computed, each of them once.
  void note_backend() {
    const std::string here = B::description(), between = "; ";
    if ((between + computed_on_ + between).find(between + here + between) != std::string::npos) return;
    computed_on_ += (computed_on_.empty() ? "" : between) + here;
  }

  template <class Stage, class G>
  G& averaged(std::optional<Stage>& stage, G& generator, std::optional<G>& average, Stream weights,
              const std::string& part = "") {
    if (!stage || !stage->weight_average().has_values()) return generator;
    if (!average) {
      average.emplace(backend_);
      // A generator may draw more than its learners from the seed.
      average->initialize(settings_.seed, weights);
    }
    stage->weight_average().copy_to(*backend_, *average, part);
    return *average;
  }

  FrameStage& begin_frames() {
    if (!frame_stage_) {
      frame_stage_.emplace("frames", FrameSource<FrameG>(frame_generator_), backend_, settings_.frames, objective_,
                           GeneratorSamples::fresh, loss_);
      frame_stage_->ensemble().initialize(settings_.seed, Stream::frame_discriminator_weights,
                                          Stream::frame_projections);
    }
    return *frame_stage_;
  }

  SequenceStage& enter_sequences() {
    if (!sequence_stage_) {
      frame_steps_ = frame_steps();
      if (frame_stage_ && frame_stage_->weight_average().has_values())
        frame_stage_->weight_average().copy_to(*backend_, frame_generator_);
      end_frames();
      frame_generator_.visit_learners([](const std::string&, Learner<B>& learner) { learner.drop_gradients(); });
      make_sequence_stage();
    }
    return *sequence_stage_;
  }

  /// The frame stage's discriminators are no longer needed.
  void end_frames() {
    frame_stage_.reset();
    averaged_frame_generator_.reset();
  }

  void make_sequence_stage() {
    if (sequence_stage_) return;
    const auto weights = settings_.frames_learn_on ? FrameWeights::learning : FrameWeights::frozen;
    sequence_stage_.emplace("sequences", SequenceSource(sequence_generator_, frame_generator_, weights), backend_,
                            settings_.sequences, objective_, GeneratorSamples::reused, loss_);
    sequence_stage_->ensemble().initialize(settings_.seed, Stream::sequence_discriminator_weights,
                                           Stream::sequence_projections);
  }

  [[nodiscard]] detail::RunInventory<B> inventory() {
    detail::RunInventory<B> run;
    run.expect("seed", std::to_string(settings_.seed));
    run.expect("scalar", element_name(element_type<typename B::Scalar>));
    run.expect("loss", loss_.description());
    run.expect("objective", objective_.description());
    run.add_learners("frame_generator", frame_generator_);
    run.add_learners("sequence_generator", sequence_generator_);
    if (sequence_stage_) {
      run.add_stage(*sequence_stage_);
      if (settings_.frames_learn_on)
        run.expect("sequences.frames_learn_on", "yes");
      else
        run.expect_none("sequences.frames_learn_on");
    } else if (frame_stage_)
      run.add_stage(*frame_stage_);
    if (data_set_) run.record(data_set_key, *data_set_);
    if (!computed_on_.empty()) run.record(computed_on_key, computed_on_);
    run.set_steps({frame_steps(), sequence_stage_ ? std::optional(sequence_stage_->step()) : std::nullopt});
    return run;
  }

  Settings settings_;
  O objective_;
  Loss loss_;
  std::shared_ptr<B> backend_;
  FrameG frame_generator_;
  SequenceG sequence_generator_;
  std::optional<FrameG> averaged_frame_generator_; ///< made when somebody asks for it, as is the other one
  std::optional<SequenceG> averaged_sequence_generator_;
  std::optional<FrameStage> frame_stage_;
  std::optional<SequenceStage> sequence_stage_;
  std::uint64_t frame_steps_ = 0;       ///< of the frame stage, once it is over
  std::optional<std::string> data_set_; ///< what the run's data set says that it is, once it is known
  std::string computed_on_;             ///< the backends that have done steps of this run
};

} // namespace zoetrope
