/// @file
/// What a program that is linked with allocations.cpp has allocated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zoetrope::benchmarks {

/// How often memory was allocated since the program began, by operator new, and by malloc() where that can be counted.
std::uint64_t allocation_count();

/// Bytes that operator new has given out and that were not given back.
std::ptrdiff_t allocated_bytes();

} // namespace zoetrope::benchmarks
