// The named architectures for films of 16x16 grey and 32x32 colour.
#include "backends/shapes.hpp"
#include "support/shape_check.hpp"

using namespace zoetrope;

namespace {

using Small16 = Shape<1, 8, 16, 16>;
using Large32 = Shape<3, 16, 32, 32>;

static_assert(agreement::parameter_counts<Small16> ==
              std::array<std::ptrdiff_t, 4>{25'600'513, 7'197'796, 10'508'033, 27'305'473});
static_assert(agreement::parameter_counts<Large32> ==
              std::array<std::ptrdiff_t, 4>{27'702'531, 9'296'996, 10'508'033, 22'586'881});
static_assert(agreement::has_shapes<Small16, Shape<1, 8, 8>, Shape<1, 8, 5, 5>>());
static_assert(agreement::has_shapes<Large32, Shape<1, 16, 16>, Shape<1, 16, 10, 10>>());

} // namespace

TEST_CASE_TEMPLATE("gradients in other shapes agree with finite differences", Film, Small16, Large32) {
  support::check_shape_gradients<Film>(1);
}

TEST_CASE_TEMPLATE("other shapes train on the CPU", Film, Small16, Large32) {
  agreement::check_shape_trains<Film, backend::Eigen<float>>();
}
