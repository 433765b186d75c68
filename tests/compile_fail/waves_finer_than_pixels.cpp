// expect: a frame has more pixels a side than waves have half waves
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/random_waves.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int half_waves = 15;
#else
constexpr int half_waves = 16;
#endif

using Waves = projection::RandomWaves<4, half_waves, projection::TimeTaps<1>>;

static_assert(Waves::OutputOf<Shape<1, 8, 20, 16>>::channels == 4);
