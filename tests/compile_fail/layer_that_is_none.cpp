// expect: each layer of a network accepts the output shape of the layer before it
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/sequential.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Second = layer::Tanh;
#else
using Second = Shape<3>;
#endif

static_assert(Sequential<Shape<3>, layer::Relu, Second>::Output::channels == 3);
