// expect: JudgesSamples
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/train/stage.hpp"

using namespace zoetrope;

using Base = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame>;
struct Ensemble : Base {
  using Base::Base;
#ifndef POSITIVE
  void losses() = delete;
#endif
};

using Source = FrameSource<Generator<arch::DcganFrame<8>>>;
static_assert(AdversarialStage<Source, Ensemble, SumObjective, RmsProp>::Latent::channels == 100);
