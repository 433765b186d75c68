/// @file
/// In which precision products are computed. Parameters, activations, statistics, losses and optimizers keep every bit
/// always; so do first and last layers (Operands::exact).
#pragma once

#include <concepts>

namespace zoetrope {

/// Products with every bit. The CPU backend's default.
struct Fp32 {
  static constexpr const char* name = "fp32";
};

/// Operands rounded to 10 bits of mantissa on their way into a GPU's tensor cores, sums in float. The GPU backend's
/// default, and only there.
struct Tf32 {
  static constexpr const char* name = "tf32";
};

/// Operands rounded to 7 bits of mantissa (bfloat16), sums in float. Float's range: no loss scaling.
struct Bf16 {
  static constexpr const char* name = "bf16";
};

template <class P>
concept Precision = std::same_as<P, Fp32> || std::same_as<P, Tf32> || std::same_as<P, Bf16>;

} // namespace zoetrope
