#include <zoetrope/zoetrope.hpp>

#include <cstddef>

std::size_t films();
std::size_t films() { return static_cast<std::size_t>(zoetrope::BouncingBalls<1>{}.size()); }
