// A cache of plans takes any file: one that it cannot read counts as empty.
#include "fuzz.hpp"
#include "zoetrope/backend/cudnn/plan_cache.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input;
  const auto& path = input.with(bytes, size);
  const zoetrope::cudnn::PlanCache cache(path, "a GPU");
  if (const auto plan = cache.find("forward")) fuzz::expect(plan->size() <= size, "a plan is part of its file");
  // What another one writes to it is there afterwards.
  if (size % 64 == 0) {
    zoetrope::cudnn::PlanCache(path, "a GPU").put("forward", "a plan");
    fuzz::expect(zoetrope::cudnn::PlanCache(path, "a GPU").find("forward") == "a plan", "a plan that is put is kept");
  }
  return 0;
}
