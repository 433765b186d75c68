// expect: FilterOverTime
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/projection.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Taps = projection::TimeTaps<1, -2, 1>;
#else
using Taps = Extents<3>;
#endif

using Projection = projection::UnitNormConvolution<Extents<3, 8, 8>, Extents<1, 3, 3>, Extents<1, 2, 2>, Taps>;

static_assert(Projection::rank == 3);
