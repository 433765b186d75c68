/// @file
/// Networks by name.
#pragma once

#include <string_view>

namespace program {

/// The paper's widths are divided in the frame stage and in the sequence stage, of this at least the generator's; the
/// variant says what else is different.
struct Width {
  int divisor;
  int sequence_divisor;
  std::string_view variant;
  int samples_together = 1;   ///< how many samples a discriminator judges at once: batches are multiples of it
  bool judges_frames = false; ///< whether discriminators of single frames stand beside those of films, as many
};

} // namespace program
