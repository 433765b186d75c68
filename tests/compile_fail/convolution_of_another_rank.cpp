// expect: a convolution's kernel, stride and padding have one size for each dimension of its input
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/sequential.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Input = Shape<3, 8, 8>;
#else
using Input = Shape<3, 4, 8, 8>;
#endif

using Layers = Sequential<Input, layer::Convolution<8, Extents<4, 4>, Extents<2, 2>, Extents<1, 1>>>;
static_assert(Layers::parameter_count > 0);
