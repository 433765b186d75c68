#include "support/ensemble_check.hpp"

using namespace zoetrope;
using support::check_ensemble;

namespace {

template <DiscriminatorNorm Norm>
using FrameEnsemble = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame, arch::FrameDiscriminator<64, Norm>,
                                                     backend::Eigen<double>>;

using Packed = projection::Packed<projection::PaperFrame, 2>;
template <DiscriminatorNorm Norm>
using PackedEnsemble =
    ProjectedDiscriminatorEnsemble<3, Packed, arch::FrameDiscriminator<64, Norm, Shape<1, 30, 30>, Packed>,
                                   backend::Eigen<double>>;

} // namespace

TEST_CASE("the gradients of an ensemble of frame discriminators agree with finite differences") {
  check_ensemble<FrameEnsemble<DiscriminatorNorm::none>>(3, Mode::training, LogitRole::real, 1);
  check_ensemble<FrameEnsemble<DiscriminatorNorm::none>>(5, Mode::training, LogitRole::generated, 2);
}

TEST_CASE("the gradients of frame discriminators with batch norm agree with finite differences in both modes") {
  check_ensemble<FrameEnsemble<DiscriminatorNorm::batch>>(5, Mode::training, LogitRole::generator, 3,
                                                          {"2.bias", "5.bias"});
  check_ensemble<FrameEnsemble<DiscriminatorNorm::batch>>(3, Mode::evaluation, LogitRole::generated, 4);
}

TEST_CASE("the gradients of discriminators that judge two frames at once agree with finite differences") {
  check_ensemble<PackedEnsemble<DiscriminatorNorm::none>>(4, Mode::training, LogitRole::real, 5);
  check_ensemble<PackedEnsemble<DiscriminatorNorm::batch>>(6, Mode::training, LogitRole::generator, 6,
                                                           {"2.bias", "5.bias"});
}
