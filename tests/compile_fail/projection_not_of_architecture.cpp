// expect: the projection's output shape is the input shape of the discriminator's architecture
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Projection = projection::PaperFrame; // to 15x15
#else
using Projection = projection::UnitNormConvolution<Extents<8, 8>, Extents<3, 3>, Extents<2, 2>>; // to 9x9
#endif

static_assert(ProjectedDiscriminatorEnsemble<3, Projection, arch::FrameDiscriminator<8>>::static_count == 3);
