/// @file
/// What a program that is linked with allocations.cpp has allocated.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZOETROPE_HAS_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ZOETROPE_HAS_ADDRESS_SANITIZER 1
#endif
/// Whether malloc() is counted too: with glibc, unless the address sanitizer replaces it.
#if defined(__GLIBC__) && !defined(ZOETROPE_HAS_ADDRESS_SANITIZER)
#define ZOETROPE_COUNTS_MALLOC 1
#else
#define ZOETROPE_COUNTS_MALLOC 0
#endif

namespace zoetrope::benchmarks {

/// How often memory was allocated since the program began, by operator new, and by malloc() where that is counted.
std::uint64_t allocation_count();

/// Bytes that operator new has given out and that were not given back.
std::ptrdiff_t allocated_bytes();

/// The most that allocated_bytes() has been since forget_max_allocated_bytes(), or since the program began.
std::ptrdiff_t max_allocated_bytes();
void forget_max_allocated_bytes();

} // namespace zoetrope::benchmarks
