/// @file
/// The GPU backend: cuDNN's convolutions and LSTM, cuBLAS' products, and a few kernels of our own. One .cu file of the
/// program includes zoetrope/backend/cudnn/kernels.cuh.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/backend/cudnn/columns.hpp"
#include "zoetrope/backend/cudnn/convolution.hpp"
#include "zoetrope/backend/cudnn/device.hpp"
#include "zoetrope/backend/cudnn/recorder.hpp"

#include <cmath>

namespace zoetrope {

/// Computes on an NVIDIA GPU, products in precision @p P and everything else in float. @p Device is what runs the
/// calls. Activations are [batch][position][member][channel], parameters [column][tap][row].
template <Precision P = Tf32, cudnn::ComputeDevice Device = cudnn::CudaDevice>
class CudnnBackend {
public:
  using Scalar = float;
  using Buffer = cudnn::Buffer<float, typename Device::Memory>;
  using LstmCache = typename Device::LstmCache;
  struct Signs {
    void reserve(std::ptrdiff_t) {}
  };

  using ConvolutionPlan = cudnn::PatchesOrGroups;
  using SharedConvolutionPlan = ConvolutionPlan;
  using Step = cudnn::Step<Device>;

  static constexpr const char* name() { return "cuDNN"; }
  static bool available() { return Device::available(); }
  static constexpr bool memory_is_host = false;
  static constexpr bool members_are_apart = false;
  static constexpr bool keeps_signs = false;

  static constexpr std::ptrdiff_t parameter_place(const ParameterBlock& block, std::ptrdiff_t tap, std::ptrdiff_t row,
                                                  std::ptrdiff_t column) {
    return (column * block.taps + tap) * block.rows + row;
  }

  [[nodiscard]] Device& device() { return device_; }

  // --- Memory and layouts

  void copy_to_host(const float* from, std::size_t size, float* to) const {
    device_.copy_and_wait(from, size * sizeof(float), to);
  }
  void copy_from_host(const float* from, std::size_t size, float* to) const {
    convolutions_.parameters_changed(to, size);
    device_.copy_and_wait(from, size * sizeof(float), to);
  }
  void copy(const float* from, std::size_t size, float* to) const {
    convolutions_.parameters_changed(to, size);
    device_.copy(from, size * sizeof(float), to);
  }
  void fill(float* to, std::size_t size, float value) const {
    convolutions_.parameters_changed(to, size);
    if (value == 0.0F)
      device_.clear(to, size * sizeof(float));
    else
      device_.run(static_cast<std::ptrdiff_t>(size), kernel::Fill{to, value});
  }
  void add(float* to, std::size_t size, float value) const {
    convolutions_.parameters_changed(to, size);
    device_.run(static_cast<std::ptrdiff_t>(size), kernel::AddValue{to, value});
  }

  void import_samples(int batch, std::ptrdiff_t positions, int channels, const float* from, float* to) const {
    copy_from_host(from, static_cast<std::size_t>(batch * positions * channels), to);
  }
  void export_samples(int batch, std::ptrdiff_t positions, int channels, const float* from, float* to) const {
    copy_to_host(from, static_cast<std::size_t>(batch * positions * channels), to);
  }

  void split_positions(int members, int batch, std::ptrdiff_t positions, int channels, bool channels_first,
                       const float* from, float* to) const {
    device_.run(batch * positions * members * channels,
                kernel::Positions{positions, members, channels, channels_first, true, from, to});
  }
  void merge_positions(int members, int batch, std::ptrdiff_t positions, int channels, bool channels_first,
                       const float* from, float* to) const {
    device_.run(batch * positions * members * channels,
                kernel::Positions{positions, members, channels, channels_first, false, from, to});
  }

  /// A film's frames follow each other as they are.
  void frames_to_films(int time, int batch, std::ptrdiff_t positions, int channels, const float* from,
                       float* to) const {
    copy(from, static_cast<std::size_t>(time * batch * positions * channels), to);
  }
  void films_to_frames(int time, int batch, std::ptrdiff_t positions, int channels, const float* from,
                       float* to) const {
    copy(from, static_cast<std::size_t>(time * batch * positions * channels), to);
  }

  void repeat_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    device_.run(members * rows * channels, kernel::RepeatMembers{members, channels, from, to});
  }
  void sum_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    device_.run(rows * channels, kernel::SumMembers{members, channels, from, to});
  }

  // --- Convolution

  void convolution_forward(const ConvolutionPlan& plan, int members, int batch, const float* input,
                           const float* weights, const float* bias, float* output) {
    convolutions_.forward(device_, plan, members, batch, input, weights, bias, output);
  }
  void convolution_data_gradient(const ConvolutionPlan& plan, int members, int batch, const float* output_gradient,
                                 const float* weights, const float* bias, float* input_gradient) {
    convolutions_.data_gradient(device_, plan, members, batch, output_gradient, weights, bias, input_gradient);
  }
  void convolution_filter_gradient(const ConvolutionPlan& plan, int members, int batch, const float* input,
                                   const float* output_gradient, float* filter_gradient) {
    convolutions_.filter_gradient(device_, plan, members, batch, input, output_gradient, filter_gradient);
  }
  /// Members' activations are channels [member][channel], so this is one convolution to all of them.
  void shared_convolution_forward(const ConvolutionPlan& plan, int batch, const float* samples, const float* weights,
                                  float* views) {
    convolution_forward(plan, 1, batch, samples, weights, nullptr, views);
  }
  void shared_convolution_data_gradient(const ConvolutionPlan& plan, int batch, const float* view_gradients,
                                        const float* weights, float* sample_gradient) {
    convolution_data_gradient(plan, 1, batch, view_gradients, weights, nullptr, sample_gradient);
  }
  void sum_rows(int members, std::ptrdiff_t rows, int channels, const float* values, float* sums) {
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * channels;
    columns_.sum(device_, rows, columns, kernel::Value{columns, values}, 1.0F, true, sums);
  }

  // --- Batch norm

  void batch_norm_statistics(const BatchNormArguments<float>& a, const float* input, double epsilon, double momentum,
                             float* running_mean, float* running_variance) {
    columns_.batch_norm_statistics(device_, a, input, epsilon, momentum, running_mean, running_variance);
  }
  void batch_norm_use(const BatchNormArguments<float>& a, double epsilon, const float* running_mean,
                      const float* running_variance) {
    columns_.batch_norm_use(device_, a, epsilon, running_mean, running_variance);
  }
  void batch_norm_apply(const BatchNormArguments<float>& a, const float* input, float* output) {
    columns_.batch_norm_apply(device_, a, input, output);
  }
  void batch_norm_gradient(const BatchNormArguments<float>& a, const float* input, bool training, float* gradient,
                           float* weight_gradient, float* bias_gradient) {
    columns_.batch_norm_gradient(device_, a, input, training, gradient, weight_gradient, bias_gradient);
  }

  // --- LSTM

  void lstm_forward(const LstmGeometry& geometry, int batch, const float* input,
                    const std::array<LstmParameters<const float*>, 2>& parameters, LstmCache& cache, float* output) {
    device_.template lstm_forward<P>(geometry, batch, input, parameters, cache, output);
  }
  void lstm_backward(const LstmGeometry& geometry, int batch, const float* input, const float* output,
                     const float* output_gradient, const std::array<LstmParameters<const float*>, 2>& parameters,
                     LstmCache& cache, const std::array<LstmParameters<float*>, 2>& gradients, float* input_gradient) {
    if (input_gradient == nullptr)
      input_gradient = convolutions_.scratch(std::ptrdiff_t{batch} * geometry.steps * geometry.input);
    device_.lstm_backward(geometry, batch, input, output, output_gradient, parameters, cache, gradients,
                          input_gradient);
  }

  // --- Activations, losses, optimizers

  void leaky_relu(std::ptrdiff_t size, float slope, float* values, Signs&) {
    device_.run(size, kernel::LeakyRelu{slope, values});
  }
  void leaky_relu_gradient(std::ptrdiff_t size, float slope, const float* output, const Signs&, float* gradient) {
    device_.run(size, kernel::LeakyReluGradient{slope, output, gradient});
  }
  void tanh(std::ptrdiff_t size, float* values) { device_.run(size, kernel::Tanh{values}); }
  void tanh_gradient(std::ptrdiff_t size, const float* output, float* gradient) {
    device_.run(size, kernel::TanhGradient{output, gradient});
  }
  void scale(std::ptrdiff_t size, float factor, float* values) { device_.run(size, kernel::Scale{factor, values}); }

  void binary_cross_entropy(int members, int batch, const float* logits, double target, double* losses) {
    recorder_.binary_cross_entropy(device_, members, batch, logits, target, losses);
  }
  /// In a step, @p weights are those of the run that is recorded.
  void binary_cross_entropy_gradient(int members, int batch, const float* logits, double target, const double* weights,
                                     float* gradient) {
    const auto count = static_cast<std::size_t>(members);
    const double* here =
        recorder_.give(device_, count, [values = std::vector<double>(weights, weights + count)](double* to) {
          std::copy(values.begin(), values.end(), to);
        });
    device_.run(std::ptrdiff_t{members} * batch,
                kernel::CrossEntropyGradient{members, batch, target, logits, here, gradient});
  }

  void rms_prop(std::ptrdiff_t size, double learning_rate, double alpha, double epsilon, const float* gradient,
                float* square_average, float* parameters) {
    convolutions_.parameters_changed(parameters, static_cast<std::size_t>(size));
    device_.run(size, kernel::RmsProp{static_cast<float>(learning_rate), static_cast<float>(alpha),
                                      static_cast<float>(1 - alpha), static_cast<float>(epsilon), gradient,
                                      square_average, parameters});
  }
  /// @p updates counts those before this one; a step reads it before each of its runs.
  void adam(std::ptrdiff_t size, double learning_rate, double beta1, double beta2, double epsilon,
            const std::uint64_t& updates, const float* gradient, float* average, float* square_average,
            float* parameters) {
    convolutions_.parameters_changed(parameters, static_cast<std::size_t>(size));
    const double* rates = recorder_.give(device_, 2, [learning_rate, beta1, beta2, &updates](double* to) {
      const double t = static_cast<double>(updates + 1);
      to[0] = learning_rate / (1 - std::pow(beta1, t));
      to[1] = 1 / std::sqrt(1 - std::pow(beta2, t));
    });
    device_.run(size, kernel::Adam{static_cast<float>(beta1), static_cast<float>(beta2), static_cast<float>(1 - beta1),
                                   static_cast<float>(1 - beta2), static_cast<float>(epsilon), rates, gradient, average,
                                   square_average, parameters});
  }
  bool all_finite(std::ptrdiff_t size, const float* values) { return recorder_.all_finite(device_, size, values); }

  // --- Steps: the first run allocates, the second is recorded as a CUDA graph, the others start that graph

  template <class Work>
  void start_step(Step& step, const Work& work) {
    // A graph makes its own copies: parameters may change between two of its runs.
    recorder_.start(device_, step, [&] {
      convolutions_.forget_parameters();
      work();
    });
  }
  void finish_step(Step& step) { recorder_.finish(device_, step); }
  template <class Action>
  void afterwards(const Action& action) {
    recorder_.afterwards(action);
  }
  template <class Action>
  void if_not_finite(std::ptrdiff_t size, const float* values, const Action& action) {
    recorder_.if_not_finite(device_, size, values, action);
  }

private:
  mutable Device device_;
  mutable cudnn::Convolutions<P, Device> convolutions_;
  cudnn::Columns<Device> columns_;
  cudnn::Recorder<Device> recorder_;
};

namespace backend {
/// Generator<Arch, backend::Cudnn<>> and ensembles likewise: the same networks on a GPU.
template <Precision P = Tf32>
using Cudnn = CudnnBackend<P>;
} // namespace backend

} // namespace zoetrope
