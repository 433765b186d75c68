// Networks of other shapes than the paper's, on a GPU.
#include "backends/shapes.hpp"
#include "zoetrope/backend/cudnn.hpp"

using namespace zoetrope;

TEST_CASE_TEMPLATE("on a GPU, other shapes train as on the Eigen backend", Film, Shape<1, 8, 16, 16>,
                   Shape<3, 16, 32, 32>, Shape<3, 16, 48, 64>, Shape<3, 16, 64, 64>) {
  agreement::check_shape<Film, backend::Cudnn<Fp32>>(1e-4);
  agreement::check_shape_trains<Film, backend::Cudnn<Fp32>>();
}
