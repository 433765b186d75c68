// expect: frames have 1 or 3 channels
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int channels = 3;
#else
constexpr int channels = 2;
#endif

using Arch = arch::FrameDiscriminator<8, DiscriminatorNorm::none, Shape<channels, 32, 32>>;
static_assert(ProjectedDiscriminatorEnsemble<3, projection::PaperFrame, Arch>::static_count == 3);
