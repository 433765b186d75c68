// Checkpoints of parameters that lie in the GPU backend's order, without that backend.

#include "benchmarks/columns_first.hpp"
#include "support/checkpoint_order_check.hpp"

using namespace zoetrope;
using zoetrope::benchmarks::ColumnsFirst;

TEST_CASE("checkpoints of parameters in another order are the CPU backend's, and read again") {
  test::check_orders<ColumnsFirst>();
}

TEST_CASE("a checkpoint takes host memory for a block and two pieces") { test::check_memory<ColumnsFirst>(); }
