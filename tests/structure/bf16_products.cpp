// Compiled for processors with instructions for bfloat16, which it must use.
#include "zoetrope/backend/eigen.hpp"

#ifndef ZOETROPE_BF16_INSTRUCTIONS
#error "expected a processor with AVX-512 BF16"
#endif

template class zoetrope::backend::Eigen<float, zoetrope::Bf16>;
