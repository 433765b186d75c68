// expect: backend::Eigen's products are in Fp32, or of floats in Bf16
#include "zoetrope/backend/eigen.hpp"

#ifdef POSITIVE
using Backend = zoetrope::backend::Eigen<float, zoetrope::Bf16>;
#else
using Backend = zoetrope::backend::Eigen<double, zoetrope::Bf16>;
#endif

static_assert(Backend::memory_is_host);
