/// @file
/// K discriminators at once, each behind its own fixed random projection.
#pragma once

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/gan/projection.hpp"

namespace zoetrope {

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
} // namespace detail

/// @p K discriminators of architecture @p Arch, each seeing the samples through its own member of @p ProjPolicy.
/// The default architecture is the paper's for frames or for films, by the projection's dimensions.
template <int K, class ProjPolicy, class Arch = typename detail::DefaultDiscriminator<ProjPolicy>::type,
          class B = DefaultBackend>
requires DiscriminatorArchitecture<Arch> && ProjectionFor<ProjPolicy, typename Arch::Sample, B>
class ProjectedDiscriminatorEnsemble {
public:
  using Architecture = Arch;
  using Sample = typename Arch::Sample;
  using Layers = typename Arch::Layers;
  using View = typename Layers::Input;
  using BackendType = B;
  using Scalar = typename B::Scalar;
  static_assert(K >= 0, "the number of discriminators is positive, or run_time_count");
  static_assert(std::is_same_v<typename ProjPolicy::template OutputOf<Sample>, View>,
                "the projection's output shape is the input shape of the discriminator's architecture");
  static constexpr int static_count = K;
  static constexpr std::ptrdiff_t parameter_count_each = Layers::parameter_count;
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

  /// Logits of K members and a batch of samples, all in the backend's layout.
  const Scalar* forward(int batch, const Scalar* samples, Mode mode) {
    return network_.forward(batch, projector_.forward(batch, samples), mode);
  }
  /// Where the gradient with respect to the logits goes before backward_*().
  [[nodiscard]] Scalar* logit_gradient() { return network_.output_gradient(); }
  /// Adds to the parameters' gradients.
  void backward_to_parameters(int batch) { network_.backward(batch, true, false); }
  /// Writes the gradient with respect to the samples, summed over the discriminators, possibly over the samples;
  /// parameters' gradients stay as they are.
  void backward_to_samples(int batch, Scalar* sample_gradient) {
    projector_.backward(batch, network_.backward(batch, false, true), sample_gradient);
  }

  [[nodiscard]] B& backend() { return network_.backend(); }
  [[nodiscard]] Network<Arch, B>& network() { return network_; }
  [[nodiscard]] typename B::Buffer& projection_weights() { return projector_.weights(); }
  [[nodiscard]] std::vector<PlacedBlock> projection_blocks() const { return projector_.placed_blocks(); }

private:
  Network<Arch, B> network_;
  typename ProjPolicy::template Projector<Sample, B> projector_;
};

namespace detail {
template <class>
inline constexpr bool is_ensemble = false;
template <int K, class P, class A, class B>
inline constexpr bool is_ensemble<ProjectedDiscriminatorEnsemble<K, P, A, B>> = true;
} // namespace detail

/// A ProjectedDiscriminatorEnsemble of any kind.
template <class E>
concept AnyEnsemble = detail::is_ensemble<E>;

} // namespace zoetrope
