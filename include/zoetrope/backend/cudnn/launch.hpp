/// @file
/// How plain C++ starts a kernel: declared here, defined in kernels.cuh, which one .cu file of a program includes.
#pragma once

#include "zoetrope/backend/cudnn/bf16_kernels.hpp"
#include "zoetrope/backend/cudnn/column_kernels.hpp"
#include "zoetrope/backend/cudnn/few_value_kernels.hpp"
#include "zoetrope/backend/cudnn/layout_kernels.hpp"
#include "zoetrope/backend/cudnn/narrow_patch_kernels.hpp"
#include "zoetrope/backend/cudnn/optimizer_kernels.hpp"
#include "zoetrope/backend/cudnn/spectral_kernels.hpp"

#include <cuda_runtime_api.h>

namespace zoetrope::cudnn {

/// Runs @p kernel for every index below @p count on @p stream. Undefined at link time: no .cu file of the program
/// includes zoetrope/backend/cudnn/kernels.cuh.
template <class Kernel>
cudaError_t launch(cudaStream_t stream, std::ptrdiff_t count, const Kernel& kernel);

} // namespace zoetrope::cudnn
