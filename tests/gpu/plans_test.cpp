// Without a GPU: cuDNN has a plan for every layer and direction of the paper's networks on an H200, which it knows from
// a description (h200.json, as gpu_tests printed it there).
#include "zoetrope/backend/cudnn.hpp"
#include "zoetrope/gan/paper.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>

using namespace zoetrope;

namespace {

cudnn::DeviceDescription h200() {
  std::ifstream file(ZOETROPE_GPU_DESCRIPTION);
  REQUIRE(file);
  return cudnn::DeviceDescription(std::string_view(std::string(std::istreambuf_iterator<char>(file), {})));
}

struct Counts {
  int plans = 0, products = 0;
};

template <Precision P>
void plan(const cudnn::DeviceDescription& device, const ConvolutionGeometry& geometry, Operands operands, int members,
          int batch, Counts& counts) {
  if (!typename backend::Cudnn<P>::ConvolutionPlan(geometry, operands).grouped()) {
    ++counts.products; // cuBLAS does these, and needs no plan
    return;
  }
  using cudnn::Direction;
  for (const auto direction : {Direction::forward, Direction::data_gradient, Direction::filter_gradient})
    for (const auto& problem :
         cudnn::Convolutions<P, cudnn::CudaDevice>::problems(geometry, members, batch, direction)) {
      const auto favourite = cudnn::ConvolutionPlanner(problem, device).favourite();
      std::printf("%-4s engine %3d  workspace %7.1f MB  %s\n", P::name, static_cast<int>(favourite.engine),
                  static_cast<double>(favourite.workspace_bytes) / 1e6, problem.text().c_str());
      ++counts.plans;
    }
}

template <class Layer, class Visit>
void visit_convolution(const Visit& visit) {
  if constexpr (requires { Layer::geometry; }) visit(Layer::geometry, Layer::operands);
}

template <class Architecture, class Visit>
void for_convolutions(const Visit& visit) {
  using Bound = typename Architecture::Layers::Bound;
  [&]<std::size_t... I>(std::index_sequence<I...>) { (visit_convolution<std::tuple_element_t<I, Bound>>(visit), ...); }
  (std::make_index_sequence<std::tuple_size_v<Bound>>{});
}

} // namespace

TEST_CASE_TEMPLATE("every layer and direction of the paper's networks has a plan", P, Fp32, Tf32, Bf16) {
  const auto device = h200();
  Counts counts;
  // G_F makes 64 frames in the first stage, 8 films of 30 in the second.
  for (const int batch : {64, 240})
    for_convolutions<arch::DcganFrame<>>(
        [&](const auto& geometry, Operands operands) { plan<P>(device, geometry, operands, 1, batch, counts); });
  for_convolutions<arch::BiLstmSequence<>>(
      [&](const auto& geometry, Operands operands) { plan<P>(device, geometry, operands, 1, 8, counts); });
  // Discriminators judge real and generated samples as one batch, and the generator's samples alone.
  for (const int members : {1, 16, 48})
    for (const int batches : {1, 2}) {
      for_convolutions<arch::FrameDiscriminator<>>([&](const auto& geometry, Operands operands) {
        plan<P>(device, geometry, operands, members, batches * 64, counts);
      });
      for_convolutions<arch::FilmDiscriminator<>>([&](const auto& geometry, Operands operands) {
        plan<P>(device, geometry, operands, members, batches * 8, counts);
      });
    }
  // Layers 2 and 3 of either discriminator, and all of G_F's upward ones but the last.
  // In bfloat16, the films' two are cut into two parts each, and products do what has more than one member; in float,
  // they do the data gradients of the films' large filters.
  const bool narrow = cudnn::operand_type<P> != CUDNN_DATA_FLOAT;
  CHECK(counts.plans == 3 * 2 * 3 + (narrow ? 2 * 3 * 6 : 2 * (3 * 3 * 4 - 2 * 2)));
  CHECK(counts.products > 0);
}

TEST_CASE("a device's description is what cuDNN reads back") {
  const auto text = h200().json();
  CHECK(text.find("H200") != text.npos);
  CHECK_THROWS_AS(cudnn::DeviceDescription(std::string_view("{}")), Error);
}

TEST_CASE("a plan is the same after it was kept as text, and text that is none is refused") {
  const auto device = h200();
  ConvolutionGeometry geometry;
  for_convolutions<arch::FrameDiscriminator<>>([&](const auto& g, Operands) {
    if (g.output_channels == 512) geometry = g;
  });
  const cudnn::ConvolutionProblem problem{geometry, 48, 64, cudnn::Direction::forward, CUDNN_DATA_FLOAT, true};
  const auto plan = cudnn::ConvolutionPlanner(problem, device).favourite();
  const auto restored = cudnn::ConvolutionPlan::restore(plan.text(), "restored", device);
  REQUIRE(restored);
  CHECK(restored->workspace_bytes == plan.workspace_bytes);
  CHECK(restored->text() == plan.text());
  for (const char* text : {"", "{}", "no plan", "{\"cudnnVersion\": 1}"})
    CHECK_FALSE(cudnn::ConvolutionPlan::restore(text, "refused", device));
}

TEST_CASE("a convolution that no engine computes is refused in a sentence") {
  const auto device = h200();
  const ConvolutionGeometry odd{
      .input = {1, 5, 5}, .output = {1, 3, 3}, .kernel = {1, 3, 3}, .input_channels = 3, .output_channels = 5};
  const cudnn::ConvolutionProblem problem{odd, 3, 2, cudnn::Direction::forward, CUDNN_DATA_BFLOAT16, true};
  try {
    (void)cudnn::ConvolutionPlanner(problem, device).favourite();
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find("forward of 3 x 3 -> 5 channels") != text.npos);
  }
}
