/// @file
/// The sessions of these networks.
#pragma once

#include "ball_sessions.hpp"
#include "film_networks.hpp"
#include "session_of.hpp"

#include <vector>

namespace films {

/// A filter at every pixel: a projection of stride 2 hides a grid of period 2, which transposed convolutions are prone
/// to, and only the black background of bouncing balls drowns.
using SharpProjection = zoetrope::projection::UnitNormConvolution<zoetrope::Extents<3, 3>, zoetrope::Extents<1, 1>,
                                                                  zoetrope::Extents<1, 1>>;

/// As StableNetworks, but for what other films than balls need (docs/films.md): packed samples, frames seen at every
/// pixel, by discriminators of half the width, which win less easily, a G_V that stays where G_F has learnt, and rates
/// that fall to 0 over the second half of a stage, so that generators settle.
template <int FrameDivisor, int SequenceDivisor>
struct FilmNetworks : program::StableNetworks<Film, FrameDivisor, SequenceDivisor> {
  using SequenceGenerator = zoetrope::arch::BiLstmSequence<SequenceDivisor, 128, zoetrope::LatentOutput::normalized,
                                                           100, zoetrope::film_length<Film>>;
  using FrameProjection = zoetrope::projection::Packed<SharpProjection, together>;
  using FrameDiscriminator = zoetrope::arch::FrameDiscriminator<2 * FrameDivisor, zoetrope::DiscriminatorNorm::batch,
                                                                zoetrope::FrameOf<Film>, FrameProjection>;
  using FilmProjection = zoetrope::projection::Packed<zoetrope::projection::PaperFilm, together>;
  using FilmDiscriminator =
      zoetrope::arch::FilmDiscriminator<2 * SequenceDivisor, zoetrope::DiscriminatorNorm::batch, Film, FilmProjection>;
  using Schedule = zoetrope::LinearDecay;
};

template <zoetrope::Backend B>
std::vector<program::NamedSession> sessions() {
  using program::named_session;
  std::vector<program::NamedSession> all{
      named_session<B, FilmNetworks<widths[0].divisor, widths[0].sequence_divisor>>(widths[0]),
      named_session<B, FilmNetworks<widths[1].divisor, widths[1].sequence_divisor>>(widths[1])};
  if constexpr (as_bouncing_balls)
    for (const auto& session : bouncing_balls::sessions<B>()) all.push_back(session);
  return all;
}

} // namespace films
