// expect: kernel, stride and padding have one size for each dimension of its input
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Projection = projection::PaperFrame;
#else
using Projection = projection::PaperFilm;
#endif

static_assert(ProjectedDiscriminatorEnsemble<3, Projection, arch::FrameDiscriminator<8>>::static_count == 3);
