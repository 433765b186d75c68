// The named architectures for films of 48x64 and 64x64 colour.
#include "backends/shapes.hpp"
#include "support/shape_check.hpp"

using namespace zoetrope;

namespace {

using Small48 = Shape<3, 16, 48, 64>;
using Large64 = Shape<3, 16, 64, 64>;

static_assert(agreement::parameter_counts<Small48> ==
              std::array<std::ptrdiff_t, 4>{28'221'059, 9'296'996, 27'286'273, 33'596'929});
static_assert(agreement::parameter_counts<Large64> ==
              std::array<std::ptrdiff_t, 4>{28'221'059, 9'296'996, 27'286'273, 33'596'929});
static_assert(agreement::has_shapes<Small48, Shape<1, 24, 32>, Shape<1, 16, 15, 21>>());
static_assert(agreement::has_shapes<Large64, Shape<1, 32, 32>, Shape<1, 16, 21, 21>>());

// A trainer's default ensembles judge what its generators make: its stages would not compile otherwise.
using LargeByDefault = TwoStageTrainer<Generator<arch::DcganFrame<1, 100, FrameOf<Large64>>>,
                                       Generator<arch::BiLstmSequence<1, 256, LatentOutput::tanh, 100, 16>>>;
static_assert(std::is_same_v<LargeByDefault::FrameStage::Sample, FrameOf<Large64>> &&
              std::is_same_v<LargeByDefault::SequenceStage::Sample, Large64>);

} // namespace

TEST_CASE_TEMPLATE("gradients in other shapes agree with finite differences", Film, Small48, Large64) {
  support::check_shape_gradients<Film>(1);
}

TEST_CASE_TEMPLATE("other shapes train on the CPU", Film, Small48, Large64) {
  agreement::check_shape_trains<Film, backend::Eigen<float>>();
}
