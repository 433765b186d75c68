// expect: an LSTM takes a sequence: a shape of one dimension, time
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/sequential.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Input = Shape<3, 30>;
#else
using Input = Shape<3, 30, 30>;
#endif

static_assert(Sequential<Input, layer::Lstm<8>>::Output::channels == 8);
