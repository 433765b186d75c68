// expect: a transposed convolution's padding leaves some of its output
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/sequential.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Padding = Extents<1, 1>;
#else
using Padding = Extents<1, 2>;
#endif

using Layers = Sequential<Shape<3, 1, 1>, layer::TransposedConvolution<8, Extents<4, 4>, Extents<2, 2>, Padding>>;
static_assert(Layers::Output::channels == 8);
