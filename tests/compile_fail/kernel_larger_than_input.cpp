// expect: a convolution's kernel is no larger than its padded input
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/sequential.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Padding = Extents<1, 1>;
#else
// Without a check, dividing -1 by the stride would round to 0, and so to one position of output.
using Padding = Extents<1, 0>;
#endif

using Layers = Sequential<Shape<3, 4, 4>, layer::Convolution<8, Extents<5, 5>, Extents<2, 2>, Padding>>;
static_assert(Layers::Output::positions == 1);
