// The named architectures for films of 16x16 grey and 32x32 colour, on the GPU backend where there is no GPU.
#include "backends/host_device.hpp"
#include "backends/shapes.hpp"

using namespace zoetrope;

TEST_CASE_TEMPLATE("on the host, other shapes train on the GPU backend as on the Eigen backend", Film,
                   Shape<1, 8, 16, 16>, Shape<3, 16, 32, 32>) {
  agreement::check_shape<Film, support::CudnnOnHost<>>(1e-4);
  agreement::check_shape_trains<Film, support::CudnnOnHost<>>();
}
