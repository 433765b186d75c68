/// @file
/// What data of moving balls and the measures of such data share.
#pragma once

#include <array>

namespace zoetrope {

/// A pair of coordinates in the plane of a frame, across and down.
using PlaneVector = std::array<double, 2>;

/// How far a ball's light exp(-(distance / radius)^8) reaches, in radii; farther out it is left out. It is 1.55e-8
/// there, and a pixel, 2 * light - 1, hardly leaves -1: the next float is 6e-8 away.
inline constexpr double ball_reach = 1.435;

/// A pixel of a frame is about -1 to 1. What is further off than this is of another scale, such as 0 to 255.
inline constexpr float largest_pixel = 4;

} // namespace zoetrope
