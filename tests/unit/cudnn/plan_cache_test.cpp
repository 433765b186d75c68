#include "zoetrope/backend/cudnn/plan_cache.hpp"

#include "unit/io/temporary_folder.hpp"

#include <doctest/doctest.h>

using zoetrope::cudnn::PlanCache;
using namespace zoetrope::test;

TEST_CASE("plans are kept for the same GPU and cuDNN, and for no other") {
  const TemporaryFolder folder;
  const auto path = folder / "of" / "a" / "user.json";
  PlanCache first(path, "H100, cuDNN 9");
  CHECK_FALSE(first.find("forward"));
  first.put("forward", "{\"engine\": 7}");
  first.put("backward", "{\"engine\": 8}");
  first.put("forward", "{\"engine\": 9}");
  CHECK(first.find("forward") == "{\"engine\": 9}");
  const PlanCache second(path, "H100, cuDNN 9");
  CHECK(second.find("forward") == "{\"engine\": 9}");
  CHECK(second.find("backward") == "{\"engine\": 8}");
  CHECK_FALSE(second.find("sideways"));
  CHECK_FALSE(PlanCache(path, "H100, cuDNN 10").find("forward"));
}

TEST_CASE("a file of plans that is damaged counts as empty and is replaced") {
  const TemporaryFolder folder;
  const auto path = folder / "plans.json";
  PlanCache(path, "x").put("forward", "plan");
  const std::string good = read_bytes(path);
  for (const std::string& bytes :
       {std::string(), std::string("{"), std::string("[]"), std::string("\0\xFF", 2), good.substr(0, good.size() / 2),
        std::string(R"({"zoetrope.plans": 1, "identity": "x", "plans": {"forward": "plan"}})"),
        std::string(R"({"zoetrope.plans": "2", "identity": "x", "plans": {"forward": "plan"}})"),
        std::string(R"({"zoetrope.plans": 2, "identity": ["x"], "plans": {"forward": "plan"}})"),
        std::string(R"({"zoetrope.plans": 2, "identity": "x", "plans": ["forward"]})"),
        std::string(R"({"zoetrope.plans": 2, "identity": "x", "plans": {"forward": 3}})")}) {
    CAPTURE(bytes);
    write_bytes(path, bytes);
    PlanCache cache(path, "x");
    CHECK_FALSE(cache.find("forward"));
    cache.put("forward", "plan");
    CHECK(read_bytes(path) == good);
  }
}

TEST_CASE("plans that cannot be written are used all the same") {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "something else");
  std::filesystem::create_directories(folder / "plans.json" / "inner");
  PlanCache below_a_file(folder / "file" / "plans.json", "x"), nowhere("", "x"), a_folder(folder / "plans.json", "x"),
      a_device("/dev/zero", "x");
  for (PlanCache* cache : {&below_a_file, &nowhere, &a_folder}) {
    cache->put("forward", "plan");
    CHECK(cache->find("forward") == "plan");
  }
  CHECK_FALSE(a_device.find("forward"));
  CHECK(read_bytes(folder / "file") == "something else");
  CHECK(std::filesystem::is_directory(folder / "plans.json" / "inner"));
}
