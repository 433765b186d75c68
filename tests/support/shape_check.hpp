/// @file
/// Gradient checks of the four named architectures in one shape.
#pragma once

#include "support/ensemble_check.hpp"

namespace support {

/// Of films of shape @p Film, as narrow as networks can be: the fewer ReLUs, the farther is the next kink.
template <zoetrope::FilmShape Film>
void check_shape_gradients(std::uint32_t seed) {
  using namespace zoetrope;
  using Frame = FrameOf<Film>;
  using Double = backend::Eigen<double>;
  constexpr auto norm = DiscriminatorNorm::batch;
  using FrameG = arch::DcganFrame<256, 6, Frame>;
  using SequenceG = arch::BiLstmSequence<64, 3, LatentOutput::tanh, 6, film_length<Film>, 5>;
  using FrameD = arch::FrameDiscriminator<256, norm, Frame>;
  using FilmD = arch::FilmDiscriminator<256, norm, Film>;

  // Biases in front of batch norm.
  const auto biases = [](int first, int layers) {
    std::vector<std::string> names;
    for (int i = 0; i < layers; ++i) names.push_back(std::to_string(first + 3 * i) + ".bias");
    return names;
  };
  auto upward = biases(4, (static_cast<int>(FrameG::Layers::layer_count) - 6) / 3);
  upward.push_back("0.bias");
  check_network<FrameG>(1, 4, Mode::training, narrow_step, seed, upward);
  check_network<FrameG>(1, 2, Mode::evaluation, narrow_step, seed);
  check_network<SequenceG>(1, 4, Mode::training, narrow_step, seed);
  const auto downward = biases(2, (static_cast<int>(FrameD::Layers::layer_count) - 3) / 3);
  check_ensemble<ProjectedDiscriminatorEnsemble<2, projection::PaperFrame, FrameD, Double>>(
      3, Mode::training, LogitRole::generator, seed, downward);
  check_ensemble<ProjectedDiscriminatorEnsemble<2, projection::PaperFilm, FilmD, Double>>(
      2, Mode::training, LogitRole::generated, seed, {"2.bias", "5.bias"});
}

} // namespace support
