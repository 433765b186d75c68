/// @file
/// A sequence generator of free length, beside the paper's: an LSTM forward in time whose every output is a change, and
/// one small network that turns what the changes add up to into a latent. Not of the paper.
#pragma once

#include "zoetrope/fwd.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/nn/over_time.hpp"

#include <string>

namespace zoetrope::arch {

/// G_V: one latent of a film, of FilmLatent values -> Steps latents of G_F, of Latent values each. Dense layers make
/// the LSTM's input, the same at every step; changes are added up to a state of 256 / WidthDivisor values, so that what
/// moves on steadily costs nothing to say; and the same dense layers turn the state of every step into a latent. No
/// weight belongs to a step, and nothing looks ahead: a generator's file does for any number of steps, and a longer
/// film begins as the shorter one; after the length of its training the one that was measured comes to rest
/// (docs/learning.md). LatentOutput::normalized is batch norm over films and steps together.
template <int WidthDivisor, int Hidden, LatentOutput Ending, int Latent, int Steps, int FilmLatent>
struct RecurrentSequence {
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static_assert(Steps > 0, "a film has a positive number of time steps");
  template <int Channels>
  using Dense = layer::Linear<Channels, Bias::no>;
  using End = detail::EndOf<Ending, layer::BatchNorm>;
  static constexpr Bias bias_before_end = Ending == LatentOutput::normalized ? Bias::no : Bias::yes;
  using Layers = Sequential<Shape<FilmLatent>, Dense<2048 / WidthDivisor>, layer::BatchNorm, layer::Relu,
                            Dense<2048 / WidthDivisor>, layer::BatchNorm, layer::Relu, layer::RepeatOverTime<Steps>,
                            layer::Lstm<Hidden>, layer::Linear<256 / WidthDivisor>, layer::CumulativeSum,
                            Dense<1024 / WidthDivisor>, layer::BatchNorm, layer::Relu,
                            layer::Linear<Latent, bias_before_end>, End>;
  static constexpr UniformByFanIn initializer{};
  /// Says nothing of the number of steps: files of any do for all.
  static std::string description() {
    return "RecurrentSequence, hidden " + std::to_string(Hidden) + ", latent " + std::to_string(Latent) +
           (FilmLatent == paper::latent ? "" : ", film latent " + std::to_string(FilmLatent)) +
           detail::ending_text(Ending) + detail::widths(WidthDivisor);
  }
};

} // namespace zoetrope::arch
