/// @file
/// Frames and films as PNG and GIF files, for people to look at. Opt-in, not in the umbrella: needs stb_image_write and
/// giflib (link with -lgif). io/png.hpp and io/gif.hpp need only one of them.
#pragma once

#include "zoetrope/io/gif.hpp"
#include "zoetrope/io/picture.hpp"
#include "zoetrope/io/png.hpp"
