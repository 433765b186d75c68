// The GPU backend where there is no GPU: its layouts, kernels and plans, over libraries played by the CPU.
#include "backends/agreement.hpp"
#include "backends/host_device.hpp"
#include "backends/networks.hpp"

using namespace zoetrope;
using support::CudnnOnHost;

namespace {

using Float = CudnnOnHost<Fp32>;
using Narrow = CudnnOnHost<Bf16>;

static_assert(Backend<Float> && HasBatchNorm<Float> && HasLstm<Float>);
static_assert(Backend<Narrow> && Backend<CudnnBackend<>> && HasLstm<CudnnBackend<Bf16>>);
static_assert(!Precision<float>);
static_assert(cudnn::ComputeDevice<support::HostDevice> && cudnn::ComputeDevice<cudnn::CudaDevice>);
static_assert(!cudnn::ComputeDevice<int> && !cudnn::DeviceMemory<support::HostDevice>);
static_assert(std::is_same_v<backend::Cudnn<>, CudnnBackend<Tf32>>);

constexpr double float_tolerance = 1e-5, narrow_tolerance = 3e-2, narrow_network_tolerance = 0.1;

} // namespace

TEST_CASE("on the host, the GPU backend's convolutions agree with loops") {
  Float backend;
  Narrow narrow;
  int grouped = 0;
  for (const auto& c : agreement::convolution_cases()) {
    agreement::check_convolution(backend, c, float_tolerance);
    agreement::check_convolution(narrow, c, narrow_tolerance);
    grouped += Float::ConvolutionPlan(c.geometry).grouped();
  }
  CHECK(grouped > 4);
  CHECK(grouped < 10);
}

TEST_CASE("on the host, the GPU backend's networks agree with the Eigen backend's") {
  agreement::check_networks<Float>(float_tolerance);
}

TEST_CASE("on the host, the GPU backend's networks agree in bfloat16, as far as it goes") {
  const auto backend = std::make_shared<Narrow>();
  agreement::check_network<agreement::Ensemble, Narrow>(backend, 3, 5, Mode::training, narrow_network_tolerance);
}

TEST_CASE("copies of filters in bfloat16 follow every change of the parameters") {
  using Net = Network<agreement::Ensemble, Narrow>;
  const auto backend = std::make_shared<Narrow>();
  Net network(backend, 2);
  const agreement::Sizes inputs{2, 3, Net::Input::positions, Net::Input::channels},
      outputs{2, 3, Net::Output::positions, Net::Output::channels};
  const auto input = agreement::import_members(*backend, inputs, support::normals<float>(inputs.count(), 1));
  const auto output_of = [&](Net& any) {
    return agreement::download(*backend, any.forward(3, input.data(), Mode::training), outputs.count());
  };
  const auto size = network.parameters().size();
  const auto values = [&](std::uint32_t seed) {
    return support::normals<float>(static_cast<std::ptrdiff_t>(size), seed);
  };
  const auto gradient = agreement::upload(*backend, values(9));
  auto square_average = agreement::upload(*backend, std::vector<float>(size, 1.0F)),
       average = agreement::upload(*backend, values(8));
  const auto other = agreement::upload(*backend, values(3));
  const std::uint64_t updates = 4;
  auto* parameters = network.parameters().data();
  const std::function<void()> changes[] = {
      [&] { backend->copy_from_host(values(2).data(), size, parameters); },
      [&] { backend->copy(other.data(), size, parameters); },
      [&] { backend->add(parameters, size, 0.5F); },
      [&] {
        backend->rms_prop(std::ssize(values(1)), 0.1, 0.9, 1e-8, gradient.data(), square_average.data(), parameters,
                          [](Updated) { FAIL("an update is not finite"); });
      },
      [&] {
        backend->adam(std::ssize(values(1)), 0.1, 0.9, 0.99, 1e-8, updates, gradient.data(), average.data(),
                      square_average.data(), parameters, [](Updated) { FAIL("an update is not finite"); });
      },
      [&] {
        // The second member's part of the convolution's filter.
        const auto placed = network.placed_parameters()[4];
        REQUIRE(placed.info.shape == std::vector<std::int64_t>{16, 8, 3, 3});
        network.set(network.parameters(), placed, 1, support::normals<float>(placed.info.size(), 5).data());
      },
      [&] { backend->fill(parameters, size, 0.25F); },
  };
  std::vector<float> last;
  for (const auto& change : changes) {
    change();
    Net fresh(std::make_shared<Narrow>(), 2);
    fresh.backend().copy_from_host(parameters, size, fresh.parameters().data());
    const auto found = output_of(network);
    CHECK(found == output_of(fresh));
    CHECK(found != last);
    last = found;
  }
}

TEST_CASE("on the host, a step of either stage on the GPU backend is the Eigen backend's") {
  agreement::check_training<Adam, Float>(1e-4);
  agreement::check_training<RmsProp, Float>(1e-4);
}

TEST_CASE("on the host, a run goes on from one backend to the other") {
  agreement::check_checkpoints<Adam, Float>(1e-4);
  agreement::check_checkpoints<RmsProp, Float>(1e-4);
}

TEST_CASE("on the host, a recorded step of the GPU backend repeats the step") {
  const int before = support::HostDevice::graphs_launched;
  agreement::check_recorded_steps<Adam, Float>();
  // Of nine and eight steps, the first and the one after a picture are not recorded.
  CHECK(support::HostDevice::graphs_launched - before == 7 + 6);
  agreement::check_recorded_steps<Adam, Narrow>();
  agreement::check_recorded_steps<RmsProp, Float>();
}

TEST_CASE("on the host, training on the GPU backend that diverges stops and says where") {
  agreement::check_divergence<Float>();
}

TEST_CASE("on the host, the GPU backend gives the same bytes for the same seed") {
  agreement::check_same_bytes<Adam, Float>();
}
