// Checkpoints of the GPU backend, played by the CPU.

#include "backends/host_device.hpp"
#include "support/checkpoint_order_check.hpp"

using namespace zoetrope;

TEST_CASE("on the host, checkpoints of the GPU backend are the CPU backend's, and read again") {
  test::check_orders<support::CudnnOnHost<>>();
}

TEST_CASE("on the host, a checkpoint of the GPU backend takes host memory for a block and two pieces") {
  test::check_memory<support::CudnnOnHost<>>();
}
