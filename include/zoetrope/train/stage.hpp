/// @file
/// One stage of training: a generator against an ensemble of discriminators (paper section 3, equations 1 and 3).
#pragma once

#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/gan/loss.hpp"
#include "zoetrope/gan/objective.hpp"
#include "zoetrope/train/learners.hpp"
#include "zoetrope/train/schedule.hpp"
#include "zoetrope/train/settings.hpp"
#include "zoetrope/train/source.hpp"
#include "zoetrope/train/spectral_bound.hpp"
#include "zoetrope/train/weight_average.hpp"

#include <cmath>
#include <span>
#include <string>

namespace zoetrope {

/// Whether the generator's update judges new samples (the paper's reference does so for frames) or those that the
/// discriminators have just been trained on (for films, which cost more to make).
enum class GeneratorSamples { fresh, reused };

/// The state of one stage and its step. The losses of all discriminators are added in one objective for the generator;
/// each discriminator learns on its own.
template <SampleSource Source, DiscriminatorEnsemble Ensemble, Objective O, class Optimizer,
          LossPolicy Loss = DefaultLoss, LearningRateSchedule Schedule = DefaultSchedule>
requires OptimizerFor<Optimizer, typename Ensemble::BackendType>
class AdversarialStage {
  static_assert(std::is_same_v<typename Source::Sample, typename Ensemble::Sample>,
                "the generator makes samples of the shape that the discriminators judge");
  static_assert(std::is_same_v<typename Source::BackendType, typename Ensemble::BackendType>,
                "the generator and the discriminators work on the same backend");

public:
  using B = typename Ensemble::BackendType;
  using Scalar = typename B::Scalar;
  using Latent = typename Source::Latent;
  using Sample = typename Source::Sample;
  using Settings = StageSettings<Optimizer, Schedule>;

  AdversarialStage(std::string name, Source source, std::shared_ptr<B> backend, const Settings& settings,
                   const O& objective, GeneratorSamples generator_samples, const Loss& loss = Loss{})
      : name_(std::move(name)), source_(std::move(source)), backend_(backend), settings_(checked(name_, settings)),
        objective_(objective), loss_(loss), generator_samples_(generator_samples),
        ensemble_(make_ensemble(settings.discriminators, std::move(backend))),
        generator_learners_(*backend_, source_, settings.generator_optimizer),
        discriminator_learners_(*backend_, ensemble_, settings.discriminator_optimizer),
        weight_average_(*backend_, source_, settings.weight_average),
        spectral_bound_(*backend_, ensemble_, settings.spectral_norm) {
    const auto members = static_cast<std::size_t>(ensemble_.count());
    real_losses_.resize(members);
    discriminator_losses_.resize(members);
    generator_losses_.resize(members);
    weights_.resize(members);
    ones_.assign(members, 1.0);
    const auto batch = static_cast<std::size_t>(settings.batch_size);
    real_.resize(batch * Sample::size);
    if (!Ensemble::mixes_samples) judged_.resize(2 * batch * Sample::size);
    latents_.resize(static_cast<std::size_t>(latent_batches()) * batch * Latent::size);
  }
  // Learners are referred to where they are.
  AdversarialStage(const AdversarialStage&) = delete;
  AdversarialStage& operator=(const AdversarialStage&) = delete;

  /// Throws Error unless a stage called @p name can begin with @p settings.
  static void check(const std::string& name, const Settings& settings) {
    require(settings.batch_size > 0, "the ", name, " stage expected a positive batch size, got ", settings.batch_size);
    if constexpr (requires { Ensemble::samples_together; })
      require(settings.batch_size % Ensemble::samples_together == 0, "the ", name, " stage expected a batch size that ",
              "is a multiple of ", Ensemble::samples_together, ", since so many samples are judged together, got ",
              settings.batch_size);
    const int count = settings.discriminators, fixed = Ensemble::static_count;
    require(fixed == run_time_count ? count > 0 : count == 0 || count == fixed, "the ", name, " stage expected ",
            fixed == run_time_count ? "a positive number of" : std::to_string(fixed), " discriminators, got ", count);
    require(settings.weight_average >= 0 && settings.weight_average < 1, "the ", name,
            " stage expected an average of weights that keeps a share of at least 0 and below 1 of itself, got ",
            settings.weight_average);
    require(is_bound_on_norms(settings.spectral_norm), "the ", name,
            " stage expected a largest spectral norm of discriminators' weights from 1e-6 to 1e6, or 0 for any, got ",
            settings.spectral_norm);
    check_optimizer(settings.generator_optimizer);
    check_optimizer(settings.discriminator_optimizer);
    (void)rate_factor(name, settings, 0);
  }

  /// One step on @p real samples [batch, positions..., channels] and normal latents [2 or 1, batch, latent]: first the
  /// discriminators, then the generator. Throws Error where there are fewer or more of them, where a sample, a loss or
  /// a parameter is not finite, and where the generator or the discriminators were neither initialised nor loaded.
  void train(std::span<const float> real, std::span<const float> latents) {
    start(real, latents);
    finish();
  }

  /// The two halves of train(): a backend may still be at work between them, while the caller makes the next samples.
  void start(std::span<const float> real, std::span<const float> latents) {
    const int batch = settings_.batch_size;
    check_input(real, latents);
    const double factor = rate_factor(name_, settings_, step_);
    generator_learners_.set_rate_factor(factor);
    discriminator_learners_.set_rate_factor(factor);
    backend_->import_samples(batch, Sample::positions, Sample::channels, real.data(), real_.data());
    for (int part = 0; part < latent_batches(); ++part)
      backend_->import_samples(batch, Latent::positions, Latent::channels, latents.data() + part * latent_count(),
                               latents_.data() + part * latent_count());
    const auto work = [this] {
      check_samples(real_.data(), "the data set's samples");
      const Scalar* generated = generate(0);
      train_discriminators(generated);
      if (generator_samples_ == GeneratorSamples::fresh) generated = generate(1);
      train_generator(generated);
    };
    if constexpr (weights_depend_on_losses<O>)
      work();
    else
      backend_->start_step(recorded_, work);
  }
  void finish() {
    if constexpr (!weights_depend_on_losses<O>) backend_->finish_step(recorded_);
    ++step_;
  }

  /// How many batches of latents a step takes.
  [[nodiscard]] int latent_batches() const { return generator_samples_ == GeneratorSamples::fresh ? 2 : 1; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] std::uint64_t step() const { return step_; }
  void set_step(std::uint64_t step) { step_ = step; }
  /// The loss of each discriminator (equation 1), and the generator's against it (with the default loss its part
  /// -E log D_k(G(z)) of equation 3), at the last step.
  [[nodiscard]] std::span<const double> discriminator_losses() const { return discriminator_losses_; }
  [[nodiscard]] std::span<const double> generator_losses() const { return generator_losses_; }
  [[nodiscard]] Ensemble& ensemble() { return ensemble_; }
  [[nodiscard]] detail::LearnerGroup<B>& generator_learners() { return generator_learners_; }
  [[nodiscard]] detail::LearnerGroup<B>& discriminator_learners() { return discriminator_learners_; }
  /// Of the generator's learners; kept where the settings ask for it.
  [[nodiscard]] detail::WeightAverage<B>& weight_average() { return weight_average_; }
  /// On the discriminators' learners; kept where the settings ask for it.
  [[nodiscard]] detail::SpectralBound<B>& spectral_bound() { return spectral_bound_; }

private:
  static Ensemble make_ensemble(int count, std::shared_ptr<B> backend) {
    return Ensemble(count == 0 && Ensemble::static_count != run_time_count ? Ensemble::static_count : count,
                    std::move(backend));
  }

  static double rate_factor(const std::string& name, const Settings& settings, std::uint64_t step) {
    const double factor = settings.schedule.factor(step, settings.steps);
    require(std::isfinite(factor) && factor >= 0, "the ", name, " stage, step ", step + 1,
            ": expected a schedule's factor to be a finite number of at least 0, got ", factor);
    return factor;
  }

  [[nodiscard]] std::ptrdiff_t latent_count() const { return settings_.batch_size * Latent::size; }

  /// Samples from one of the step's batches of latents.
  const Scalar* generate(int part) {
    const Scalar* samples = source_.forward(settings_.batch_size, latents_.data() + part * latent_count());
    check_samples(samples, "the generator's samples");
    return samples;
  }

  void train_discriminators(const Scalar* generated) {
    discriminator_learners_.clear_gradients();
    const int batch = settings_.batch_size;
    if constexpr (Ensemble::mixes_samples) {
      const SampleRange all{batch, 0, batch};
      ensemble_.forward(batch, real_.data(), Mode::training);
      grade(all, LogitRole::real, real_losses_);
      ensemble_.backward_to_parameters(batch);
      ensemble_.forward(batch, generated, Mode::training);
      grade(all, LogitRole::generated, discriminator_losses_);
      ensemble_.backward_to_parameters(batch);
    } else {
      // As one batch: every weight is read once for both.
      backend_->join_batches(batch, Sample::positions, Sample::channels, real_.data(), generated, judged_.data());
      ensemble_.forward(2 * batch, judged_.data(), Mode::training);
      grade({2 * batch, 0, batch}, LogitRole::real, real_losses_);
      grade({2 * batch, batch, batch}, LogitRole::generated, discriminator_losses_);
      ensemble_.backward_to_parameters(2 * batch);
    }
    backend_->afterwards([this] {
      for (std::size_t k = 0; k < real_losses_.size(); ++k) {
        discriminator_losses_[k] += real_losses_[k];
        check(discriminator_losses_[k], "the loss of discriminator", k);
      }
    });
    update(discriminator_learners_, settings_.discriminator_optimizer, "discriminators");
    spectral_bound_.update(*backend_);
  }

  void train_generator(const Scalar* generated) {
    const int batch = settings_.batch_size;
    generator_learners_.clear_gradients();
    ensemble_.forward(batch, generated, Mode::training);
    const SampleRange all{batch, 0, batch};
    ensemble_.losses(loss_, LogitRole::generator, all, generator_losses_.data());
    backend_->afterwards([this] {
      for (std::size_t k = 0; k < generator_losses_.size(); ++k)
        check(generator_losses_[k], "the generator's loss against discriminator", k);
    });
    objective_.weigh(generator_losses_, weights_);
    ensemble_.loss_gradient(loss_, LogitRole::generator, all, weights_.data());
    ensemble_.backward_to_samples(batch, source_.sample_gradient());
    source_.backward(batch);
    update(generator_learners_, settings_.generator_optimizer, "generator");
    weight_average_.update(*backend_);
  }

  /// The losses of some samples' logits, and their gradient.
  void grade(const SampleRange& samples, LogitRole role, std::vector<double>& losses) {
    ensemble_.losses(loss_, role, samples, losses.data());
    ensemble_.loss_gradient(loss_, role, samples, ones_.data());
  }

  void update(detail::LearnerGroup<B>& learners, const Optimizer& optimizer, const char* what) {
    learners.update(*backend_, optimizer, [this, what](const char* of) {
      fail(name_, " stage, step ", step_ + 1, ": values of ", of, "the ", what, " are no longer finite numbers");
    });
  }

  static const Settings& checked(const std::string& name, const Settings& settings) {
    check(name, settings);
    return settings;
  }

  void check_input(std::span<const float> real, std::span<const float> latents) {
    const auto batch = static_cast<std::ptrdiff_t>(settings_.batch_size);
    require(std::ssize(real) == batch * Sample::size && std::ssize(latents) == latent_batches() * latent_count(), name_,
            " stage, step ", step_ + 1, ": expected ", batch * Sample::size, " values of real samples and ",
            latent_batches() * latent_count(), " of latents, got ", real.size(), " and ", latents.size());
    if (step_ == 0) {
      if constexpr (requires { source_.check_values(); }) source_.check_values();
      require_values("a generator", source_);
      require_values("discriminators", ensemble_);
      spectral_bound_.begin(*backend_);
    }
  }

  void check_samples(const Scalar* samples, const char* what) {
    backend_->if_not_finite(settings_.batch_size * Sample::size, samples, [this, what] {
      fail(name_, " stage, step ", step_ + 1, ": ", what, " are not all finite numbers");
    });
  }

  void check(double loss, const char* what, std::size_t k) const {
    require(std::isfinite(loss), name_, " stage, step ", step_ + 1, ": ", what, " ", k, " is ", loss);
  }

  std::string name_;
  Source source_;
  std::shared_ptr<B> backend_;
  Settings settings_;
  O objective_;
  Loss loss_;
  GeneratorSamples generator_samples_;
  Ensemble ensemble_;
  detail::LearnerGroup<B> generator_learners_, discriminator_learners_;
  detail::WeightAverage<B> weight_average_;
  detail::SpectralBound<B> spectral_bound_;
  std::uint64_t step_ = 0;
  std::vector<double> real_losses_, discriminator_losses_, generator_losses_, weights_, ones_;
  typename B::Buffer real_, latents_;
  typename B::Buffer judged_; ///< real samples, then generated ones
  typename B::Step recorded_;
};

} // namespace zoetrope
