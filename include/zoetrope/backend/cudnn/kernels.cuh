/// @file
/// The device's side of launch.hpp. Include it in one .cu file of a program, compiled by nvcc; the rest of the program
/// is plain C++.
#pragma once

#include "zoetrope/backend/cudnn/launch.hpp"

#include <algorithm>

namespace zoetrope::cudnn {

/// Two blocks find room on a processor, or memory is waited for with nothing else to do.
inline constexpr int threads_of_a_block = 256;

template <class Kernel>
__global__ void __launch_bounds__(threads_of_a_block, 2) for_each_index(std::ptrdiff_t count, Kernel kernel) {
  const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(gridDim.x) * blockDim.x;
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
    kernel(i);
}

template <class Kernel>
cudaError_t launch(cudaStream_t stream, std::ptrdiff_t count, const Kernel& kernel) {
  constexpr std::ptrdiff_t max_blocks = 65536;
  const auto blocks =
      static_cast<unsigned>(std::min((count + threads_of_a_block - 1) / threads_of_a_block, max_blocks));
  for_each_index<<<blocks, threads_of_a_block, 0, stream>>>(count, kernel);
  return cudaGetLastError();
}

#define ZOETROPE_KERNEL(...) template cudaError_t launch(cudaStream_t, std::ptrdiff_t, const kernel::__VA_ARGS__&)
#define ZOETROPE_ELEMENTS_KERNEL(...)                                                                                  \
  ZOETROPE_KERNEL(__VA_ARGS__);                                                                                        \
  ZOETROPE_KERNEL(InFours<kernel::__VA_ARGS__>)
ZOETROPE_KERNEL(Fill);
ZOETROPE_KERNEL(AddValue);
ZOETROPE_KERNEL(AddTo);
ZOETROPE_KERNEL(AddToAverage);
ZOETROPE_KERNEL(Scale);
ZOETROPE_KERNEL(Convert<float, __nv_bfloat16>);
ZOETROPE_KERNEL(Convert<__nv_bfloat16, float>);
ZOETROPE_ELEMENTS_KERNEL(Epilogue<float, float>);
ZOETROPE_ELEMENTS_KERNEL(Epilogue<float, __nv_bfloat16>);
ZOETROPE_ELEMENTS_KERNEL(Epilogue<__nv_bfloat16, float>);
ZOETROPE_ELEMENTS_KERNEL(Epilogue<__nv_bfloat16, __nv_bfloat16>);
ZOETROPE_KERNEL(AddSlices<float>);
ZOETROPE_KERNEL(AddSlices<__nv_bfloat16>);
ZOETROPE_KERNEL(PartToBf16);
ZOETROPE_KERNEL(PartFromBf16);
ZOETROPE_ELEMENTS_KERNEL(UpdateFilterPart<kernel::RmsProp>);
ZOETROPE_ELEMENTS_KERNEL(UpdateFilterPart<kernel::Adam>);
ZOETROPE_KERNEL(LeakyRelu<float>);
ZOETROPE_KERNEL(LeakyRelu<__nv_bfloat16>);
#define ZOETROPE_LEAKY_RELU_GRADIENT(...)                                                                              \
  ZOETROPE_ELEMENTS_KERNEL(LeakyReluGradient<__VA_ARGS__>);                                                            \
  ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::ThroughLeakyRelu<__VA_ARGS__>>)
ZOETROPE_LEAKY_RELU_GRADIENT(float, float);
ZOETROPE_LEAKY_RELU_GRADIENT(float, __nv_bfloat16);
ZOETROPE_LEAKY_RELU_GRADIENT(__nv_bfloat16, __nv_bfloat16);
#undef ZOETROPE_LEAKY_RELU_GRADIENT
ZOETROPE_KERNEL(Tanh);
ZOETROPE_KERNEL(TanhGradient);
ZOETROPE_KERNEL(Positions);
ZOETROPE_KERNEL(PackSamples);
ZOETROPE_KERNEL(PickFrames);
ZOETROPE_KERNEL(AddFrames);
ZOETROPE_KERNEL(AppendColumns);
ZOETROPE_KERNEL(FirstColumns);
ZOETROPE_KERNEL(AddUpPositions);
ZOETROPE_KERNEL(FilterOverTime);
ZOETROPE_KERNEL(FilterOverTimeGradient);
ZOETROPE_KERNEL(RepeatMembers);
ZOETROPE_KERNEL(SumMembers);
ZOETROPE_ELEMENTS_KERNEL(Update<kernel::RmsProp>);
ZOETROPE_ELEMENTS_KERNEL(Update<kernel::Adam>);
ZOETROPE_KERNEL(FindNotFinite);
ZOETROPE_KERNEL(MeanOfSamples);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::Value<float>>);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::Value<__nv_bfloat16>>);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::SquaredDeviation>);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::GradientTimesNormal>);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::WeightsTimesVector>);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::VectorTimesWeights>);
ZOETROPE_ELEMENTS_KERNEL(SumPart<kernel::SquareOfVector>);
ZOETROPE_KERNEL(SumParts);
ZOETROPE_KERNEL(TakeDirection);
ZOETROPE_KERNEL(ScaleToBound);
ZOETROPE_KERNEL(BatchNormFinish);
ZOETROPE_KERNEL(BatchNormRunningStatistics);
ZOETROPE_KERNEL(BatchNormApply);
ZOETROPE_KERNEL(BatchNormGradient);
ZOETROPE_KERNEL(GatherPatches);
ZOETROPE_KERNEL(SumPatches<float>);
ZOETROPE_KERNEL(SumPatches<__nv_bfloat16>);
#define ZOETROPE_FLOAT_AND_BF16_KERNEL(name, ...)                                                                      \
  ZOETROPE_KERNEL(name<__VA_ARGS__, float>);                                                                           \
  ZOETROPE_KERNEL(name<__VA_ARGS__, __nv_bfloat16>)
ZOETROPE_FLOAT_AND_BF16_KERNEL(MultiplyPatches, 16, 1);
ZOETROPE_FLOAT_AND_BF16_KERNEL(MultiplyPatches, 16, 4);
ZOETROPE_FLOAT_AND_BF16_KERNEL(MultiplyPatches, 64, 1);
ZOETROPE_FLOAT_AND_BF16_KERNEL(MultiplyGradients, 1);
ZOETROPE_FLOAT_AND_BF16_KERNEL(MultiplyGradients, 4);
ZOETROPE_FLOAT_AND_BF16_KERNEL(SpreadGradients, 1);
ZOETROPE_FLOAT_AND_BF16_KERNEL(SpreadGradients, 8);
ZOETROPE_FLOAT_AND_BF16_KERNEL(SumPatchProducts, 16, 1);
ZOETROPE_FLOAT_AND_BF16_KERNEL(SumPatchProducts, 16, 4);
ZOETROPE_FLOAT_AND_BF16_KERNEL(SumPatchProducts, 64, 1);
#undef ZOETROPE_FLOAT_AND_BF16_KERNEL
ZOETROPE_KERNEL(GatherEights);
ZOETROPE_KERNEL(SumEights<float>);
ZOETROPE_KERNEL(SumEights<__nv_bfloat16>);
#undef ZOETROPE_ELEMENTS_KERNEL
#undef ZOETROPE_KERNEL

} // namespace zoetrope::cudnn

/// The kernels of a loss (zoetrope/gan/loss.hpp), whose functions are marked ZOETROPE_HOST_DEVICE. A program with an
/// own loss writes ZOETROPE_LOSS(MyLoss); in its .cu file, outside of all namespaces, after this header and the loss'
/// own; without it the program does not link.
#define ZOETROPE_LOSS(...)                                                                                             \
  template cudaError_t zoetrope::cudnn::launch(cudaStream_t, std::ptrdiff_t,                                           \
                                               const zoetrope::kernel::LossValues<__VA_ARGS__>&);                      \
  template cudaError_t zoetrope::cudnn::launch(cudaStream_t, std::ptrdiff_t,                                           \
                                               const zoetrope::kernel::LossGradient<__VA_ARGS__>&)
ZOETROPE_LOSS(zoetrope::NonSaturating);
ZOETROPE_LOSS(zoetrope::Hinge);
ZOETROPE_LOSS(zoetrope::LeastSquares);
