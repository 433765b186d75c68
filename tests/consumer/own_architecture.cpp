// Architectures of one's own: frames of 64x64 pixels in colour, drawn and judged by other networks than the paper's.
// The sequence's networks are the paper's, narrow and in that shape.
#include <zoetrope/zoetrope.hpp>

#include <iostream>

using namespace zoetrope;

using Frame = Shape<3, 64, 64>;
using Film = Shape<3, 8, 64, 64>;

/// From 4x4 to 16x16 to 64x64, in steps of four.
struct ColourFrame {
  template <int Channels>
  using Up = layer::TransposedConvolution<Channels, Extents<6, 6>, Extents<4, 4>, Extents<1, 1>>;
  using Layers = Sequential<Shape<16>, layer::Linear<64>, layer::BatchNorm, layer::Relu, layer::ViewAsGrid<4, 4, 4>,
                            Up<4>, layer::BatchNorm, layer::Relu, Up<3>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "ColourFrame"; }
};

/// Judges a frame by its projection, one channel of 32x32.
struct ColourJudge {
  using Sample = Frame;
  using Layers = Sequential<projection::PaperFrame::OutputOf<Frame>,
                            layer::Convolution<4, Extents<4, 4>, Extents<4, 4>, Extents<0, 0>>, layer::LeakyRelu,
                            layer::Convolution<1, Extents<8, 8>, Extents<1, 1>, Extents<0, 0>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "ColourJudge"; }
};

/// A colour that wanders: every pixel of a frame has the same.
struct Colours {
  using Film = ::Film;
  [[nodiscard]] std::uint64_t size() const { return 100; }
  static std::string description() { return "Colours"; }
  void film(std::uint64_t index, std::span<float> out) const {
    for (int time = 0; time < film_length<Film>; ++time)
      frame(index, time, out.subspan(time * Frame::size, Frame::size));
  }
  void frame(std::uint64_t index, int time, std::span<float> out) const {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = std::sin(static_cast<float>(index) + static_cast<float>(i % 3) + 0.1F * static_cast<float>(time));
  }
};

using Trainer =
    TwoStageTrainer<Generator<ColourFrame>, Generator<arch::BiLstmSequence<64, 8, LatentOutput::scaled, 16, 8>>,
                    ProjectedDiscriminatorEnsemble<2, projection::PaperFrame, ColourJudge>,
                    ProjectedDiscriminatorEnsemble<2, projection::PaperFilm,
                                                   arch::FilmDiscriminator<64, DiscriminatorNorm::batch, Film>>>;

int main() {
  Trainer trainer({.seed = 1, .frames = {.steps = 3, .batch_size = 4}, .sequences = {.steps = 3, .batch_size = 2}});
  trainer.train_frames(Colours{});
  trainer.train_sequences(Colours{});
  const auto films = trainer.sample_films(2);
  std::cout << films.size() << " values of 2 films\n";
  return films.size() == 2 * Film::size ? 0 : 1;
}
