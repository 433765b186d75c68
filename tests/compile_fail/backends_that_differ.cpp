// expect: both generators and both ensembles work on the same backend
#include "zoetrope/zoetrope.hpp"

using namespace zoetrope;

#ifdef POSITIVE
using Real = float;
#else
using Real = double;
#endif

using Trainer =
    TwoStageTrainer<Generator<arch::DcganFrame<8>>, Generator<arch::BiLstmSequence<8>, backend::Eigen<Real>>>;
static_assert(sizeof(Trainer) > 0);
