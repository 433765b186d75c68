/// @file
/// What a convolution is on a device, and what its two rooms share: convolution.hpp works in float or by gathered
/// patches, narrow_convolution.hpp in bfloat16.
#pragma once

#include "zoetrope/backend/cudnn/bf16_kernels.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/filter_copies.hpp"
#include "zoetrope/backend/cudnn/kernels.hpp"
#include "zoetrope/backend/cudnn/precision.hpp"

#include <cstddef>
#include <memory>

namespace zoetrope::cudnn {

/// The patches that a forward pass has gathered in bfloat16, for the filter's gradient.
template <DeviceMemory Memory>
struct KeptPatches {
  Scratch<Memory> room;
  const float* input = nullptr; ///< that they are patches of; null when they have served
  int batch = 0;
};

/// A convolution as a layer has it: what it is, what surrounds it, and its filter's copy. cuDNN's grouped one does it
/// where operands may be rounded and channels come by eights, as tensor cores want them; others are matrix products of
/// gathered patches.
template <DeviceMemory Memory>
class LayerConvolution {
public:
  ConvolutionGeometry geometry;
  Operands operands;
  LayerSurroundings surroundings;
  std::shared_ptr<FilterCopy<Memory>> copy = std::make_shared<FilterCopy<Memory>>();
  std::unique_ptr<KeptPatches<Memory>> patches = std::make_unique<KeptPatches<Memory>>();

  explicit LayerConvolution(const ConvolutionGeometry& described, Operands operand_use = Operands::rounded)
      : geometry(described), operands(operand_use) {}
  void set_surroundings(const LayerSurroundings& around) { surroundings = around; }

  [[nodiscard]] bool grouped() const { return is_grouped(geometry, operands); }
  static constexpr bool is_grouped(const ConvolutionGeometry& g, Operands operands) {
    return operands == Operands::rounded && g.input_channels % 8 == 0 && g.output_channels % 8 == 0 && !is_pointwise(g);
  }
  /// A patch is what lies there already.
  static constexpr bool is_pointwise(const ConvolutionGeometry& g) { return g.taps() == 1 && g.input == g.output; }
};

/// The backward pass of a leaky ReLU, in place.
struct LeakyReluPass {
  std::ptrdiff_t size;
  float slope;
  const float* output;
  float* gradient;
  bool narrow_output, narrow_gradient;

  /// Calls @p use(kernel::LeakyReluGradient of the types that are there).
  template <class Use>
  void with_kernel(const Use& use) const {
    auto* narrow = reinterpret_cast<__nv_bfloat16*>(gradient);
    if (narrow_output)
      use(kernel::LeakyReluGradient<__nv_bfloat16, __nv_bfloat16>{slope, reinterpret_cast<const __nv_bfloat16*>(output),
                                                                  narrow});
    else if (narrow_gradient)
      use(kernel::LeakyReluGradient<float, __nv_bfloat16>{slope, output, narrow});
    else
      use(kernel::LeakyReluGradient<float, float>{slope, output, gradient});
  }
  template <ComputeDevice Device>
  void run(Device& device) const {
    with_kernel([&](const auto& kernel) { run_elements(device, size, kernel); });
  }
};

// The values of memory that is declared as float, where they are narrow: in its first half.
inline __nv_bfloat16* as_narrow(float* values) { return reinterpret_cast<__nv_bfloat16*>(values); }
inline const __nv_bfloat16* as_narrow(const float* values) { return reinterpret_cast<const __nv_bfloat16*>(values); }

/// Calls @p use with a pointer to @p values as what they are: narrow, or float.
template <class Use>
void with_type(bool narrow, float* values, const Use& use) {
  narrow ? use(as_narrow(values)) : use(values);
}
template <class Use>
void with_type(bool narrow, const float* values, const Use& use) {
  narrow ? use(as_narrow(values)) : use(values);
}

inline std::ptrdiff_t depth_of(const ConvolutionGeometry& g) { return g.taps() * g.input_channels; }
template <DeviceMemory Memory>
float slope_after(const LayerConvolution<Memory>& layer) {
  return static_cast<float>(layer.surroundings.slope_after);
}

/// Whether grouped convolutions read and write bfloat16.
template <Precision P>
inline constexpr bool narrows = operand_type<P> != CUDNN_DATA_FLOAT;

/// Whether products of gathered patches do what cuDNN could. In float, cuDNN takes the members one after another for
/// the data gradients of large filters, by an engine that is ten times as slow (docs/gpu.md).
template <Precision P>
bool multiplies(const ConvolutionGeometry& g, int members, Direction direction) {
  return members > 1 && (narrows<P> || (g.taps() > 32 && direction == Direction::data_gradient));
}

/// A grouped convolution as cuDNN is asked for it.
template <Precision P>
ConvolutionProblem problem(const ConvolutionGeometry& g, int members, int batch, Direction direction) {
  return {.geometry = g,
          .members = members,
          .batch = batch,
          .direction = direction,
          .operands = operand_type<P>,
          .tensor_cores = uses_tensor_cores<P>};
}

/// Adds @p bias, unless it is null, to an input's gradient.
template <ComputeDevice Device>
void add_bias(Device& device, const LayerConvolution<typename Device::Memory>& layer, std::ptrdiff_t rows,
              std::ptrdiff_t columns, const float* bias, float* values) {
  if (bias == nullptr) return;
  with_type(layer.surroundings.narrow_input_gradient, values, [&]<class Value>(Value* typed) {
    device.run(rows * columns, kernel::Epilogue<Value, Value>{columns, typed, nullptr, bias, 1.0F, typed});
  });
}

} // namespace zoetrope::cudnn
