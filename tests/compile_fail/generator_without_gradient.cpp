// expect: TakesSampleGradients
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/source.hpp"

using namespace zoetrope;

struct Frames : Generator<arch::DcganFrame<8>> {
  using Generator<arch::DcganFrame<8>>::Generator;
#ifndef POSITIVE
  void sample_gradient() = delete;
#endif
};

static_assert(FrameSource<Frames>::Latent::channels == 100);
