/// @file
/// What a precision of products means to cuDNN.
#pragma once

#include "zoetrope/backend/precision.hpp"

#include <cudnn_graph.h>

#include <concepts>

namespace zoetrope::cudnn {

template <Precision P>
inline constexpr cudnnDataType_t operand_type = std::same_as<P, Bf16> ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;

template <Precision P>
inline constexpr bool uses_tensor_cores = !std::same_as<P, Fp32>;

} // namespace zoetrope::cudnn
