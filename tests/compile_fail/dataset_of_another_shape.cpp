// expect: the data set's films have the shape that the generators make
#include "zoetrope/zoetrope.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int resolution = 30;
#else
constexpr int resolution = 32;
#endif

using Trainer = TwoStageTrainer<Generator<arch::DcganFrame<8>>, Generator<arch::BiLstmSequence<8>>>;

bool train(Trainer& trainer) { return trainer.train_frames(BouncingBalls<1, resolution>{}); }
