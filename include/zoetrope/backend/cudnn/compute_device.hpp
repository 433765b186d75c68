/// @file
/// What a device computes for the backend.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/convolution_plan.hpp"
#include "zoetrope/backend/cudnn/kernels.hpp"
#include "zoetrope/backend/cudnn/memory.hpp"

#include <cuda_bf16.h>

#include <concepts>
#include <cstddef>

namespace zoetrope::cudnn {

/// A row-major matrix in each of a number of members: @p stride values from row to row, @p step from member to member.
template <class Pointer>
struct Matrix {
  Pointer data;
  std::ptrdiff_t stride;
  std::ptrdiff_t step;
  bool transposed = false; ///< read as its transpose
};

/// result [rows][columns] = or, where @p accumulate, += left [rows][depth] * right [depth][columns], for each member.
/// Sums are float.
template <class Value>
struct MatrixProductOf {
  std::ptrdiff_t rows, columns, depth;
  int members;
  Matrix<const Value*> left, right;
  Matrix<Value*> result;
  bool accumulate;
};
using MatrixProduct = MatrixProductOf<float>;
/// Operands and result in bfloat16.
using NarrowProduct = MatrixProductOf<__nv_bfloat16>;

/// Runs kernels, products, cuDNN's convolutions and LSTMs in order on its memory, and records such work as a graph. The
/// templates among its functions, run() and multiply(), and those of the LSTM are checked where they are used.
template <class D>
concept ComputeDevice = DeviceMemory<typename D::Memory> && std::default_initializable<D> &&
    requires(D& device, const typename D::Graph& graph, typename D::LstmCache& cache, const ConvolutionProblem& problem,
             const void* from, void* to, std::size_t bytes) {
  { D::available() } -> std::same_as<bool>;
  device.copy(from, bytes, to);
  device.copy_and_wait(from, bytes, to);
  device.clear(to, bytes);
  device.convolve(problem, to, to, to);
  device.multiply(NarrowProduct{});
  cache.reserve(LstmGeometry{}, 1);
  device.begin_recording();
  { device.end_recording() } -> std::same_as<typename D::Graph>;
  device.abandon_recording();
  device.launch_graph(graph);
  device.synchronize();
};

/// Indices that a kernel of ours should have to fill a GPU, where its work can be shared out.
inline constexpr std::ptrdiff_t enough_indices = 1 << 18;

/// Runs @p kernel on @p count elements, four at a time where their number and memory allow it.
template <ComputeDevice Device, class Kernel>
void run_elements(Device& device, std::ptrdiff_t count, const Kernel& kernel) {
  if (count % 4 == 0 && kernel.begins_fours())
    device.run(count / 4, kernel::InFours<Kernel>{kernel});
  else
    device.run(count, kernel);
}

} // namespace zoetrope::cudnn
