// expect: a frame discriminator stands behind a projection of its frames
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Projection = projection::Identity;
#else
using Projection = Shape<1, 15, 15>;
#endif

using Judge = arch::FrameDiscriminator<8, DiscriminatorNorm::batch, Shape<1, 30, 30>, Projection>;
static_assert(Judge::Layers::Output::size == 1);
