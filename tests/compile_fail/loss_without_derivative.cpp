// expect: loss.derivative\(role, logit\)
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/train/trainer.hpp"

using namespace zoetrope;

struct ForgottenDerivative {
  double value(LogitRole role, double logit) const { return role == LogitRole::generated ? logit : -logit; }
#ifdef POSITIVE
  double derivative(LogitRole role, double) const { return role == LogitRole::generated ? 1 : -1; }
#endif
  static std::string description() { return "ForgottenDerivative"; }
};

using FrameG = Generator<arch::DcganFrame<64>>;
using SequenceG = Generator<arch::BiLstmSequence<64>>;
using FrameD = ProjectedDiscriminatorEnsemble<2, projection::PaperFrame, arch::FrameDiscriminator<64>>;
using FilmD = ProjectedDiscriminatorEnsemble<2, projection::PaperFilm, arch::FilmDiscriminator<64>>;
using Trainer = TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, SumObjective, RmsProp, ForgottenDerivative>;
static_assert(sizeof(Trainer) > 0);
