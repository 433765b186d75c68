// expect: zoetrope expected numbers that may be infinite or NaN.*add -fno-finite-math-only
// options: -ffast-math
#include "zoetrope/train/loop.hpp"

bool stops(double loss);
bool stops(double loss) { return !std::isfinite(loss); }
