#include "support/pytorch.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/gan/recurrent_sequence.hpp"

using namespace zoetrope;
using support::check_parity;

TEST_CASE("the frame generator computes what PyTorch computes") {
  check_parity<arch::DcganFrame<64>>("frame_generator", 1, 0);
}

TEST_CASE("the sequence generator computes what PyTorch computes") {
  check_parity<arch::BiLstmSequence<16, 16>>("sequence_generator", 1, 0);
}

TEST_CASE("the sequence generator of free length computes what PyTorch computes") {
  check_parity<arch::RecurrentSequence<64, 5, LatentOutput::normalized, 6, 7, 20>>("recurrent_generator", 1, 0);
}
