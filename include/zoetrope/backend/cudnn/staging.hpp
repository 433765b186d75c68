/// @file
/// Samples on their way to a device: through pinned memory, so that nobody waits for their copy.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace zoetrope::cudnn {

template <ComputeDevice Device>
class Staging {
public:
  Staging() = default;
  ~Staging() { Memory::release_pinned(memory_); }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// Copies @p bytes of any memory of the host, which is free again when it returns.
  void copy(Device& device, const void* from, std::size_t bytes, void* to) {
    if (bytes == 0) return;
    if (taken_ + bytes > capacity_) {
      device.synchronize(); // copies from this memory may still be under way
      taken_ = 0;
      if (bytes > capacity_) {
        Memory::release_pinned(std::exchange(memory_, nullptr));
        capacity_ = 0;
        memory_ = static_cast<std::byte*>(Memory::allocate_pinned(std::max(8 * bytes, smallest)));
        capacity_ = std::max(8 * bytes, smallest);
      }
    }
    std::memcpy(memory_ + taken_, from, bytes);
    device.copy(memory_ + taken_, bytes, to);
    taken_ += bytes;
  }

private:
  using Memory = typename Device::Memory;
  static constexpr std::size_t smallest = std::size_t{1} << 20;
  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0, taken_ = 0;
};

} // namespace zoetrope::cudnn
