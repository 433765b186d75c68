#include "backends/host_device.hpp"
#include "zoetrope/backend/cudnn/filter_copies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

using namespace zoetrope;

namespace {

/// parameters -= gradient.
struct Subtract {
  std::ptrdiff_t first;
  const float* gradient;
  float* parameters;
  template <int Count>
  kernel::Pack<float, Count> update(std::ptrdiff_t i, const kernel::Pack<float, Count>& g) const {
    auto updated = kernel::load_pack<Count>(parameters + i);
    for (int k = 0; k < Count; ++k) updated.values[k] -= g.values[k];
    kernel::store_pack(updated, parameters + i);
    return updated;
  }
  bool begins_fours() const { return kernel::begin_packs<4>(gradient + first, parameters + first); }
};

using Copies = cudnn::FilterCopies<support::HostDevice>;

/// A filter of @p size values at @p filter, copied, whose gradient of all @p value waits and belongs to @p gradient.
std::shared_ptr<Copies::Copy> with_waiting_gradient(support::HostDevice& device, Copies& copies, std::ptrdiff_t size,
                                                    const float* filter, float* gradient, float value) {
  auto copy = std::make_shared<Copies::Copy>();
  copy->rows = 1;
  copy->row_size = size;
  copies.refresh(device, copy, filter);
  std::fill_n(copies.expect_gradient(copy, gradient), size, __float2bfloat16(value));
  return copy;
}

} // namespace

TEST_CASE("an update of a part of a filter takes the part's gradient from where it waits") {
  for (const std::ptrdiff_t first : {0, 4, 8}) { // of 8 parameters of 16; the filter is the middle 8
    CAPTURE(first);
    support::HostDevice device;
    Copies copies;
    std::vector<float> parameters(16, 10.0F), gradients(16, 1.0F);
    const auto copy = with_waiting_gradient(device, copies, 8, &parameters[4], &gradients[4], 3.0F);
    copies.update(device, 8, Subtract{0, gradients.data() + first, parameters.data() + first});
    for (std::ptrdiff_t i = 0; i < 16; ++i) {
      const bool updated = i >= first && i < first + 8, of_filter = i >= 4 && i < 12;
      CHECK(parameters[static_cast<std::size_t>(i)] == (!updated ? 10.0F : of_filter ? 7.0F : 9.0F));
    }
    CHECK(copy->current == (first == 4));
  }
}

TEST_CASE("where filters overlap, the first is taken, and the other's gradient counts for the rest") {
  support::HostDevice device;
  Copies copies;
  std::vector<float> parameters(16, 10.0F), gradients(16, 1.0F);
  const auto one = with_waiting_gradient(device, copies, 8, &parameters[0], &gradients[0], 3.0F),
             other = with_waiting_gradient(device, copies, 8, &parameters[4], &gradients[4], 5.0F);
  copies.update(device, 16, Subtract{0, gradients.data(), parameters.data()});
  for (std::size_t i = 0; i < 16; ++i) CHECK(parameters[i] == (i < 8 ? 7.0F : i < 12 ? 5.0F : 9.0F));
  CHECK(one->current);
  CHECK(!other->current);
}
