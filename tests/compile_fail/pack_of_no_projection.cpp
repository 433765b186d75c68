// expect: DescribesItself
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Pairs = projection::Packed<projection::PaperFrame, 2>;
#else
using Pairs = projection::Packed<int, 2>;
#endif

static_assert(samples_together<Pairs> == 2);
