/// @file
/// Memory of the CPU backend: aligned buffers that only grow, so that a training step allocates nothing.
#pragma once

#include "zoetrope/backend/grow.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// An aligned array of @p Scalar. resize() keeps the memory where it suffices and does not keep the values.
template <class Scalar>
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(std::size_t size) { resize(size); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }

  void resize(std::size_t size) {
    if (size > capacity_) {
      data_.reset();
      capacity_ = 0;
      data_.reset(static_cast<Scalar*>(::operator new(size * sizeof(Scalar), alignment)));
      capacity_ = size;
    }
    size_ = size;
  }
  void fill(Scalar value) { std::fill_n(data(), size_, value); }

  [[nodiscard]] Scalar* data() { return data_.get(); }
  [[nodiscard]] const Scalar* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

private:
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  static constexpr std::align_val_t alignment{64};
  struct Release {
    void operator()(Scalar* memory) const { ::operator delete(memory, alignment); }
  };
  std::unique_ptr<Scalar, Release> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Scratch memory that operations share. Each slot belongs to one operation at a time.
template <class Scalar>
class Workspace {
public:
  enum Slot {
    packed_weights,
    group_panels,
    padded_columns,
    transposed,
    zeros,
    channel_sums,
    lstm_state,
    left_operands,
    right_operands,
    products,
    slot_count
  };

  /// At least @p size elements, valid until the next call with the same slot. Call it outside parallel_for().
  template <class Element = Scalar>
  [[nodiscard]] Element* get(Slot slot, std::size_t size) {
    static_assert(sizeof(Element) == sizeof(Scalar));
    return reinterpret_cast<Element*>(grow(buffers_[slot], size));
  }

private:
  std::array<Buffer<Scalar>, slot_count> buffers_;
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
