// expect: the generator makes samples of the shape that the discriminators judge
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/train/stage.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Ensemble = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame>;
#else
using Ensemble = ProjectedDiscriminatorEnsemble<3, projection::PaperFilm>;
#endif

using Source = FrameSource<Generator<arch::DcganFrame<8>>>;
static_assert(AdversarialStage<Source, Ensemble, SumObjective, RmsProp>::Latent::channels == 100);
