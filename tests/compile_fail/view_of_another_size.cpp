// expect: a view takes a vector and has as many values before as after
#include "zoetrope/nn/sequential.hpp"
#include "zoetrope/nn/view.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Input = Shape<12>;
#else
using Input = Shape<13>;
#endif

static_assert(Sequential<Input, layer::ViewAsGrid<3, 2, 2>>::Output::channels == 3);
