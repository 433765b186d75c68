/// @file
/// What a generator is, and the usual one: a network of any architecture, from latents to samples.
#pragma once

#include "zoetrope/core/description.hpp"
#include "zoetrope/fwd.hpp"
#include "zoetrope/gan/architecture.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace zoetrope {

namespace detail {

/// Input is the shape of a latent, Output that of a sample.
template <class G>
concept HasGeneratorTypes = SampleShape<typename G::Input> && SampleShape<typename G::Output> &&
    Backend<typename G::BackendType> && std::same_as<typename G::Scalar, typename G::BackendType::Scalar>;

/// forward() makes samples from latents, both in the backend's layout; generate() on the host, in Mode::frozen: samples
/// [count, positions..., channels] from latents [count, Input::size].
template <class G>
concept MakesSamples = requires(G& generator, int batch, const typename G::Scalar* latents, Mode mode,
                                std::span<const float> on_host) {
  { generator.forward(batch, latents, mode) } -> std::same_as<const typename G::Scalar*>;
  { generator.generate(on_host) } -> std::same_as<std::vector<float>>;
};

/// The caller writes the loss's gradient with respect to the last samples to sample_gradient(), which may be where
/// these are, then backpropagates once: to the parameters, whose gradients are added to, or, also through a generator
/// that is frozen, to the latents, whose gradient it gets.
template <class G>
concept TakesSampleGradients = requires(G& generator, int batch) {
  { generator.sample_gradient() } -> std::same_as<typename G::Scalar*>;
  generator.backward_to_parameters(batch);
  { generator.backward_to_latents(batch) } -> std::same_as<const typename G::Scalar*>;
};

/// What a frame generator needs too to learn on in films: both at once, parameters' gradients added to and that of the
/// latents, which it gets.
template <class G>
concept TakesGradientsInFilms = requires(G& generator, int batch) {
  { generator.backward_to_parameters_and_latents(batch) } -> std::same_as<const typename G::Scalar*>;
};

/// visit_learners(visit) calls visit(name, learner) for each Learner that it has, always in the same order; the name is
/// empty where there is only one.
template <class T>
concept HasLearners = requires(T& t, void (*visit)(const std::string&, Learner<typename T::BackendType>&)) {
  t.visit_learners(visit);
};

/// Made on a backend, with initial values that depend on a seed alone.
template <class G>
concept CanBeginAsGenerator = std::constructible_from<G, std::shared_ptr<typename G::BackendType>> &&
    requires(G& generator) {
  generator.initialize(std::uint64_t{}, Stream::user);
  { generator.backend() } -> std::same_as<typename G::BackendType&>;
};

} // namespace detail

/// Whatever makes samples from latents and learns from their gradient: a Generator, or what wraps or joins generators.
template <class G>
concept SampleGenerator = detail::HasGeneratorTypes<G> && detail::MakesSamples<G> && detail::TakesSampleGradients<G> &&
    detail::HasLearners<G> && detail::CanBeginAsGenerator<G> && DescribesItself<G>;

/// The generate() of any generator: @p latents in batches of 64, by way of its forward(). @p buffer is memory that the
/// generator keeps for it: memory allocated anew for every picture would make a backend record its steps anew.
template <class G>
std::vector<float> generate_in_batches(G& generator, typename G::BackendType::Buffer& buffer,
                                       std::span<const float> latents) {
  using Input = typename G::Input;
  using Output = typename G::Output;
  constexpr auto latent_size = static_cast<std::size_t>(Input::size),
                 sample_size = static_cast<std::size_t>(Output::size);
  require(latents.size() % latent_size == 0, "a generator expected latents of ", latent_size, " values each, got ",
          latents.size(), " values");
  require_values("a generator", generator);
  constexpr std::size_t chunk = 64;
  const std::size_t count = latents.size() / latent_size;
  std::vector<float> samples(count * sample_size);
  if (buffer.size() == 0) buffer.resize(chunk * latent_size);
  auto& backend = generator.backend();
  for (std::size_t first = 0; first < count; first += chunk) {
    const int batch = static_cast<int>(std::min(chunk, count - first));
    backend.import_samples(batch, Input::positions, Input::channels, latents.data() + first * latent_size,
                           buffer.data());
    const auto* output = generator.forward(batch, buffer.data(), Mode::frozen);
    backend.export_samples(batch, Output::positions, Output::channels, output, samples.data() + first * sample_size);
  }
  return samples;
}

/// A network of architecture @p Arch that turns latents into samples: frames for G_F, sequences of latents for G_V.
template <class Arch, class B = DefaultBackend>
requires Architecture<Arch> && Backend<B>
class Generator {
public:
  using Architecture = Arch;
  using BackendType = B;
  using Layers = typename Arch::Layers;
  using Input = typename Layers::Input;
  using Output = typename Layers::Output;
  using Scalar = typename B::Scalar;
  static constexpr std::ptrdiff_t parameter_count = Layers::parameter_count;

  /// Without values: initialize() or load_generator() gives it some.
  explicit Generator(std::shared_ptr<B> backend = std::make_shared<B>()) : network_(std::move(backend), 1) {}

  void initialize(std::uint64_t seed, Stream stream) {
    zoetrope::initialize(network_, Arch::initializer, seed, stream);
  }

  /// Samples from latents in the backend's layout; the latents must stay until the backward pass. Throws Error where
  /// the generator was neither initialised nor loaded.
  const Scalar* forward(int batch, const Scalar* latents, Mode mode) {
    require_values("a generator", *this);
    return network_.forward(batch, latents, mode);
  }
  /// Where the gradient with respect to the last samples goes before backward_*().
  [[nodiscard]] Scalar* sample_gradient() { return network_.output_gradient(); }
  /// Adds to the parameters' gradients.
  void backward_to_parameters(int batch) { network_.backward(batch, true, false); }
  /// The gradient with respect to the latents; parameters' gradients stay as they are.
  const Scalar* backward_to_latents(int batch) { return network_.backward(batch, false, true); }
  /// Both of these, after a forward pass that was not frozen.
  const Scalar* backward_to_parameters_and_latents(int batch) { return network_.backward(batch, true, true); }

  /// Samples [count, positions..., channels] from latents [count, Input::size], in Mode::frozen.
  [[nodiscard]] std::vector<float> generate(std::span<const float> latents) {
    return generate_in_batches(*this, latents_, latents);
  }

  static std::string description() { return Arch::description(); }
  template <class Visit>
  void visit_learners(const Visit& visit) {
    visit(std::string(), network_);
  }

  [[nodiscard]] B& backend() { return network_.backend(); }
  [[nodiscard]] Network<Arch, B>& network() { return network_; }

private:
  Network<Arch, B> network_;
  typename B::Buffer latents_; ///< of generate()
};

} // namespace zoetrope
