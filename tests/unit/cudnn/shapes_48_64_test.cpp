// The named architectures for films of 48x64 and 64x64 colour, on the GPU backend where there is no GPU.
#include "backends/host_device.hpp"
#include "backends/shapes.hpp"

using namespace zoetrope;

TEST_CASE_TEMPLATE("on the host, other shapes train on the GPU backend as on the Eigen backend", Film,
                   Shape<3, 16, 48, 64>, Shape<3, 16, 64, 64>) {
  agreement::check_shape<Film, support::CudnnOnHost<>>(1e-4);
  agreement::check_shape_trains<Film, support::CudnnOnHost<>>();
}
