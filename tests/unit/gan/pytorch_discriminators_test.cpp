#include "support/pytorch.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"

using namespace zoetrope;
using support::check_parity;

TEST_CASE("a frame discriminator computes what PyTorch computes, alone and among others") {
  check_parity<arch::FrameDiscriminator<64>>("frame_discriminator", 1, 0);
  check_parity<arch::FrameDiscriminator<64>>("frame_discriminator", 3, 1);
  check_parity<arch::FrameDiscriminator<64, DiscriminatorNorm::batch>>("frame_discriminator_batch_norm", 1, 0);
  check_parity<arch::FrameDiscriminator<64, DiscriminatorNorm::batch>>("frame_discriminator_batch_norm", 3, 1);
}

TEST_CASE("a film discriminator computes what PyTorch computes, alone and among others") {
  check_parity<arch::FilmDiscriminator<64>>("film_discriminator", 1, 0);
  check_parity<arch::FilmDiscriminator<64>>("film_discriminator", 3, 2);
  check_parity<arch::FilmDiscriminator<64, DiscriminatorNorm::batch>>("film_discriminator_batch_norm", 1, 0);
  check_parity<arch::FilmDiscriminator<64, DiscriminatorNorm::batch>>("film_discriminator_batch_norm", 3, 1);
}
