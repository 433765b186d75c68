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
  agreement::check_recorded_steps<RmsProp, Float>();
}

TEST_CASE("on the host, training on the GPU backend that diverges stops and says where") {
  agreement::check_divergence<Float>();
}

TEST_CASE("on the host, the GPU backend gives the same bytes for the same seed") {
  agreement::check_same_bytes<Adam, Float>();
}
