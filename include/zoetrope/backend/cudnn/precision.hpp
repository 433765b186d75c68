/// @file
/// In which precision products are computed. Parameters, activations, statistics, losses and optimizers are float
/// always.
#pragma once

#include <cudnn_graph.h>

#include <concepts>

namespace zoetrope {

/// Products with every bit of float.
struct Fp32 {
  static constexpr const char* name = "fp32";
  static constexpr cudnnDataType_t operands = CUDNN_DATA_FLOAT;
  static constexpr bool tensor_cores = false;
};

/// Operands rounded to 10 bits of mantissa on their way into the tensor cores, sums in float. The default.
struct Tf32 {
  static constexpr const char* name = "tf32";
  static constexpr cudnnDataType_t operands = CUDNN_DATA_FLOAT;
  static constexpr bool tensor_cores = true;
};

/// Operands rounded to 7 bits of mantissa, sums in float. Float's range: no loss scaling.
struct Bf16 {
  static constexpr const char* name = "bf16";
  static constexpr cudnnDataType_t operands = CUDNN_DATA_BFLOAT16;
  static constexpr bool tensor_cores = true;
};

template <class P>
concept Precision = std::same_as<P, Fp32> || std::same_as<P, Tf32> || std::same_as<P, Bf16>;

} // namespace zoetrope
