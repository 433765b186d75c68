// expect: a shape has positive sizes
#include "zoetrope/core/shape.hpp"

#ifdef POSITIVE
using Latent = zoetrope::Shape<1>;
#else
using Latent = zoetrope::Shape<0>;
#endif

static_assert(Latent::size == 1);
