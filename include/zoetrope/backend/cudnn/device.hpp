/// @file
/// An NVIDIA GPU: memory, one stream, cuDNN, cuBLAS, and the plans made for them.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/launch.hpp"
#include "zoetrope/backend/cudnn/lstm.hpp"
#include "zoetrope/backend/cudnn/memory.hpp"
#include "zoetrope/backend/cudnn/plans.hpp"
#include "zoetrope/backend/cudnn/precision.hpp"
#include "zoetrope/backend/cudnn/step.hpp"

#include <atomic>
#include <memory>
#include <optional>

namespace zoetrope::cudnn {

/// Memory of the current CUDA device.
class CudaMemory {
public:
  static void* allocate(std::size_t bytes) {
    void* memory = nullptr;
    ++changes_;
    if (cudaMalloc(&memory, bytes) == cudaSuccess) return memory;
    (void)cudaGetLastError(); // so that nobody takes it for a later call's
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo", "after cudaMalloc failed");
    fail("expected ", bytes >> 20, " MiB of GPU memory for one more buffer, but ", free >> 20, " MiB of ", total >> 20,
         " MiB are free: a smaller batch, fewer discriminators or narrower networks need less");
  }
  static void release(void* memory) noexcept {
    // Freeing nothing would still start CUDA.
    if (memory == nullptr) return;
    ++changes_;
    (void)cudaFree(memory);
  }
  /// Host memory that copies of a graph may use.
  static void* allocate_pinned(std::size_t bytes) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, bytes), "cudaMallocHost", bytes, " bytes");
    return memory;
  }
  static void release_pinned(void* memory) noexcept {
    if (memory != nullptr) (void)cudaFreeHost(memory);
  }
  static std::uint64_t changes() { return changes_; }
  static void finish_all() { check(cudaDeviceSynchronize(), "cudaDeviceSynchronize", "before memory is released"); }

private:
  static inline std::atomic<std::uint64_t> changes_ = 0;
};

/// The current CUDA device. Everything runs in order on one stream; nothing is read back unless it is asked for.
class CudaDevice {
public:
  using Memory = CudaMemory;

  CudaDevice() {
    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags", "the only stream");
    stream_.reset(stream);
    cudnnHandle_t cudnn = nullptr;
    check(cudnnCreate(&cudnn), "cudnnCreate", "the only handle");
    cudnn_.reset(cudnn);
    check(cudnnSetStream(cudnn, stream), "cudnnSetStream", "the only handle");
    cublasHandle_t cublas = nullptr;
    check(cublasCreate(&cublas), "cublasCreate", "the only handle");
    cublas_.reset(cublas);
    check(cublasSetStream(cublas, stream), "cublasSetStream", "the only handle");
    // cuBLAS' own workspace is another one while a graph is recorded, and with it sums may have another order.
    cublas_workspace_.resize(std::size_t{32} << 20);
    check(cublasSetWorkspace(cublas, cublas_workspace_.data(), cublas_workspace_.size()), "cublasSetWorkspace",
          cublas_workspace_.size(), " bytes");
    plans_.emplace(DeviceDescription(cudnn), PlanCache::shared(PlanCache::default_path(), identity()));
  }

  /// Whether there is a GPU and a driver for it.
  static bool available() {
    int count = 0;
    const bool found = cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
    (void)cudaGetLastError(); // so that nobody takes it for a later call's
    return found;
  }

  /// Between memory of the device and pinned memory of the host, in any direction.
  void copy(const void* from, std::size_t bytes, void* to) const {
    if (bytes > 0)
      check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_.get()), "cudaMemcpyAsync", bytes, " bytes");
  }
  /// Between the device and any memory of the host; done when it returns.
  void copy_and_wait(const void* from, std::size_t bytes, void* to) const {
    copy(from, bytes, to);
    synchronize();
  }
  void clear(void* to, std::size_t bytes) const {
    if (bytes > 0) check(cudaMemsetAsync(to, 0, bytes, stream_.get()), "cudaMemsetAsync", bytes, " bytes");
  }

  template <class Kernel>
  void run(std::ptrdiff_t count, const Kernel& kernel) const {
    if (count > 0) check(launch(stream_.get(), count, kernel), "launching a kernel", count, " indices");
  }

  template <Precision P>
  void multiply(const MatrixProduct& p) const {
    constexpr auto compute = std::same_as<P, Fp32>   ? CUBLAS_COMPUTE_32F
                             : std::same_as<P, Tf32> ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                     : CUBLAS_COMPUTE_32F_FAST_16BF;
    multiply(p, CUDA_R_32F, compute);
  }
  void multiply(const NarrowProduct& p) const { multiply(p, CUDA_R_16BF, CUBLAS_COMPUTE_32F); }

  /// Runs @p problem on its three tensors, operands and result of the problem's types. Plans are made once.
  void convolve(const ConvolutionProblem& problem, void* input, void* filter, void* output) {
    plans_->run(cudnn_.get(), stream_.get(), scratch_, problem, input, filter, output);
  }

  /// What one layer of an LSTM keeps between its passes.
  struct LstmCache {
    std::unique_ptr<LstmPlan> plan;
    Buffer<float, CudaMemory> weights, weight_gradients;
    Buffer<std::byte, CudaMemory> reserve_space;
    void reserve(const LstmGeometry&, int) {}
  };

  void lstm_forward(const LstmGeometry& g, int batch, const float* input,
                    const std::array<LstmParameters<const float*>, 2>& parameters, LstmCache& cache, float* output) {
    // A graph keeps the addresses, not the plan: another batch in between, for a picture, leaves it as good as it was.
    if (!cache.plan || !cache.plan->fits(g, batch)) {
      cache.plan = std::make_unique<LstmPlan>(cudnn_.get(), g, batch);
      cache.weights.resize(cache.plan->weight_bytes() / sizeof(float));
      cache.weight_gradients.resize(cache.weights.size());
      cache.reserve_space.resize(cache.plan->reserve_bytes());
      cache.plan->find_gates(cudnn_.get(), cache.weights.data());
    }
    for_gates(g, *cache.plan, parameters, [&](const float* ours, std::ptrdiff_t offset, std::ptrdiff_t count) {
      copy(ours, static_cast<std::size_t>(count) * sizeof(float), cache.weights.data() + offset);
    });
    cache.plan->forward(cudnn_.get(), input, cache.weights.data(), lstm_workspace(cache), cache.reserve_space.data(),
                        output);
  }

  /// Writes @p gradients unless they are null. Comes after lstm_forward() with the same cache.
  void lstm_backward(const LstmGeometry& g, int, const float* input, const float* output, const float* output_gradient,
                     const std::array<LstmParameters<const float*>, 2>&, LstmCache& cache, WriteMode write,
                     const std::array<LstmParameters<float*>, 2>& gradients, float* input_gradient) {
    void* workspace = lstm_workspace(cache);
    cache.plan->data_gradient(cudnn_.get(), output, output_gradient, cache.weights.data(), workspace,
                              cache.reserve_space.data(), input_gradient);
    if (gradients[0].weight_ih == nullptr) return;
    clear(cache.weight_gradients.data(), cache.weight_gradients.size() * sizeof(float));
    cache.plan->weight_gradient(cudnn_.get(), input, output, workspace, cache.reserve_space.data(),
                                cache.weight_gradients.data());
    for_gates(g, *cache.plan, gradients, [&](float* ours, std::ptrdiff_t offset, std::ptrdiff_t count) {
      const float* found = cache.weight_gradients.data() + offset;
      if (write == WriteMode::add)
        run(count, kernel::AddTo{found, ours});
      else
        copy(found, static_cast<std::size_t>(count) * sizeof(float), ours);
    });
  }

  /// A recorded sequence of work.
  class Graph {
  public:
    explicit Graph(cudaGraphExec_t exec) : exec_(exec) {}
    [[nodiscard]] cudaGraphExec_t get() const { return exec_.get(); }

  private:
    struct Destroy {
      void operator()(cudaGraphExec_t exec) const { (void)cudaGraphExecDestroy(exec); }
    };
    std::unique_ptr<CUgraphExec_st, Destroy> exec_;
  };

  /// From here on work is recorded, not done; nothing may be allocated or waited for.
  void begin_recording() const {
    check(cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture", "a step");
  }
  [[nodiscard]] Graph end_recording() const {
    cudaGraph_t graph = nullptr;
    check(cudaStreamEndCapture(stream_.get(), &graph), "cudaStreamEndCapture", "a step");
    cudaGraphExec_t exec = nullptr;
    const cudaError_t status = cudaGraphInstantiate(&exec, graph, 0);
    (void)cudaGraphDestroy(graph);
    check(status, "cudaGraphInstantiate", "a step");
    return Graph(exec);
  }
  void abandon_recording() const noexcept {
    cudaGraph_t graph = nullptr;
    if (cudaStreamEndCapture(stream_.get(), &graph) == cudaSuccess && graph != nullptr) (void)cudaGraphDestroy(graph);
    (void)cudaGetLastError();
  }
  void launch_graph(const Graph& graph) const {
    check(cudaGraphLaunch(graph.get(), stream_.get()), "cudaGraphLaunch", "a step");
  }

  [[nodiscard]] const DeviceDescription& description() const { return plans_->device(); }
  [[nodiscard]] cudaStream_t stream() const { return stream_.get(); }
  void synchronize() const { check(cudaStreamSynchronize(stream_.get()), "cudaStreamSynchronize", "the only stream"); }

private:
  template <class Value>
  void multiply(const MatrixProductOf<Value>& p, cudaDataType_t type, cublasComputeType_t compute) const {
    const float one = 1.0F, beta = p.accumulate ? 1.0F : 0.0F;
    const auto operation = [](bool transposed) { return transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    // cuBLAS reads by columns, so it sees every matrix transposed: result' = right' left'.
    check(cublasGemmStridedBatchedEx_64(
              cublas_.get(), operation(p.right.transposed), operation(p.left.transposed), p.columns, p.rows, p.depth,
              &one, p.right.data, type, p.right.stride, p.right.step, p.left.data, type, p.left.stride, p.left.step,
              &beta, p.result.data, type, p.result.stride, p.result.step, p.members, compute, CUBLAS_GEMM_DEFAULT),
          "cublasGemmStridedBatchedEx", p.members, " x ", p.rows, "x", p.depth, " times ", p.depth, "x", p.columns);
  }

  template <auto Destroy>
  struct Release {
    template <class Raw>
    void operator()(Raw* raw) const {
      (void)Destroy(raw);
    }
  };

  /// What plans depend on, besides the problem.
  static std::string identity() {
    int device = 0;
    cudaDeviceProp properties{};
    check(cudaGetDevice(&device), "cudaGetDevice", "the current one");
    check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties", "device ", device);
    return std::string(properties.name) + ", cuDNN " + std::to_string(cudnnGetVersion());
  }

  void* lstm_workspace(const LstmCache& cache) {
    return scratch_.get<std::byte>(static_cast<std::ptrdiff_t>(cache.plan->workspace_bytes()));
  }

  /// Calls @p use(our parameter, its offset in cuDNN's weight space, values) for every matrix and bias of every gate.
  template <class Pointer, class Use>
  static void for_gates(const LstmGeometry& g, const LstmPlan& plan,
                        const std::array<LstmParameters<Pointer>, 2>& parameters, const Use& use) {
    const std::ptrdiff_t hidden = g.hidden;
    for (int direction = 0; direction < g.directions; ++direction) {
      const auto& p = parameters[static_cast<std::size_t>(direction)];
      const auto& gates = plan.gates(direction);
      for (std::size_t i = 0; i < 4; ++i) {
        const auto gate = static_cast<std::ptrdiff_t>(i);
        use(p.weight_ih + gate * hidden * g.input, gates[i].weight, hidden * g.input);
        use(p.weight_hh + gate * hidden * hidden, gates[i + 4].weight, hidden * hidden);
        use(p.bias_ih + gate * hidden, gates[i].bias, hidden);
        use(p.bias_hh + gate * hidden, gates[i + 4].bias, hidden);
      }
    }
  }

  std::unique_ptr<CUstream_st, Release<cudaStreamDestroy>> stream_;
  std::unique_ptr<cudnnContext, Release<cudnnDestroy>> cudnn_;
  std::unique_ptr<cublasContext, Release<cublasDestroy>> cublas_;
  std::optional<Plans<CudaMemory>> plans_;
  Buffer<std::byte, CudaMemory> cublas_workspace_;
  Scratch<CudaMemory> scratch_;
};

} // namespace zoetrope::cudnn
