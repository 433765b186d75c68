/// @file
/// A name for what this translation unit is compiled for, so that units for several processors go into one program.
///
/// The size of a vector decides how memory is laid out, and a fused multiply-add how a sum is rounded. Whatever depends
/// on either stands in an inline namespace of that name: the CPU backend, with it every network, stage and trainer that
/// computes on it, and data that are computed. So units for several processors each have their own.
#pragma once

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define ZOETROPE_VECTORS avx512dq
#elif defined(__AVX512F__)
#define ZOETROPE_VECTORS avx512
#elif defined(__AVX2__)
#define ZOETROPE_VECTORS avx2
#elif defined(__AVX__)
#define ZOETROPE_VECTORS avx
#elif defined(__SSE4_1__)
#define ZOETROPE_VECTORS sse4
#elif defined(__SSE3__)
#define ZOETROPE_VECTORS sse3
#elif defined(__SSE2__)
#define ZOETROPE_VECTORS sse2
#elif defined(__ARM_FEATURE_SVE)
#define ZOETROPE_VECTORS sve
#elif defined(__ARM_NEON)
#define ZOETROPE_VECTORS neon
#elif defined(__VSX__)
#define ZOETROPE_VECTORS vsx
#else
#define ZOETROPE_VECTORS no_vectors
#endif

#if defined(__FMA__) || defined(__FP_FAST_FMAF)
#define ZOETROPE_FUSED _fma
#else
#define ZOETROPE_FUSED
#endif

// clang up to version 15 says AMXTILE and AMXBF16.
#if (defined(__AMX_TILE__) && defined(__AMX_BF16__)) || (defined(__AMXTILE__) && defined(__AMXBF16__))
#define ZOETROPE_HAS_AMX
#endif

// A program may forbid Eigen to use them; what Eigen itself defines while code for a GPU is compiled does not count.
#if defined(EIGEN_DONT_VECTORIZE) && !defined(__CUDA_ARCH__)
#define ZOETROPE_UNUSED _unused
#else
#define ZOETROPE_UNUSED
#endif

#if !defined(__AVX512BF16__) || !defined(__AVX512F__)
#define ZOETROPE_SHORT
#elif defined(ZOETROPE_HAS_AMX) && defined(__linux__)
#define ZOETROPE_SHORT _amx
#else
#define ZOETROPE_SHORT _bf16
#endif

#if defined(__AVX512BF16__) && defined(__AVX512F__) && !defined(EIGEN_DONT_VECTORIZE)
#define ZOETROPE_BF16_INSTRUCTIONS
#if defined(ZOETROPE_HAS_AMX) && defined(__linux__)
#define ZOETROPE_MATRIX_UNIT
#endif
#endif

#define ZOETROPE_JOIN_PARTS(vectors, fused, short, unused) vectors##fused##short##unused
#define ZOETROPE_JOIN(vectors, fused, short, unused) ZOETROPE_JOIN_PARTS(vectors, fused, short, unused)
#define ZOETROPE_TEXT_OF(name) #name
#define ZOETROPE_TEXT(name) ZOETROPE_TEXT_OF(name)

/// The name: avx512dq_fma_bf16, sse2, neon_fma.
#define ZOETROPE_INSTRUCTION_SET ZOETROPE_JOIN(ZOETROPE_VECTORS, ZOETROPE_FUSED, ZOETROPE_SHORT, ZOETROPE_UNUSED)
