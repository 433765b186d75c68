/// @file
/// Marks functions that a GPU's kernels call too.
#pragma once

/// In front of a function: nvcc compiles it for the host and the device; for other compilers it says nothing.
#ifdef __CUDACC__
#define ZOETROPE_HOST_DEVICE __host__ __device__
#else
#define ZOETROPE_HOST_DEVICE
#endif

/// In front of a loop of a fixed number of turns: a GPU keeps what it indexes in registers.
#ifdef __CUDA_ARCH__
#define ZOETROPE_UNROLL _Pragma("unroll")
#else
#define ZOETROPE_UNROLL
#endif
