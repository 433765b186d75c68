/// @file
/// The GPU backend: cuDNN's convolutions and LSTM, cuBLAS' products, and a few kernels of our own. One .cu file of the
/// program includes zoetrope/backend/cudnn/kernels.cuh.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/backend/cudnn/columns.hpp"
#include "zoetrope/backend/cudnn/convolution.hpp"
#include "zoetrope/backend/cudnn/device.hpp"
#include "zoetrope/backend/cudnn/recorder.hpp"
#include "zoetrope/backend/cudnn/spectral_norms.hpp"
#include "zoetrope/backend/cudnn/staging.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace zoetrope::backend {

/// Computes on an NVIDIA GPU, products in precision @p P and everything else in float. @p Device is what runs the
/// calls. Activations are [batch][position][member][channel], parameters [column][tap][row]. In Bf16, activations
/// between convolutions, which would round them, lie narrow (LayerSurroundings).
template <Precision P = Tf32, cudnn::ComputeDevice Device = cudnn::CudaDevice>
class Cudnn {
public:
  using Scalar = float;
  using Buffer = cudnn::Buffer<float, typename Device::Memory>;
  using LstmCache = typename Device::LstmCache;
  /// What a leaky ReLU is told of what lies around it; signs are those of its output.
  struct Signs {
    LayerSurroundings surroundings;
    void set_surroundings(const LayerSurroundings& around) { surroundings = around; }
    void reserve(std::ptrdiff_t) {}
  };

  using ConvolutionPlan = cudnn::LayerConvolution<typename Device::Memory>;
  /// Projections, and the gradient with respect to samples, are never rounded.
  struct SharedConvolutionPlan : ConvolutionPlan {
    explicit SharedConvolutionPlan(const ConvolutionGeometry& g) : ConvolutionPlan(g, Operands::exact) {}
  };
  using Step = cudnn::Step<Device>;

  static constexpr const char* name() { return "cuDNN"; }
  static std::string description() { return std::string("cuDNN, ") + P::name; }
  static bool available() { return Device::available(); }
  static constexpr bool memory_is_host = false;
  static constexpr bool members_are_contiguous = false;
  static constexpr bool positions_are_outermost = false;
  static constexpr bool keeps_signs = false;
  static constexpr bool layers_apply_leaky_relu = true;
  static constexpr NarrowUse narrow_use(const ConvolutionGeometry& g, Operands operands) {
    if (!cudnn::narrows<P> || ConvolutionPlan::is_pointwise(g)) return NarrowUse::none;
    return ConvolutionPlan::is_grouped(g, operands) ? NarrowUse::reads_and_writes : NarrowUse::writes;
  }

  static constexpr std::ptrdiff_t parameter_offset(const ParameterBlock& block, std::ptrdiff_t tap, std::ptrdiff_t row,
                                                   std::ptrdiff_t column) {
    return (column * block.taps + tap) * block.rows + row;
  }

  [[nodiscard]] Device& device() { return device_; }

  // --- Memory and layouts

  void copy_to_host(const float* from, std::size_t size, float* to) const {
    copies().before_reading(device_, from, size);
    device_.copy_and_wait(from, size * sizeof(float), to);
  }
  void copy_from_host(const float* from, std::size_t size, float* to) const {
    changes(to, size);
    device_.copy_and_wait(from, size * sizeof(float), to);
  }
  void copy(const float* from, std::size_t size, float* to) const {
    copies().before_reading(device_, from, size);
    changes(to, size);
    device_.copy(from, size * sizeof(float), to);
  }
  void fill(float* to, std::size_t size, float value) const {
    changes(to, size);
    if (value == 0.0F)
      device_.clear(to, size * sizeof(float));
    else
      device_.run(static_cast<std::ptrdiff_t>(size), kernel::Fill{to, value});
  }
  void add(float* to, std::size_t size, float value) const {
    changes(to, size);
    device_.run(static_cast<std::ptrdiff_t>(size), kernel::AddValue{to, value});
  }

  void add_to(const float* from, std::size_t size, float* to) const {
    copies().before_reading(device_, from, size);
    changes(to, size);
    device_.run(static_cast<std::ptrdiff_t>(size), kernel::AddTo{from, to});
  }

  void forget(const float* memory, std::size_t size) const { copies().forget(memory, size); }

  void import_samples(int batch, std::ptrdiff_t positions, int channels, const float* from, float* to) const {
    staging_.copy(device_, from, static_cast<std::size_t>(batch * positions * channels) * sizeof(float), to);
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

  void pick_frames(const FrameChoice& choice, int batch, std::ptrdiff_t positions, int channels, const float* films,
                   float* frames) const {
    device_.run(
        batch * choice.count() * positions * channels,
        kernel::PickFrames{{choice.time, choice.each, choice.beside, batch, positions * channels}, films, frames});
  }
  void add_frames(const FrameChoice& choice, int batch, std::ptrdiff_t positions, int channels, const float* frames,
                  float* films) const {
    device_.run(
        batch * choice.count() * positions * channels,
        kernel::AddFrames{{choice.time, choice.each, choice.beside, batch, positions * channels}, frames, films});
  }

  void append_positions(int batch, std::ptrdiff_t positions, std::ptrdiff_t more, int channels, const float* first,
                        const float* second, float* joined) const {
    device_.run(batch * (positions + more) * channels,
                kernel::AppendColumns{positions * channels, more * channels, first, second, joined});
  }
  void first_positions(int batch, std::ptrdiff_t positions, std::ptrdiff_t more, int channels, const float* joined,
                       float* first) const {
    device_.run(batch * positions * channels,
                kernel::FirstColumns{positions * channels, more * channels, joined, first});
  }

  void join_batches(int batch, std::ptrdiff_t positions, int channels, const float* first, const float* second,
                    float* joined) const {
    const auto size = static_cast<std::size_t>(batch * positions * channels);
    copy(first, size, joined);
    copy(second, size, joined + size);
  }

  void repeat_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    device_.run(members * rows * channels, kernel::RepeatMembers{members, channels, from, to});
  }
  void sum_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    device_.run(rows * channels, kernel::SumMembers{members, channels, from, to});
  }

  void add_up_positions(int batch, std::ptrdiff_t positions, int channels, bool reversed, float* values) const {
    device_.run(std::ptrdiff_t{batch} * channels, kernel::AddUpPositions{positions, channels, reversed, values});
  }

  const float* pack_samples(int members, std::ptrdiff_t positions, int packs, int together, int channels,
                            const float* from, Buffer& to) const {
    return repacked(members, positions, packs, together, channels, true, from, to);
  }
  const float* unpack_samples(int members, std::ptrdiff_t positions, int packs, int together, int channels,
                              const float* from, Buffer& to) const {
    return repacked(members, positions, packs, together, channels, false, from, to);
  }

  // --- Convolution

  void convolution_forward(const ConvolutionPlan& plan, int members, int batch, const float* input,
                           const float* weights, const float* bias, float* output) {
    waiting_ = {}; // a forward pass: nobody takes it any more
    convolutions_.forward(device_, plan, members, batch, input, weights, bias, output);
  }
  void convolution_data_gradient(const ConvolutionPlan& plan, int members, int batch, const float* output_gradient,
                                 const float* weights, const float* bias, float* input_gradient) {
    convolutions_.data_gradient(device_, plan, members, batch, output_gradient, take_waiting(output_gradient), weights,
                                bias, input_gradient);
  }
  void convolution_filter_gradient(const ConvolutionPlan& plan, int members, int batch, const float* input,
                                   const float* output_gradient, WriteMode write, float* filter_gradient) {
    finish_waiting(output_gradient);
    convolutions_.filter_gradient(device_, columns_, plan, members, batch, input, output_gradient, write,
                                  filter_gradient);
  }
  /// Members' activations are channels [member][channel], so this is one convolution to all of them.
  void shared_convolution_forward(const SharedConvolutionPlan& plan, int batch, const float* samples,
                                  const float* weights, float* views) {
    convolution_forward(plan, 1, batch, samples, weights, nullptr, views);
  }
  void shared_convolution_data_gradient(const SharedConvolutionPlan& plan, int batch, const float* view_gradients,
                                        const float* weights, float* sample_gradient) {
    convolution_data_gradient(plan, 1, batch, view_gradients, weights, nullptr, sample_gradient);
  }
  void filter_over_time(int members, int steps, int batch, int channels, const TapsOfKinds& filters, const float* from,
                        float* to) const {
    const std::ptrdiff_t seen = steps - filters.taps + 1;
    device_.run(seen * batch * members * channels * filters.kinds,
                kernel::FilterOverTime{filters, members * channels, steps, channels, from, to});
  }
  void filter_over_time_gradient(int members, int steps, int batch, int channels, const TapsOfKinds& filters,
                                 const float* to_gradient, float* from_gradient) const {
    device_.run(
        std::ptrdiff_t{steps} * batch * members * channels,
        kernel::FilterOverTimeGradient{filters, members * channels, steps, channels, to_gradient, from_gradient});
  }
  void sum_rows(int members, std::ptrdiff_t rows, int channels, const float* values, bool narrow, WriteMode write,
                float* sums) {
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * channels;
    const auto sum = [&](const auto& term) { columns_.sum(device_, rows, columns, term, 1.0F, write, sums); };
    if (const auto leaky_relu = take_waiting(values)) {
      leaky_relu->with_kernel(
          [&]<class Element, class Gradient>(const kernel::LeakyReluGradient<Element, Gradient>& k) {
            sum(kernel::ThroughLeakyRelu<Element, Gradient>{columns, k});
          });
    } else if (narrow) {
      sum(kernel::Value<__nv_bfloat16>{columns, cudnn::as_narrow(values)});
    } else {
      sum(kernel::Value<float>{columns, values});
    }
  }

  // --- Batch norm

  void batch_norm_statistics(const BatchNormArguments<float>& a, const float* input, double epsilon, double momentum,
                             float* running_mean, float* running_variance) {
    columns_.batch_norm_statistics(device_, a, input, epsilon, momentum, running_mean, running_variance);
  }
  void batch_norm_running_statistics(const BatchNormArguments<float>& a, double epsilon, const float* running_mean,
                                     const float* running_variance) {
    columns_.batch_norm_running_statistics(device_, a, epsilon, running_mean, running_variance);
  }
  void batch_norm_apply(const BatchNormArguments<float>& a, const float* input, float* output) {
    columns_.batch_norm_apply(device_, a, input, output);
  }
  void batch_norm_gradient(const BatchNormArguments<float>& a, const float* input, bool training, float* gradient,
                           WriteMode write, float* weight_gradient, float* bias_gradient) {
    const auto leaky_relu = take_waiting(gradient);
    columns_.batch_norm_gradient(device_, a, input, training, leaky_relu ? leaky_relu->output : nullptr, gradient,
                                 write, weight_gradient, bias_gradient);
  }

  // --- LSTM

  void lstm_forward(const LstmGeometry& geometry, int batch, const float* input,
                    const std::array<LstmParameters<const float*>, 2>& parameters, LstmCache& cache, float* output) {
    device_.lstm_forward(geometry, batch, input, parameters, cache, output);
  }
  void lstm_backward(const LstmGeometry& geometry, int batch, const float* input, const float* output,
                     const float* output_gradient, const std::array<LstmParameters<const float*>, 2>& parameters,
                     LstmCache& cache, WriteMode write, const std::array<LstmParameters<float*>, 2>& gradients,
                     float* input_gradient) {
    if (input_gradient == nullptr)
      input_gradient = convolutions_.scratch(std::ptrdiff_t{batch} * geometry.steps * geometry.input);
    device_.lstm_backward(geometry, batch, input, output, output_gradient, parameters, cache, write, gradients,
                          input_gradient);
  }

  // --- Activations, losses, optimizers

  void leaky_relu(std::ptrdiff_t size, float slope, float* values, const Signs& signs) {
    waiting_ = {};
    if (signs.surroundings.applied_before) return;
    if (signs.surroundings.narrow_output)
      device_.run(size, kernel::LeakyRelu<__nv_bfloat16>{slope, cudnn::as_narrow(values)});
    else
      device_.run(size, kernel::LeakyRelu<float>{slope, values});
  }
  void leaky_relu_gradient(std::ptrdiff_t size, float slope, const float* output, const Signs& signs, float* gradient) {
    const auto& around = signs.surroundings;
    const cudnn::LeakyReluPass pass{size, slope, output, gradient, around.narrow_output, around.narrow_output_gradient};
    if (around.applied_before)
      waiting_ = pass; // for the layer before, whose first operation reads the gradient anyway
    else
      pass.run(device_);
  }
  void tanh(std::ptrdiff_t size, float* values) { device_.run(size, kernel::Tanh{values}); }
  void tanh_gradient(std::ptrdiff_t size, const float* output, float* gradient) {
    device_.run(size, kernel::TanhGradient{output, gradient});
  }
  void scale(std::ptrdiff_t size, float factor, float* values) { device_.run(size, kernel::Scale{factor, values}); }

  /// A program's own loss needs ZOETROPE_LOSS (zoetrope/backend/cudnn/kernels.cuh).
  template <LogitLoss Loss>
  void losses(const Loss& loss, LogitRole role, int members, const SampleRange& samples, const float* logits,
              double* results) {
    recorder_.losses(device_, loss, role, members, samples.count, logits + std::ptrdiff_t{samples.first} * members,
                     results);
  }
  /// In a step, @p weights are those of the run that is recorded.
  template <LogitLoss Loss>
  void loss_gradient(const Loss& loss, LogitRole role, int members, const SampleRange& samples, const float* logits,
                     const double* weights, float* gradient) {
    const auto count = static_cast<std::size_t>(members);
    const double* here =
        recorder_.give(device_, count, [values = std::vector<double>(weights, weights + count)](double* to) {
          std::copy(values.begin(), values.end(), to);
        });
    const std::ptrdiff_t first = std::ptrdiff_t{samples.first} * members;
    device_.run(std::ptrdiff_t{members} * samples.count,
                kernel::LossGradient<Loss>{loss, role, members, samples.count, logits + first, here, gradient + first});
  }

  /// A step reads @p rate before each of its runs.
  template <class Action>
  void rms_prop(std::ptrdiff_t size, const LearningRate& rate, double alpha, double epsilon, const float* gradient,
                float* square_average, float* parameters, const Action& not_finite) {
    const double* rates = recorder_.give(device_, 1, [rate](double* to) { to[0] = rate.now(); });
    update(not_finite, [&](const kernel::UpdateFlags& flags) {
      copies().update(device_, size,
                      kernel::RmsProp{static_cast<float>(alpha), static_cast<float>(1 - alpha),
                                      static_cast<float>(epsilon), rates, 0, gradient, square_average, parameters,
                                      flags});
    });
  }
  /// @p updates counts those before this one; a step reads it and @p rate before each of its runs.
  template <class Action>
  void adam(std::ptrdiff_t size, const LearningRate& rate, double beta1, double beta2, double epsilon,
            const std::uint64_t& updates, const float* gradient, float* average, float* square_average,
            float* parameters, const Action& not_finite) {
    const double* rates = recorder_.give(device_, 2, [rate, beta1, beta2, &updates](double* to) {
      const double t = static_cast<double>(updates + 1);
      to[0] = rate.now() / (1 - std::pow(beta1, t));
      to[1] = 1 / std::sqrt(1 - std::pow(beta2, t));
    });
    update(not_finite, [&](const kernel::UpdateFlags& flags) {
      copies().update(device_, size,
                      kernel::Adam{static_cast<float>(beta1), static_cast<float>(beta2), static_cast<float>(1 - beta1),
                                   static_cast<float>(1 - beta2), static_cast<float>(epsilon), rates, 0, gradient,
                                   average, square_average, parameters, flags});
    });
  }
  void add_to_average(std::ptrdiff_t size, double keep, const float* values, float* average) {
    copies().before_reading(device_, values, static_cast<std::size_t>(size));
    changes(average, static_cast<std::size_t>(size));
    device_.run(size, kernel::AddToAverage{static_cast<float>(1 - keep), values, average});
  }
  void bound_spectral_norms(int members, const ParameterBlock& block, double bound, float* weights, float* vectors) {
    changes(weights, static_cast<std::size_t>(members * block.size()));
    spectral_norms_.bound(device_, columns_, members, block, bound, weights, vectors);
  }
  bool all_finite(std::ptrdiff_t size, const float* values) {
    copies().before_reading(device_, values, static_cast<std::size_t>(size));
    return recorder_.all_finite(device_, size, values);
  }

  // --- Steps: the first run allocates, the second is recorded as a CUDA graph, the others start that graph

  template <class Work>
  void start_step(Step& step, const Work& work) {
    waiting_ = {};
    // Parameters may have changed since the last step: a graph makes no copies of filters but after its own updates.
    recorder_.start(
        device_, step, [this] { copies().refresh_all(device_); }, [this] { copies().abandon(); }, work);
  }
  void finish_step(Step& step) { recorder_.finish(device_, step); }
  template <class Action>
  void afterwards(const Action& action) {
    recorder_.afterwards(action);
  }
  template <class Action>
  void if_not_finite(std::ptrdiff_t size, const float* values, const Action& action) {
    copies().before_reading(device_, values, static_cast<std::size_t>(size));
    recorder_.if_not_finite(device_, size, values, action);
  }

private:
  const float* repacked(int members, std::ptrdiff_t positions, int packs, int together, int channels, bool pack,
                        const float* from, Buffer& to) const {
    if (together == 1) return from;
    const std::ptrdiff_t size = packs * positions * members * together * channels;
    float* result = grow(to, static_cast<std::size_t>(size));
    device_.run(size, kernel::PackSamples{positions, members, together, channels, pack, from, result});
    return result;
  }

  using Convolutions = cudnn::Convolutions<P, Device>;

  /// The pass that @p gradient waits for, for whoever does it along with something else.
  std::optional<cudnn::LeakyReluPass> take_waiting(const float* gradient) {
    if (!waiting_ || waiting_->gradient != gradient) return {};
    return std::exchange(waiting_, std::nullopt);
  }
  void finish_waiting(const float* gradient) {
    if (const auto pass = take_waiting(gradient)) pass->run(device_);
  }

  [[nodiscard]] cudnn::FilterCopies<Device>& copies() const { return convolutions_.copies(); }
  void changes(const float* to, std::size_t size) const {
    copies().before_writing(device_, to, size);
    copies().parameters_changed(to, size);
  }

  template <class Action, class Work>
  void update(const Action& not_finite, const Work& work) {
    recorder_.template with_flags<2>(
        device_,
        [&](std::int32_t* flags) {
          work(kernel::UpdateFlags{flags, flags + 1});
        },
        [not_finite](std::size_t raised) { not_finite(raised == 0 ? Updated::parameters : Updated::averages); });
  }

  mutable Device device_;
  mutable Convolutions convolutions_;
  mutable cudnn::Staging<Device> staging_;
  cudnn::Columns<Device> columns_;
  cudnn::SpectralNorms<Device> spectral_norms_;
  cudnn::Recorder<Device> recorder_;
  std::optional<cudnn::LeakyReluPass> waiting_;
};

} // namespace zoetrope::backend
