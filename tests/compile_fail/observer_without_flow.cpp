// expect: an observer returns Flow::carry_on or Flow::stop
#include "zoetrope/zoetrope.hpp"

using namespace zoetrope;

using Trainer = TwoStageTrainer<Generator<arch::DcganFrame<8>>, Generator<arch::BiLstmSequence<8>>>;

bool train(Trainer& trainer) {
#ifdef POSITIVE
  const auto observer = [](const StepReport&) { return Flow::carry_on; };
#else
  const auto observer = [](const StepReport&) {};
#endif
  return trainer.train_frames(BouncingBalls<1>{}, observer);
}
