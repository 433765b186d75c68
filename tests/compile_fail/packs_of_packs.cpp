// expect: a pack is of samples, not of packs: one Packed says their number
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

using Pairs = projection::Packed<projection::PaperFrame, 2>;
#ifdef POSITIVE
using Fours = projection::Packed<projection::PaperFrame, 4>;
#else
using Fours = projection::Packed<Pairs, 2>;
#endif

using Frame = Shape<1, 30, 30>;
using Arch = arch::FrameDiscriminator<8, DiscriminatorNorm::none, Frame, Fours>;
static_assert(ProjectedDiscriminatorEnsemble<3, Fours, Arch>::samples_together == 4);
