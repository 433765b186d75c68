// The named architectures for films of 16x16 grey and 32x32 colour.
#include "backends/shapes.hpp"
#include "support/shape_check.hpp"

using namespace zoetrope;

namespace {

using Small = Shape<1, 8, 16, 16>;
using Large = Shape<3, 16, 32, 32>;

// Parameters at the paper's widths: G_F, G_V, a frame discriminator, a film discriminator.
template <FilmShape Film>
constexpr std::array<std::ptrdiff_t, 4> parameter_counts{
    arch::DcganFrame<1, 100, FrameOf<Film>>::Layers::parameter_count,
    arch::BiLstmSequence<1, 256, LatentOutput::tanh, 100, film_length<Film>>::Layers::parameter_count,
    arch::FrameDiscriminator<1, DiscriminatorNorm::none, FrameOf<Film>>::Layers::parameter_count,
    arch::FilmDiscriminator<1, DiscriminatorNorm::none, Film>::Layers::parameter_count};
static_assert(parameter_counts<Small> == std::array<std::ptrdiff_t, 4>{25'600'513, 7'197'796, 10'508'033, 27'305'473});
static_assert(parameter_counts<Large> == std::array<std::ptrdiff_t, 4>{27'702'531, 9'296'996, 10'508'033, 22'586'881});

template <FilmShape Film, class FrameView, class FilmView>
constexpr bool has_shapes() {
  using Trainer = agreement::ShapedTrainer<backend::Eigen<float>, Film>;
  return std::is_same_v<typename Trainer::Film, Film> &&
         std::is_same_v<typename Trainer::FrameStage::Sample, FrameOf<Film>> &&
         std::is_same_v<typename arch::FrameDiscriminator<1, DiscriminatorNorm::none, FrameOf<Film>>::Layers::Input,
                        FrameView> &&
         std::is_same_v<typename arch::FilmDiscriminator<1, DiscriminatorNorm::none, Film>::Layers::Input, FilmView>;
}
static_assert(has_shapes<Small, Shape<1, 8, 8>, Shape<1, 8, 5, 5>>());
static_assert(has_shapes<Large, Shape<1, 16, 16>, Shape<1, 16, 10, 10>>());

} // namespace

TEST_CASE_TEMPLATE("gradients in other shapes agree with finite differences", Film, Small, Large) {
  support::check_shape_gradients<Film>(1);
}

TEST_CASE_TEMPLATE("other shapes train on the CPU", Film, Small, Large) {
  agreement::check_shape_trains<Film, backend::Eigen<float>>();
}
