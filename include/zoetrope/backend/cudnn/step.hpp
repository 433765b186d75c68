/// @file
/// A training step as one CUDA graph: recorded once, then started as a whole, with the few numbers that go in and come
/// out of it.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/core/error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace zoetrope::cudnn {

/// An array that the host and the device each have a copy of, in parts that are handed out one after the other. The
/// copies move as a whole.
template <class Element, DeviceMemory Memory>
class Exchange {
public:
  Exchange() = default;
  ~Exchange() { Memory::release_pinned(host_); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void allocate() {
    if (host_ != nullptr) return;
    device_.resize(capacity);
    host_ = static_cast<Element*>(Memory::allocate_pinned(bytes()));
  }
  /// Where the next @p count elements begin. Throws Error where there is no more room.
  [[nodiscard]] std::size_t take(std::size_t count) {
    require(taken_ + count <= capacity, "a step expected to exchange at most ", capacity, " numbers with the GPU, got ",
            taken_ + count, ": fewer discriminators need fewer");
    return std::exchange(taken_, taken_ + count);
  }
  void forget() { taken_ = 0; }

  [[nodiscard]] Element* host() { return host_; }
  [[nodiscard]] Element* device() { return device_.data(); }
  static constexpr std::size_t bytes() { return capacity * sizeof(Element); }

private:
  static constexpr std::size_t capacity = 4096;
  Buffer<Element, Memory> device_;
  Element* host_ = nullptr;
  std::size_t taken_ = 0;
};

/// A step's graph and what the host does before and after each run of it.
template <ComputeDevice Device>
struct Step {
  std::optional<typename Device::Graph> graph;
  /// Memory's changes() when the step last ran: the graph holds while there are no more.
  std::optional<std::uint64_t> changes;
  bool running = false;
  std::vector<std::function<void()>> before, after;
  Exchange<double, typename Device::Memory> in, out;
  Exchange<std::int32_t, typename Device::Memory> flags;

  void allocate() {
    in.allocate();
    out.allocate();
    flags.allocate();
  }
  void forget() {
    graph.reset();
    before.clear();
    after.clear();
    in.forget();
    out.forget();
    flags.forget();
  }
};

} // namespace zoetrope::cudnn
