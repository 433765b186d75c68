// expect: backend::Eigen's products are in Fp32, or of floats in Bf16
#include "zoetrope/backend/eigen.hpp"

#ifdef POSITIVE
using Backend = zoetrope::backend::Eigen<double, zoetrope::Fp32>;
#else
using Backend = zoetrope::backend::Eigen<float, zoetrope::Tf32>;
#endif

static_assert(Backend::memory_is_host);
