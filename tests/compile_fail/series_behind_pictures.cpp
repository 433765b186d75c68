// expect: a series discriminator stands behind a projection of films to numbers over time
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/random_waves.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Projection = projection::FilmWaves;
#else
using Projection = projection::PaperFilm;
#endif

static_assert(
    DiscriminatorArchitecture<arch::SeriesDiscriminator<8, DiscriminatorNorm::none, paper::Film, Projection>>);
