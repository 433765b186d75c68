/// @file
/// A generator: one network of any architecture, from latents to samples.
#pragma once

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/architecture.hpp"

#include <span>

namespace zoetrope {

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

  explicit Generator(std::shared_ptr<B> backend = std::make_shared<B>()) : network_(std::move(backend), 1) {}

  void initialize(std::uint64_t seed, Stream stream) {
    zoetrope::initialize(network_, Arch::initializer, seed, stream);
  }

  /// Samples [count, positions..., channels] from latents [count, Input::size], in Mode::frozen.
  [[nodiscard]] std::vector<float> generate(std::span<const float> latents) {
    constexpr auto latent_size = static_cast<std::size_t>(Input::size),
                   sample_size = static_cast<std::size_t>(Output::size);
    require(latents.size() % latent_size == 0, "a generator expected latents of ", latent_size, " values each, got ",
            latents.size(), " values");
    constexpr std::size_t chunk = 64;
    const std::size_t count = latents.size() / latent_size;
    std::vector<float> samples(count * sample_size);
    // Kept: memory allocated anew for every picture would make a backend record its steps anew.
    if (latents_.size() == 0) latents_.resize(chunk * latent_size);
    for (std::size_t first = 0; first < count; first += chunk) {
      const int batch = static_cast<int>(std::min(chunk, count - first));
      backend().import_samples(batch, Input::positions, Input::channels, latents.data() + first * latent_size,
                               latents_.data());
      const Scalar* output = network_.forward(batch, latents_.data(), Mode::frozen);
      backend().export_samples(batch, Output::positions, Output::channels, output,
                               samples.data() + first * sample_size);
    }
    return samples;
  }

  [[nodiscard]] B& backend() { return network_.backend(); }
  [[nodiscard]] Network<Arch, B>& network() { return network_; }

private:
  Network<Arch, B> network_;
  typename B::Buffer latents_; ///< of generate()
};

namespace detail {
template <class>
inline constexpr bool is_generator = false;
template <class Arch, class B>
inline constexpr bool is_generator<Generator<Arch, B>> = true;
} // namespace detail

/// A Generator of any kind.
template <class G>
concept AnyGenerator = detail::is_generator<G>;

} // namespace zoetrope
