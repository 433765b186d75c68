/// @file
/// Every status of CUDA, cuDNN and cuBLAS becomes an Error that names the call, what it was for, and the code.
#pragma once

#include "zoetrope/core/error.hpp"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn_graph.h>

namespace zoetrope::cudnn {

/// Throws Error unless @p status is success: "cudaMalloc (of 4096 bytes) failed: out of memory (cudaError 2)".
template <class... What>
void check(cudaError_t status, const char* call, const What&... what) {
  require(status == cudaSuccess, call, " (", what..., ") failed: ", cudaGetErrorString(status), " (cudaError ",
          static_cast<int>(status), ")");
}
template <class... What>
void check(cudnnStatus_t status, const char* call, const What&... what) {
  require(status == CUDNN_STATUS_SUCCESS, call, " (", what..., ") failed: ", cudnnGetErrorString(status), " (",
          static_cast<int>(status), ")");
}
template <class... What>
void check(cublasStatus_t status, const char* call, const What&... what) {
  require(status == CUBLAS_STATUS_SUCCESS, call, " (", what..., ") failed: ", cublasGetStatusString(status), " (",
          static_cast<int>(status), ")");
}

} // namespace zoetrope::cudnn
