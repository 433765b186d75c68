// The GPU backend on a GPU: the bodies that the other backends go through.
#include "backends/losses.hpp"
#include "backends/networks.hpp"
#include "zoetrope/backend/cudnn.hpp"

#include <cstdio>
#include <string>

using namespace zoetrope;

namespace {

/// How far products of each precision may be from exact ones, and whole networks of them.
template <class P>
struct Tolerance;
template <>
struct Tolerance<Fp32> {
  static constexpr double product = 1e-5, network = 1e-4;
};
template <>
struct Tolerance<Tf32> {
  static constexpr double product = 3e-3, network = 1e-1;
};
template <>
struct Tolerance<Bf16> {
  static constexpr double product = 3e-2, network = 3e-1;
};

} // namespace

TEST_CASE("a GPU describes itself") {
  backend::Cudnn<> backend;
  const std::string description = backend.device().description().json();
  CHECK(description.find("multiProcessorCount") != description.npos);
  std::puts(description.c_str()); // as in tests/gpu/h200.json
}

TEST_CASE_TEMPLATE("on a GPU, convolutions agree with loops", P, Fp32, Tf32, Bf16) {
  backend::Cudnn<P> backend;
  for (const auto& c : agreement::convolution_cases()) agreement::check_convolution(backend, c, Tolerance<P>::product);
}

TEST_CASE_TEMPLATE("on a GPU, operands that are to stay exact are not rounded", P, Fp32, Tf32, Bf16) {
  backend::Cudnn<P> backend;
  for (const auto& c : agreement::exact_cases())
    agreement::check_convolution(backend, c, Tolerance<Fp32>::product, Operands::exact);
  for (const auto& c : agreement::convolution_cases())
    agreement::check_convolution(backend, c, Tolerance<Fp32>::product, Operands::exact);
}

TEST_CASE("on a GPU, losses are those of their two functions") { agreement::check_losses<backend::Cudnn<>>(1e-12); }

TEST_CASE_TEMPLATE("on a GPU, networks agree with the Eigen backend's", P, Fp32, Tf32, Bf16) {
  agreement::check_networks<backend::Cudnn<P>>(Tolerance<P>::network);
}

TEST_CASE("on a GPU, a step of either stage is the Eigen backend's") {
  agreement::check_training<Adam, backend::Cudnn<Fp32>>(1e-4);
  agreement::check_training<RmsProp, backend::Cudnn<Fp32>>(1e-4);
}

TEST_CASE("on a GPU, a step of either stage of the demo is the Eigen backend's") {
  agreement::check_demo_training<backend::Cudnn<Fp32>>(1e-4);
}

TEST_CASE("on a GPU, a run goes on from one backend to the other") {
  agreement::check_checkpoints<Adam, backend::Cudnn<Fp32>>(1e-3);
  agreement::check_checkpoints<RmsProp, backend::Cudnn<Fp32>>(1e-3);
}

TEST_CASE_TEMPLATE("on a GPU, a recorded step repeats the step", P, Fp32, Bf16) {
  agreement::check_recorded_steps<Adam, backend::Cudnn<P>>();
  agreement::check_recorded_steps<RmsProp, backend::Cudnn<P>>();
}

TEST_CASE("on a GPU, a recorded step has the learning rate of the step that it repeats") {
  agreement::check_recorded_steps<Adam, backend::Cudnn<Fp32>, LinearDecay>();
  agreement::check_recorded_steps<RmsProp, backend::Cudnn<Fp32>, LinearDecay>();
}

TEST_CASE_TEMPLATE("on a GPU, a recorded step goes on with averages of weights", P, Fp32, Bf16) {
  agreement::check_recorded_steps<Adam, backend::Cudnn<P>>(0.9);
}

TEST_CASE_TEMPLATE("on a GPU, a recorded step goes on with a bound on spectral norms", P, Fp32, Bf16) {
  agreement::check_recorded_steps<Adam, backend::Cudnn<P>>(0, 0.2);
}

TEST_CASE("on a GPU, frames of films are picked and added to, and others stand behind films") {
  agreement::check_chosen_frames<backend::Cudnn<>>();
  agreement::check_appended_positions<backend::Cudnn<>>();
}

TEST_CASE("on a GPU, a frame generator learns on as with the Eigen backend") {
  agreement::check_learning_frames<backend::Cudnn<Fp32>>(1e-4);
}

TEST_CASE("on a GPU, samples are packed and come apart") { agreement::check_packs<backend::Cudnn<>>(); }

TEST_CASE_TEMPLATE("on a GPU, waves are the Eigen backend's", P, Fp32, Bf16) {
  agreement::check_waves<backend::Cudnn<P>>(1e-4);
}

TEST_CASE("on a GPU, views are seen over time") { agreement::check_filters_over_time<backend::Cudnn<>>(); }

TEST_CASE("on a GPU, vectors are added up") { agreement::check_sums(backend::Cudnn<>()); }

TEST_CASE("on a GPU, vectors are averaged") { agreement::check_averages(backend::Cudnn<>()); }

TEST_CASE("on a GPU, spectral norms are bounded as the Eigen backend bounds them") {
  agreement::check_spectral_norms<backend::Cudnn<>>();
}

TEST_CASE("on a GPU, training that diverges stops and says where") { agreement::check_divergence<backend::Cudnn<>>(); }

TEST_CASE_TEMPLATE("on a GPU, the same seed gives the same bytes", P, Fp32, Tf32, Bf16) {
  agreement::check_same_bytes<Adam, backend::Cudnn<P>>();
}
