/// @file
/// Marks functions that a GPU's kernels call too.
#pragma once

/// In front of a function: nvcc compiles it for the host and the device; for other compilers it says nothing.
#ifdef __CUDACC__
#define ZOETROPE_HOST_DEVICE __host__ __device__
#else
#define ZOETROPE_HOST_DEVICE
#endif
