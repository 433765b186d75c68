// expect: name its architecture
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Ensemble = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame>;
#else
using Ensemble = ProjectedDiscriminatorEnsemble<3, projection::Identity>;
#endif
static_assert(Ensemble::static_count == 3);
