// expect: all kinds of waves over time have as many taps
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/random_waves.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Still = projection::TimeTaps<0, 1>;
#else
using Still = projection::TimeTaps<1>;
#endif

using Waves = projection::RandomWaves<4, 2, Still, projection::TimeTaps<-1, 1>>;

static_assert(Waves::OutputOf<Shape<1, 8, 16, 16>>::channels == 8);
