// What a step reads and writes on a GPU, counted: docs/gpu.md's table comes from the same counting.
#include "benchmarks/gpu_traffic_of_steps.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace zoetrope;

TEST_CASE("a step at the paper's sizes moves no more bytes than are planned for") {
  const auto frames = traffic::frame_step<Bf16>(), sequences = traffic::sequence_step<Bf16>();
  // A fifth of them are patches for products, which take half of the time that convolutions without them took.
  CHECK(traffic::total(frames) <= 30.5e9);
  CHECK(traffic::total(sequences) <= 25e9);
  // Whatever else is left out of the count, an update reads and writes its state and parameters: 504 M and 538 M of the
  // discriminators', with their gradients and copies in bfloat16.
  CHECK(frames.at("optimizers") > 20 * 504.0e6);
  CHECK(sequences.at("optimizers") > 20 * 537.0e6);
  // Every filter is read for outputs and for samples' gradients of two batches, and its own gradient is written once.
  CHECK(frames.at("products") > 5 * 2 * 0.99 * 504.0e6);
}

TEST_CASE("the count is that of the definitions") {
  traffic::CountingBackend<Fp32> backend;
  const auto bytes = [&](const auto& work) {
    backend.device().clear_tally();
    work();
    return traffic::total(backend.device().tally());
  };
  typename decltype(backend)::Buffer a(1000), b(1000), c(1000);
  CHECK(bytes([&] { backend.fill(a.data(), 1000, 1.0F); }) == 4000);
  CHECK(bytes([&] { backend.copy(a.data(), 1000, b.data()); }) == 8000);
  CHECK(bytes([&] { backend.tanh(1000, a.data()); }) == 8000);
  CHECK(bytes([&] { backend.rms_prop(1000, 0.1, 0.9, 1e-8, a.data(), b.data(), c.data(), [](Updated) {}); }) ==
        doctest::Approx(5 * 4000).epsilon(0.01));
  CHECK(bytes([&] { backend.pack_samples(5, 10, 2, 2, 5, a.data(), b); }) == 8000);
  CHECK(bytes([&] { backend.pack_samples(5, 10, 4, 1, 5, a.data(), b); }) == 0);
  CHECK(bytes([&] { backend.pick_frames({5, 2}, 4, 10, 5, a.data(), b.data()); }) == 400 * 8);
  CHECK(bytes([&] { backend.add_frames({5, 2}, 4, 10, 5, b.data(), a.data()); }) == 400 * 12);
  CHECK(bytes([&] { backend.append_positions(4, 10, 5, 5, a.data(), b.data(), c.data()); }) == 300 * 8);
  CHECK(bytes([&] { backend.append_positions(4, 10, 5, 5, a.data(), nullptr, c.data()); }) == 300 * 4 + 200 * 4);
  CHECK(bytes([&] { backend.first_positions(4, 10, 5, 5, a.data(), b.data()); }) == 200 * 8);
  // 2 members' 5 sums of 4 samples at 7 steps, of which 2 kinds of 3 taps see 5.
  const TapsOfKinds filters{2, 3, {0, 1, 0, 1, -2, 1}};
  CHECK(bytes([&] { backend.filter_over_time(2, 7, 4, 5, filters, a.data(), b.data()); }) == 400 * 2 * 4 * (3 + 1) / 2);
  CHECK(bytes([&] { backend.filter_over_time_gradient(2, 7, 4, 5, filters, b.data(), a.data()); }) ==
        280 * 4 * (6 + 1));
  // A product of 10x20 and 20x30.
  const decltype(backend)::ConvolutionPlan linear(ConvolutionGeometry{.input_channels = 20, .output_channels = 30});
  CHECK(bytes([&] { backend.convolution_forward(linear, 1, 10, a.data(), b.data(), nullptr, c.data()); }) ==
        4 * (10 * 20 + 20 * 30 + 10 * 30));
}
