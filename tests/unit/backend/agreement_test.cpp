// The bodies that every backend goes through, on the CPU's.
#include "backends/agreement.hpp"

using namespace zoetrope;

TEST_CASE("the Eigen backend's convolutions agree with loops") {
  backend::Eigen<float> backend;
  for (const auto& c : agreement::convolution_cases()) agreement::check_convolution(backend, c, 1e-5);
}

TEST_CASE("the Eigen backend averages vectors") { agreement::check_averages(backend::Eigen<float>()); }

TEST_CASE("the Eigen backend adds vectors up") { agreement::check_sums(backend::Eigen<float>()); }

TEST_CASE("a step of the Eigen backend repeats the step") {
  agreement::check_recorded_steps<Adam, backend::Eigen<float>>();
}

TEST_CASE("where the frame generator learns on, a step of the Eigen backend repeats the step") {
  agreement::check_learning_frames<backend::Eigen<float>>(1e-4);
}

TEST_CASE("training on the Eigen backend that diverges stops and says where") {
  agreement::check_divergence<backend::Eigen<float>>();
}

TEST_CASE("the Eigen backend trains in bf16, and gives the same bytes for the same seed") {
  CHECK(backend::Eigen<float, Bf16>::description() == "Eigen, float, products in bf16");
  agreement::check_same_bytes<Adam, backend::Eigen<float, Bf16>>();
}

TEST_CASE("the Eigen backend gives the same bytes for the same seed") {
  agreement::check_same_bytes<Adam, backend::Eigen<float>>();
  agreement::check_same_bytes<RmsProp, backend::Eigen<float>>();
}
