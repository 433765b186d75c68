// expect: frames have 16 to 128 pixels a side
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int side = 16;
#else
constexpr int side = 8;
#endif

static_assert(arch::DcganFrame<8, 100, Shape<1, side, 24>>::Layers::Output::positions > 0);
