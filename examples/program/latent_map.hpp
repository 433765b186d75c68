/// @file
/// Figure 5: where films and interpolations lie among draws from the prior.
#pragma once

#include "session.hpp"

#include <cstdint>
#include <filesystem>

namespace program {

struct LatentMap {
  int prior = 0;                ///< draws from the prior
  double residual_variance = 0; ///< see zoetrope::IsomapEmbedding
  double film_length = 0;       ///< mean length of the films' latents
  double prior_length = 0;      ///< mean length of the draws from the prior
};

/// Writes latents.csv, where all of them lie, and film-latents.csv, where the films alone lie, and draws both as
/// latents.svg and latents.png.
LatentMap map_latents(Session& session, std::uint64_t seed, const std::filesystem::path& folder);

/// interpolations.png: frames on the way between two draws from the prior, a row for each pair; the first two rows are
/// the interpolations of the map.
void write_interpolations(Session& session, std::uint64_t seed, const std::filesystem::path& folder);

} // namespace program
