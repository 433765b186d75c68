/// @file
/// What an ensemble of discriminators is, and the usual one: K at once, each behind its own fixed random projection.
#pragma once

#include "zoetrope/gan/architecture.hpp"
#include "zoetrope/gan/generator.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/gan/projection.hpp"

namespace zoetrope {

namespace detail {

/// Sample is what every discriminator judges; static_count the number that it is made with, or run_time_count where
/// the caller chooses; mixes_samples whether a logit depends on the other samples of its batch. Where several samples
/// have one logit, E::samples_together says how many: batches, and ranges of them, are multiples of it then. Where
/// samples are films with a frame beside each, E::judges_frames_beside is true.
template <class E>
concept HasEnsembleTypes = SampleShape<typename E::Sample> && Backend<typename E::BackendType> &&
    std::same_as<typename E::Scalar, typename E::BackendType::Scalar> && requires {
  { E::static_count } -> std::convertible_to<int>;
  { E::mixes_samples } -> std::convertible_to<bool>;
};

/// forward() judges samples in the backend's layout. losses() then writes the count() losses of some of them, and
/// loss_gradient() keeps their gradient with respect to the logits, times each discriminator's weight, for the backward
/// pass.
template <class E>
concept JudgesSamples = requires(E& ensemble, const E& constant, int batch, const typename E::Scalar* samples,
                                 Mode mode, const AnyLogitLoss& loss, const SampleRange& range, double* results,
                                 const double* weights) {
  { constant.count() } -> std::convertible_to<int>;
  ensemble.forward(batch, samples, mode);
  ensemble.losses(loss, LogitRole::real, range, results);
  ensemble.loss_gradient(loss, LogitRole::real, range, weights);
};

/// Backpropagates once through the last forward pass, when loss_gradient() has been called for all its samples: to the
/// parameters, whose gradients are added to, or to the samples, whose gradient, summed over the discriminators, is
/// written, possibly over the samples; parameters' gradients stay as they are then.
template <class E>
concept PassesGradientsOn = requires(E& ensemble, int batch, typename E::Scalar* sample_gradient) {
  ensemble.backward_to_parameters(batch);
  ensemble.backward_to_samples(batch, sample_gradient);
};

/// visit_fixed(visit) calls visit(name, buffer, located blocks) for each vector that is part of its state but does not
/// learn, such as projections.
template <class E>
concept HasFixedState = requires(E& ensemble, void (*visit)(const std::string&, typename E::BackendType::Buffer&,
                                                            const std::vector<LocatedBlock>&)) {
  ensemble.visit_fixed(visit);
};

/// Made with a number of discriminators on a backend; initial values depend on a seed alone.
template <class E>
concept CanBeginAsEnsemble = std::constructible_from<E, int, std::shared_ptr<typename E::BackendType>> &&
    requires(E& ensemble) {
  ensemble.initialize(std::uint64_t{}, Stream::user, Stream::frame_projections);
};

} // namespace detail

/// Whether the samples of ensemble @p E are films with a frame beside each: not unless it says so.
template <class E>
inline constexpr bool judges_frames_beside = false;
template <class E>
requires requires { E::judges_frames_beside; }
inline constexpr bool judges_frames_beside<E> = E::judges_frames_beside;

/// Whatever judges samples and passes on the gradient: a ProjectedDiscriminatorEnsemble, what derives from one or what
/// joins several. Where some of its learners are not for StageSettings::spectral_norm, visit_bounded_learners() visits
/// the others.
template <class E>
concept DiscriminatorEnsemble =
    detail::HasEnsembleTypes<E> && detail::JudgesSamples<E> && detail::PassesGradientsOn<E> && detail::HasLearners<E> &&
    detail::HasFixedState<E> && detail::CanBeginAsEnsemble<E> && DescribesItself<E>;

namespace detail {
template <class Projection>
struct DefaultDiscriminator {
  static_assert(sizeof(Projection) == 0,
                "only a projection of frames or of films has a default discriminator: name its architecture");
};
template <class Projection>
requires(Projection::rank == 2) struct DefaultDiscriminator<Projection> {
  using type = arch::FrameDiscriminator<>;
};
template <class Projection>
requires(Projection::rank == 3) struct DefaultDiscriminator<Projection> {
  using type = arch::FilmDiscriminator<>;
};
template <class Projection>
requires(Projection::rank == 1) struct DefaultDiscriminator<Projection> {
  using type = arch::SeriesDiscriminator<1, default_norm, paper::Film, Projection>;
};
} // namespace detail

/// @p K discriminators of architecture @p Arch, each seeing the samples through its own member of @p ProjectionPolicy.
/// The default architecture is the paper's for frames or for films, by the projection's dimensions.
template <int K, class ProjectionPolicy, class Arch = typename detail::DefaultDiscriminator<ProjectionPolicy>::type,
          class B = DefaultBackend>
requires DiscriminatorArchitecture<Arch> && ProjectionFor<ProjectionPolicy, typename Arch::Sample, B>
class ProjectedDiscriminatorEnsemble {
public:
  using Architecture = Arch;
  using Sample = typename Arch::Sample;
  using Layers = typename Arch::Layers;
  using View = typename Layers::Input;
  using BackendType = B;
  using Scalar = typename B::Scalar;
  static_assert(K >= 0, "the number of discriminators is positive, or run_time_count");
  static_assert(std::is_same_v<typename ProjectionPolicy::template OutputOf<Sample>, View>,
                "the projection's output shape is the input shape of the discriminator's architecture");
  static constexpr int static_count = K;
  /// How many samples have one logit: batches, and ranges of them, are multiples of it.
  static constexpr int samples_together = zoetrope::samples_together<ProjectionPolicy>;
  static constexpr std::ptrdiff_t parameter_count_per_member = Layers::parameter_count;
  /// Whether a logit depends on the other samples of its batch: through batch norm.
  static constexpr bool mixes_samples = Layers::mixes_samples;

  explicit ProjectedDiscriminatorEnsemble(std::shared_ptr<B> backend = std::make_shared<B>()) requires(K !=
                                                                                                       run_time_count)
      : ProjectedDiscriminatorEnsemble(K, std::move(backend)) {}

  explicit ProjectedDiscriminatorEnsemble(int count, std::shared_ptr<B> backend = std::make_shared<B>())
      : network_(backend, count), projector_(std::move(backend), count) {
    require(K == run_time_count || count == K, "an ensemble of ", K, " discriminators was asked for ", count);
  }

  [[nodiscard]] int count() const { return network_.members(); }

  void initialize(std::uint64_t seed, Stream weights, Stream projections) {
    zoetrope::initialize(network_, Arch::initializer, seed, weights);
    projector_.initialize(seed, projections);
  }

  /// Logits of K members and a batch of samples, or of its packs, all in the backend's layout. Throws Error where the
  /// batch is not whole packs.
  const Scalar* forward(int batch, const Scalar* samples, Mode mode) {
    const int pack_count = packs(batch);
    logits_ = network_.forward(pack_count, projector_.forward(batch, samples), mode);
    return logits_;
  }
  /// Each member's mean loss of some of the last batch's samples, or of their packs; @p samples counts samples.
  template <LogitLoss Loss>
  void losses(const Loss& loss, LogitRole role, const SampleRange& samples, double* results) {
    backend().losses(loss, role, count(), packs(samples), logits_, results);
  }
  /// The gradient of these losses, times the members' @p weights, goes to logit_gradient().
  template <LogitLoss Loss>
  void loss_gradient(const Loss& loss, LogitRole role, const SampleRange& samples, const double* weights) {
    backend().loss_gradient(loss, role, count(), packs(samples), logits_, weights, network_.output_gradient());
  }
  /// Where the gradient with respect to the logits goes before backward_*().
  [[nodiscard]] Scalar* logit_gradient() { return network_.output_gradient(); }
  /// Adds to the parameters' gradients.
  void backward_to_parameters(int batch) { network_.backward(packs(batch), true, false); }
  /// Writes the gradient with respect to the samples, summed over the discriminators, possibly over the samples;
  /// parameters' gradients stay as they are.
  void backward_to_samples(int batch, Scalar* sample_gradient) {
    projector_.backward(batch, network_.backward(packs(batch), false, true), sample_gradient);
  }

  static std::string description() { return Arch::description() + "; projection " + ProjectionPolicy::description(); }
  template <class Visit>
  void visit_learners(const Visit& visit) {
    visit(std::string(), network_);
  }
  template <class Visit>
  void visit_fixed(const Visit& visit) {
    visit(std::string("projections"), projector_.weights(), projector_.located_blocks());
  }

  [[nodiscard]] B& backend() { return network_.backend(); }
  [[nodiscard]] Network<Arch, B>& network() { return network_; }
  [[nodiscard]] typename B::Buffer& projection_weights() { return projector_.weights(); }
  [[nodiscard]] std::vector<LocatedBlock> projection_blocks() const { return projector_.located_blocks(); }

private:
  static int packs(int samples) {
    require(samples % samples_together == 0, "expected a multiple of ", samples_together,
            " samples, which are judged together, got ", samples);
    return samples / samples_together;
  }
  static SampleRange packs(const SampleRange& samples) {
    return {packs(samples.batch), packs(samples.first), packs(samples.count)};
  }

  Network<Arch, B> network_;
  typename ProjectionPolicy::template Projector<Sample, B> projector_;
  const Scalar* logits_ = nullptr; ///< of the last forward pass
};

} // namespace zoetrope
