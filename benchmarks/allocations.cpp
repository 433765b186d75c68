// Replaces operator new and delete for the whole program by ones that count, and with glibc malloc too, of which Eigen
// is fond; the address sanitizer has a malloc of its own.

#include "allocations.hpp"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::ptrdiff_t> bytes{0};
std::atomic<std::ptrdiff_t> max_bytes{0};

void* counted(void* memory) noexcept {
  if (!ZOETROPE_COUNTS_MALLOC) allocations.fetch_add(1, std::memory_order_relaxed); // or malloc() has
  if (memory != nullptr) {
    const auto size = static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
    const std::ptrdiff_t now = bytes.fetch_add(size, std::memory_order_relaxed) + size;
    std::ptrdiff_t most = max_bytes.load(std::memory_order_relaxed);
    while (now > most && !max_bytes.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
    }
  }
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr)
    bytes.fetch_sub(static_cast<std::ptrdiff_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
  std::free(memory);
}

void* allocate(std::size_t size) noexcept { return counted(std::malloc(size == 0 ? 1 : size)); }

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  const auto unit = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}

template <class... Alignment>
void* allocate_or_throw(std::size_t size, Alignment... alignment) {
  void* const memory = allocate(size, alignment...);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

} // namespace

namespace zoetrope::benchmarks {
std::uint64_t allocation_count() { return allocations.load(); }
std::ptrdiff_t allocated_bytes() { return bytes.load(); }
std::ptrdiff_t max_allocated_bytes() { return max_bytes.load(); }
void forget_max_allocated_bytes() { max_bytes.store(bytes.load()); }
} // namespace zoetrope::benchmarks

void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate_or_throw(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return allocate_or_throw(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, alignment);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { release(memory); }

#if ZOETROPE_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* memory, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;

void* malloc(std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  *memory = aligned_alloc(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}

#endif
