// expect: waves are projections of films: Shape<channels, time, height, width>
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/random_waves.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Sample = Shape<1, 8, 16, 16>;
#else
using Sample = Shape<1, 16, 16>;
#endif

static_assert(projection::FilmWaves::OutputOf<Sample>::rank == 1);
