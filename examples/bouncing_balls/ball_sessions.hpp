/// @file
/// The sessions of these widths.
#pragma once

#include "any_balls.hpp"
#include "ball_networks.hpp"
#include "session_of.hpp"

#include <array>
#include <iterator>

namespace bouncing_balls {

template <zoetrope::Backend B>
std::array<program::NamedSession, std::size(widths)> sessions() {
  using program::named_session;
  using program::StableNetworks;
  using Film = AnyBalls::Film;
  static_assert(widths[4].judges_frames && widths[5].judges_frames,
                "joint networks, and those with windows, judge frames");
  return {named_session<B, program::PaperNetworks<Film>>(widths[0]),
          named_session<B, StableNetworks<Film, widths[1].divisor, widths[1].sequence_divisor>>(widths[1]),
          named_session<B, StableNetworks<Film, widths[2].divisor, widths[2].sequence_divisor>>(widths[2]),
          named_session<B, StableNetworks<Film, widths[3].divisor, widths[3].sequence_divisor>>(widths[3]),
          named_session<B, program::JointNetworks<Film, widths[4].divisor, widths[4].sequence_divisor>>(widths[4]),
          named_session<B, program::WindowNetworks<Film, widths[5].divisor, widths[5].sequence_divisor>>(widths[5])};
}

} // namespace bouncing_balls
