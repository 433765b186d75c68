/// @file
/// Device memory that grows and is then reused.
#pragma once

#include "zoetrope/backend/grow.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace zoetrope::cudnn {

/// Where a device's memory comes from: allocate() throws Error where there is too little, with the bytes that were
/// wanted; changes() counts what was allocated and released, so that a recorded step knows whether its addresses still
/// hold; finish_all() waits for work that may use memory about to be released.
template <class M>
concept DeviceMemory = requires(void* memory, std::size_t bytes) {
  { M::allocate(bytes) } -> std::same_as<void*>;
  { M::allocate_pinned(bytes) } -> std::same_as<void*>;
  { M::changes() } -> std::same_as<std::uint64_t>;
  M::release(memory);
  M::release_pinned(memory);
  M::finish_all();
};

/// An array of @p Element in a device's memory. resize() keeps the memory where it suffices and does not keep the
/// values. Throws Error, with the bytes that were wanted, where the device has too little.
template <class Element, DeviceMemory Memory>
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(std::size_t size) { resize(size); }
  ~Buffer() { Memory::release(data_); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }

  void resize(std::size_t size) {
    if (size > capacity_) {
      Memory::release(std::exchange(data_, nullptr));
      capacity_ = 0;
      data_ = static_cast<Element*>(Memory::allocate(size * sizeof(Element)));
      capacity_ = size;
    }
    size_ = size;
  }

  [[nodiscard]] Element* data() { return data_; }
  [[nodiscard]] const Element* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

private:
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  Element* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Memory that operations share, as bytes: at least as many as were asked for, valid until the next call. Work on one
/// stream follows in order, so one operation's use ends before the next one's begins.
template <DeviceMemory Memory>
class Scratch {
public:
  template <class Element>
  [[nodiscard]] Element* get(std::ptrdiff_t count) {
    const auto bytes = static_cast<std::size_t>(count) * sizeof(Element);
    // What still runs may use the memory that goes.
    return reinterpret_cast<Element*>(grow(buffer_, bytes, [] { Memory::finish_all(); }));
  }

private:
  Buffer<std::byte, Memory> buffer_;
};

} // namespace zoetrope::cudnn
