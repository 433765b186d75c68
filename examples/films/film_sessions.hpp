/// @file
/// The sessions of these networks.
#pragma once

#include "ball_sessions.hpp"
#include "film_networks.hpp"
#include "session_of.hpp"

#include <zoetrope/train/film_trainer.hpp>

#include <vector>

namespace films {

template <zoetrope::Backend B>
std::vector<program::NamedSession> sessions() {
  using program::named_session;
  std::vector<program::NamedSession> all{
      named_session<B, zoetrope::FilmNetworks<Film, widths[0].divisor, widths[0].sequence_divisor>>(widths[0]),
      named_session<B, zoetrope::FilmNetworks<Film, widths[1].divisor, widths[1].sequence_divisor>>(widths[1])};
  if constexpr (as_bouncing_balls)
    for (const auto& session : bouncing_balls::sessions<B>()) all.push_back(session);
  return all;
}

} // namespace films
