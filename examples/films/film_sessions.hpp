/// @file
/// The sessions of these networks.
#pragma once

#include "ball_sessions.hpp"
#include "film_networks.hpp"
#include "session_of.hpp"

#include <vector>

namespace films {

/// Frame discriminators see every pixel's neighbourhood: a projection of stride 2 hides a grid of period 2, which
/// transposed convolutions are prone to, and only the black background of bouncing balls drowns.
using SharpProjection = zoetrope::projection::UnitNormConvolution<zoetrope::Extents<3, 3>, zoetrope::Extents<1, 1>,
                                                                  zoetrope::Extents<1, 1>>;

/// As StableNetworks, with that projection, which leaves four times as much to look at, and discriminators of half the
/// width: wider ones learn frames by heart, or know films by the faults of their frames, and win.
template <int FrameDivisor, int SequenceDivisor>
struct FilmNetworks : program::StableNetworks<Film, FrameDivisor, SequenceDivisor> {
  using FrameProjection = SharpProjection;
  using FrameDiscriminator = zoetrope::arch::FrameDiscriminator<2 * FrameDivisor, zoetrope::DiscriminatorNorm::batch,
                                                                zoetrope::FrameOf<Film>, SharpProjection>;
  using FilmDiscriminator =
      zoetrope::arch::FilmDiscriminator<2 * SequenceDivisor, zoetrope::DiscriminatorNorm::batch, Film>;
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
