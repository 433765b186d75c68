// The GPU backend's losses where there is no GPU, and the Eigen backend's beside them.
#include "backends/host_device.hpp"
#include "backends/losses.hpp"

#include <string>

using namespace zoetrope;

namespace {

/// A program's own loss: it has settings, which go to the kernels with it.
struct SmoothedLeastSquares {
  double wanted = 0.9;
  ZOETROPE_HOST_DEVICE double value(LogitRole role, double x) const { return derivative(role, x) * (x - target(role)); }
  ZOETROPE_HOST_DEVICE double derivative(LogitRole role, double x) const { return x - target(role); }
  ZOETROPE_HOST_DEVICE double target(LogitRole role) const { return role == LogitRole::generated ? 0 : wanted; }
  std::string description() const { return "SmoothedLeastSquares"; }
};
static_assert(LossPolicy<SmoothedLeastSquares>);

constexpr double rounding = 1e-15;

} // namespace

TEST_CASE("on the host, the GPU backend computes any loss, at once and in a recorded step") {
  const int before = support::HostDevice::graphs_launched;
  agreement::check_losses<support::CudnnOnHost<>>(rounding);
  agreement::check_loss<support::CudnnOnHost<>>(SmoothedLeastSquares{.wanted = 0.75}, rounding);
  CHECK(support::HostDevice::graphs_launched == before + 4 * 3 * 2);
}

TEST_CASE("the Eigen backend computes any loss") {
  agreement::check_losses<backend::Eigen<float>>(rounding);
  agreement::check_loss<backend::Eigen<float>>(SmoothedLeastSquares{.wanted = 0.75}, rounding);
}
