#include "benchmarks/comparison.hpp"

#include "unit/io/temporary_folder.hpp"
#include "zoetrope/core/error.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace zoetrope;
using namespace zoetrope::benchmarks;

namespace {

std::string row(const std::string& name, double time, const std::string& rest = "") {
  return R"({"name": ")" + name + R"(", "run_type": "iteration", "real_time": )" + std::to_string(time) +
         R"(, "time_unit": "ms")" + rest + "}";
}

std::string rows(const std::string& name, std::initializer_list<double> times, const std::string& rest = "") {
  std::string text;
  for (const double time : times) text += (text.empty() ? "" : ",") + row(name, time, rest);
  return text;
}

void write(const std::filesystem::path& path, const std::string& rows) {
  std::ofstream(path) << R"({"context": {}, "benchmarks": [)" << rows << "]}";
}

std::vector<std::string> names(const std::vector<Comparison::Row>& rows) {
  std::vector<std::string> result;
  for (const auto& each : rows) result.push_back(each.name);
  return result;
}

} // namespace

TEST_CASE("a comparison of two runs tells changes from noise") {
  const test::TemporaryFolder folder;
  const auto before = folder / "before.json", after = folder / "after.json";
  write(before, rows("halved", {10, 11, 10.5}) + "," + rows("overlapping", {10, 14, 12}) + "," +
                    rows("worse", {5, 5, 5}, R"(, "eigen_flops": 1e11)") + "," +
                    rows("slow hour", {5, 5, 5}, R"(, "eigen_flops": 1e11)") + "," + rows("tiny", {100, 100, 100}) +
                    "," + rows("seldom", {5, 5}) + "," + row("gone", 1) +
                    R"(, {"name": "halved_mean", "run_type": "aggregate", "real_time": 1, "time_unit": "ms"})");
  write(after, rows("halved", {5, 5.5, 5.25}) + "," + rows("overlapping", {11, 7, 8}) + "," +
                   rows("worse", {11, 11, 11}, R"(, "eigen_flops": 5e10)") + "," +
                   rows("slow hour", {8, 8, 8}, R"(, "eigen_flops": 5e10)") + "," + rows("tiny", {99, 99, 99}) + "," +
                   rows("seldom", {8, 8, 8}) + "," + row("new", 1));
  const auto comparison = compare(read_run(before), read_run(after));
  CHECK(names(comparison.faster) == std::vector<std::string>{"halved"});
  CHECK(names(comparison.slower) == std::vector<std::string>{"worse"});
  CHECK(names(comparison.same) == std::vector<std::string>{"overlapping", "slow hour", "tiny"});
  CHECK(names(comparison.too_few) == std::vector<std::string>{"seldom"});
  CHECK(comparison.only_before == std::vector<std::string>{"gone"});
  CHECK(comparison.only_after == std::vector<std::string>{"new"});
  CHECK(comparison.eigen_ratio == doctest::Approx(0.5));
  CHECK(comparison.faster[0].before == doctest::Approx(10.5e-3));
  const auto text = to_text(comparison);
  CHECK(text.find("| slower | worse | 5 | 11 | 2.20 |") != std::string::npos);
  CHECK(text.find("| faster | halved | 10.5 | 5.25 | 0.50 |") != std::string::npos);
  CHECK(text.find("1 faster, 1 slower, 3 the same within the noise, 1 measured too seldom") != std::string::npos);
}

TEST_CASE("what is no run of benchmarks is refused by name") {
  const test::TemporaryFolder folder;
  const auto path = folder / "run.json";
  CHECK_THROWS_WITH_AS(read_run(path), doctest::Contains("cannot read"), Error);
  for (const char* content :
       {"", "{", "[]", R"({"benchmarks": []})", R"({"benchmarks": [{"name": "x"}]})",
        R"({"benchmarks": [{"name": "x", "run_type": "iteration", "real_time": 1, "time_unit": "weeks"}]})"}) {
    CAPTURE(content);
    std::ofstream(path) << content;
    CHECK_THROWS_WITH_AS(read_run(path), doctest::Contains("run.json"), Error);
  }
}
