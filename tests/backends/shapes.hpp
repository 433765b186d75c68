/// @file
/// The named architectures in other shapes than the paper's: bodies of tests for any backend of float.
#pragma once

#include "backends/agreement.hpp"

#include <array>
#include <cstddef>
#include <type_traits>

namespace agreement {

/// Films of noise, of any shape.
template <FilmShape F>
struct NoiseFilms {
  using Film = F;
  [[nodiscard]] std::uint64_t size() const { return 20; }
  static std::string description() { return "NoiseFilms"; }
  void film(std::uint64_t index, std::span<float> out) const { fill(index, 0, out); }
  void frame(std::uint64_t index, int time, std::span<float> out) const { fill(index, time, out); }

private:
  static void fill(std::uint64_t index, int time, std::span<float> out) {
    const RandomStream stream(8, Stream::user, static_cast<std::uint32_t>(index));
    const auto first = static_cast<std::uint64_t>(time * FrameOf<Film>::size);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(2 * stream.uniform(first + i) - 1);
  }
};

/// Both stages for films of shape @p Film, at 1/64 of the paper's widths.
template <class B, FilmShape Film, int Latent = 20>
using ShapedTrainer = TwoStageTrainer<
    Generator<arch::DcganFrame<64, Latent, FrameOf<Film>>, B>,
    Generator<arch::BiLstmSequence<64, 8, LatentOutput::scaled, Latent, film_length<Film>, 10>, B>,
    ProjectedDiscriminatorEnsemble<2, projection::PaperFrame,
                                   arch::FrameDiscriminator<64, DiscriminatorNorm::batch, FrameOf<Film>>, B>,
    ProjectedDiscriminatorEnsemble<2, projection::PaperFilm,
                                   arch::FilmDiscriminator<64, DiscriminatorNorm::batch, Film>, B>,
    SumObjective, Adam>;

/// Parameters at the paper's widths: G_F, G_V, a frame discriminator, a film discriminator.
template <FilmShape Film>
constexpr std::array<std::ptrdiff_t, 4> parameter_counts{
    arch::DcganFrame<1, 100, FrameOf<Film>>::Layers::parameter_count,
    arch::BiLstmSequence<1, 256, LatentOutput::tanh, 100, film_length<Film>>::Layers::parameter_count,
    arch::FrameDiscriminator<1, DiscriminatorNorm::none, FrameOf<Film>>::Layers::parameter_count,
    arch::FilmDiscriminator<1, DiscriminatorNorm::none, Film>::Layers::parameter_count};

/// Whether stages train on @p Film and its frames, and discriminators see views of these shapes.
template <FilmShape Film, class FrameView, class FilmView>
constexpr bool has_shapes() {
  using Trainer = ShapedTrainer<backend::Eigen<float>, Film>;
  return std::is_same_v<typename Trainer::Film, Film> &&
         std::is_same_v<typename Trainer::FrameStage::Sample, FrameOf<Film>> &&
         std::is_same_v<typename arch::FrameDiscriminator<1, DiscriminatorNorm::none, FrameOf<Film>>::Layers::Input,
                        FrameView> &&
         std::is_same_v<typename arch::FilmDiscriminator<1, DiscriminatorNorm::none, Film>::Layers::Input, FilmView>;
}

inline TrainingSettings<Adam> shaped_settings(std::uint64_t steps) {
  // A bias before batch norm has a gradient of rounding errors alone, which Adam would blow up to whole steps.
  const Adam adam{.learning_rate = 1e-3, .beta1 = 0.5, .epsilon = 1e-3};
  return {.seed = 4, .frames = {steps, 4, 0, adam, adam}, .sequences = {steps, 2, 0, adam, adam}};
}

/// A step of each stage is the Eigen backend's.
template <FilmShape Film, class B>
void check_shape(double tolerance) {
  check_steps<ShapedTrainer<B, Film>, ShapedTrainer<backend::Eigen<float>, Film>>(NoiseFilms<Film>{},
                                                                                  shaped_settings(1), tolerance);
}

/// A few steps of each stage move every parameter of both generators, and films have their shape.
template <FilmShape Film, class B>
void check_shape_trains() {
  ShapedTrainer<B, Film> trainer(shaped_settings(3)), untrained(shaped_settings(3));
  const auto unmoved = [](auto& one, auto& other) {
    std::vector<std::string> names;
    for (const auto& located : one.located_parameters())
      if (one.get(one.parameters(), located, 0) == other.get(other.parameters(), located, 0))
        names.push_back(located.info.name);
    return names;
  };
  int reports = 0;
  const auto count = [&](const StepReport&) {
    ++reports;
    return Flow::carry_on;
  };
  CHECK(trainer.train_frames(NoiseFilms<Film>{}, count));
  CHECK(trainer.train_sequences(NoiseFilms<Film>{}, count));
  CHECK(reports == 6);
  CHECK(unmoved(trainer.frame_generator().network(), untrained.frame_generator().network()).empty());
  CHECK(unmoved(trainer.sequence_generator().network(), untrained.sequence_generator().network()).empty());
  const auto films = trainer.sample_films(3);
  CHECK(std::ssize(films) == 3 * Film::size);
  CHECK(std::all_of(films.begin(), films.end(), [](float value) { return value >= -1 && value <= 1; }));
}

} // namespace agreement
