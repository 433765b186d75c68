#include "support/ensemble_check.hpp"

using namespace zoetrope;
using support::check_ensemble;

namespace {

template <DiscriminatorNorm Norm>
using FilmEnsemble =
    ProjectedDiscriminatorEnsemble<3, projection::PaperFilm, arch::FilmDiscriminator<64, Norm>, backend::Eigen<double>>;

} // namespace

TEST_CASE("the gradients of an ensemble of film discriminators agree with finite differences") {
  check_ensemble<FilmEnsemble<DiscriminatorNorm::none>>(2, Mode::training, LogitRole::generator, 1);
}

TEST_CASE("the gradients of film discriminators with batch norm agree with finite differences in both modes") {
  check_ensemble<FilmEnsemble<DiscriminatorNorm::batch>>(3, Mode::training, LogitRole::generated, 3,
                                                         {"2.bias", "5.bias"});
  check_ensemble<FilmEnsemble<DiscriminatorNorm::batch>>(1, Mode::evaluation, LogitRole::generator, 4);
}
