/// @file
/// Every status of CUDA, cuDNN and cuBLAS becomes an Error that names the call, what it was for, and the code.
#pragma once

#include "zoetrope/core/error.hpp"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn_graph.h>

namespace zoetrope::cudnn {

/// Throws Error unless @p status is success: "cudaMemsetAsync (4096 bytes) failed: cudaErrorInvalidValue, invalid
/// argument". @p what says what the call was for.
template <class... What>
void check(cudaError_t status, const char* call, const What&... what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError(); // so that nobody takes it for a later call's
  fail(call, " (", what..., ") failed: ", cudaGetErrorName(status), ", ", cudaGetErrorString(status));
}
template <class... What>
void check(cudnnStatus_t status, const char* call, const What&... what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char reason[512] = "";
  cudnnGetLastErrorString(reason, sizeof reason);
  fail(call, " (", what..., ") failed: ", cudnnGetErrorString(status), *reason != '\0' ? ": " : "", reason);
}
template <class... What>
void check(cublasStatus_t status, const char* call, const What&... what) {
  require(status == CUBLAS_STATUS_SUCCESS, call, " (", what..., ") failed: ", cublasGetStatusName(status));
}

} // namespace zoetrope::cudnn
