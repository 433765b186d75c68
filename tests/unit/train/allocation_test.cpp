// After its first step, training allocates no memory; and how much it takes in all.

#include "benchmarks/allocations.hpp"
#include "unit/train/small_trainer.hpp"

#include <cstdlib>

using zoetrope::benchmarks::allocation_count;

TEST_CASE("allocations and bytes are counted") {
  const std::uint64_t before = allocation_count();
  const std::ptrdiff_t bytes_before = zoetrope::benchmarks::allocated_bytes();
  auto memory = std::make_unique<char[]>(1000);
  CHECK(allocation_count() > before);
  CHECK(zoetrope::benchmarks::allocated_bytes() >= bytes_before + 1000);
  memory.reset();
  CHECK(zoetrope::benchmarks::allocated_bytes() == bytes_before);
  CHECK(zoetrope::benchmarks::max_allocated_bytes() >= bytes_before + 1000);
  zoetrope::benchmarks::forget_max_allocated_bytes();
  CHECK(zoetrope::benchmarks::max_allocated_bytes() == bytes_before);
}

#if ZOETROPE_COUNTS_MALLOC
TEST_CASE("malloc is counted") {
  const std::uint64_t before = allocation_count();
  void* volatile memory = std::malloc(1);
  CHECK(allocation_count() > before);
  std::free(memory);
}
#endif

TEST_CASE("after the first step, a training step allocates nothing") {
  using namespace zoetrope;
  using namespace zoetrope::test;
  auto settings = small_settings();
  settings.frames.weight_average = settings.sequences.weight_average = 0.9;
  settings.frames.spectral_norm = settings.sequences.spectral_norm = 0.5;
  SmallTrainer trainer(settings);
  // Room for all that is noted, so that noting allocates nothing itself.
  std::vector<std::uint64_t> counts;
  counts.reserve(100);
  const Watch watch = [&](const StepReport&) {
    counts.push_back(allocation_count());
    return Flow::carry_on;
  };
  const std::uint64_t before = allocation_count();
  CHECK(trainer.train_frames({}, watch));
  REQUIRE(counts.size() == 4);
  CHECK(counts[0] > before); // the counting works
  CHECK(counts[1] == counts[0]);
  CHECK(counts[2] == counts[0]);
  CHECK(counts[3] == counts[0]);

  counts.clear();
  CHECK(trainer.train_sequences({}, watch));
  REQUIRE(counts.size() == 3);
  CHECK(counts[1] == counts[0]);
  CHECK(counts[2] == counts[0]);
}
