// expect: only a projection of frames or of films has a default discriminator: name its architecture
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Projection = projection::PaperFrame;
#else
using Projection = projection::Packed<projection::PaperFrame, 4>;
#endif

static_assert(ProjectedDiscriminatorEnsemble<3, Projection>::static_count == 3);
