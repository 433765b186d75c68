/// @file
/// The GPU backend: cuDNN's convolutions and LSTM, cuBLAS' products, and a few kernels of our own. One .cu file of the
/// program includes zoetrope/backend/cudnn/kernels.cuh.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/backend/cudnn/device.hpp"

#include <algorithm>
#include <cmath>

namespace zoetrope {

/// Computes on an NVIDIA GPU, products in precision @p P and everything else in float. @p Device is what runs the
/// calls. Activations are [batch][position][member][channel], parameters [column][tap][row].
template <Precision P = Tf32, class Device = cudnn::CudaDevice>
class CudnnBackend {
public:
  using Scalar = float;
  using Buffer = cudnn::Buffer<float, Device>;
  using LstmCache = typename Device::LstmCache;

  /// A convolution, and whether cuDNN's grouped one does it: its tensor cores want channels by eights. Others are
  /// matrix products of gathered patches.
  struct ConvolutionPlan {
    ConvolutionGeometry geometry;
    explicit ConvolutionPlan(const ConvolutionGeometry& described) : geometry(described) {}
    [[nodiscard]] bool grouped() const {
      return geometry.input_channels % 8 == 0 && geometry.output_channels % 8 == 0 && !pointwise();
    }
    /// A patch is what lies there already.
    [[nodiscard]] bool pointwise() const { return geometry.taps() == 1 && geometry.input == geometry.output; }
  };

  static constexpr const char* name() { return "cuDNN"; }
  static bool available() { return Device::available(); }
  static constexpr bool memory_is_host = false;
  static constexpr bool members_are_apart = false;

  static constexpr std::ptrdiff_t parameter_place(const ParameterBlock& block, std::ptrdiff_t tap, std::ptrdiff_t row,
                                                  std::ptrdiff_t column) {
    return (column * block.taps + tap) * block.rows + row;
  }

  [[nodiscard]] Device& device() { return device_; }

  // --- Memory and layouts
  // ---------------------------------------------------------------------------------------------

  void copy_to_host(const float* from, std::size_t size, float* to) const {
    device_.copy_and_wait(from, size * sizeof(float), to);
  }
  void copy_from_host(const float* from, std::size_t size, float* to) const {
    device_.copy_and_wait(from, size * sizeof(float), to);
  }
  void copy(const float* from, std::size_t size, float* to) const { device_.copy(from, size * sizeof(float), to); }
  void fill(float* to, std::size_t size, float value) const {
    if (value == 0.0F)
      device_.clear(to, size * sizeof(float));
    else
      device_.run(static_cast<std::ptrdiff_t>(size), kernel::Fill{to, value});
  }
  void add(float* to, std::size_t size, float value) const {
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

  /// A member's channels are channels [member][channel].
  void channels_to_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    copy(from, static_cast<std::size_t>(members * rows * channels), to);
  }
  void members_to_channels(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    copy(from, static_cast<std::size_t>(members * rows * channels), to);
  }
  void repeat_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    device_.run(members * rows * channels, kernel::RepeatMembers{members, channels, from, to});
  }
  void sum_members(int members, std::ptrdiff_t rows, int channels, const float* from, float* to) const {
    device_.run(rows * channels, kernel::SumMembers{members, channels, from, to});
  }

  // --- Convolution
  // ----------------------------------------------------------------------------------------------------

  void convolution_forward(const ConvolutionPlan& plan, int members, int batch, const float* input,
                           const float* weights, const float* bias, float* output) {
    const auto& g = plan.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.output_channels, rows = batch * g.output_positions();
    if (plan.grouped()) {
      convolve(plan, members, batch, cudnn::Direction::forward, const_cast<float*>(input), const_cast<float*>(weights),
               output);
    } else {
      const auto depth = depth_of(g);
      const float* patches = gather(plan, members, batch, input);
      device_.template multiply<P>({.rows = rows,
                                    .columns = g.output_channels,
                                    .depth = depth,
                                    .members = members,
                                    .left = {patches, members * depth, depth},
                                    .right = {weights, depth, g.output_channels * depth, true},
                                    .result = {output, columns, g.output_channels},
                                    .accumulate = false});
    }
    if (bias != nullptr) device_.run(rows * columns, kernel::AddBias{columns, bias, output});
  }

  void convolution_data_gradient(const ConvolutionPlan& plan, int members, int batch, const float* output_gradient,
                                 const float* weights, const float* bias, float* input_gradient) {
    const auto& g = plan.geometry;
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * g.input_channels, rows = batch * g.input_positions();
    if (plan.grouped()) {
      convolve(plan, members, batch, cudnn::Direction::data_gradient, input_gradient, const_cast<float*>(weights),
               const_cast<float*>(output_gradient));
    } else {
      const auto depth = depth_of(g);
      const std::ptrdiff_t patch_count = batch * g.output_positions() * members * depth;
      float* patches = plan.pointwise() ? input_gradient : patches_.template get<float>(patch_count);
      device_.template multiply<P>(
          {.rows = batch * g.output_positions(),
           .columns = depth,
           .depth = g.output_channels,
           .members = members,
           .left = {output_gradient, std::ptrdiff_t{members} * g.output_channels, g.output_channels},
           .right = {weights, depth, g.output_channels * depth},
           .result = {patches, members * depth, depth},
           .accumulate = false});
      if (!plan.pointwise()) {
        device_.run(rows * columns,
                    kernel::SumPatches{kernel::PatchGeometry(g, members), patches, bias, input_gradient});
        return;
      }
    }
    if (bias != nullptr) device_.run(rows * columns, kernel::AddBias{columns, bias, input_gradient});
  }

  void convolution_filter_gradient(const ConvolutionPlan& plan, int members, int batch, const float* input,
                                   const float* output_gradient, float* filter_gradient) {
    const auto& g = plan.geometry;
    if (plan.grouped()) {
      convolve(plan, members, batch, cudnn::Direction::filter_gradient, const_cast<float*>(input), filter_gradient,
               const_cast<float*>(output_gradient));
      return;
    }
    const auto depth = depth_of(g);
    const float* patches = gather(plan, members, batch, input);
    device_.template multiply<P>(
        {.rows = g.output_channels,
         .columns = depth,
         .depth = batch * g.output_positions(),
         .members = members,
         .left = {output_gradient, std::ptrdiff_t{members} * g.output_channels, g.output_channels, true},
         .right = {patches, members * depth, depth},
         .result = {filter_gradient, depth, g.output_channels * depth},
         .accumulate = true});
  }

  void sum_rows(int members, std::ptrdiff_t rows, int channels, const float* values, float* sums) {
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * channels;
    sum_columns(rows, columns, kernel::Value{columns, values}, 1.0F, true, sums);
  }

  // --- Batch norm
  // -----------------------------------------------------------------------------------------------------

  void batch_norm_statistics(const BatchNormArguments<float>& a, const float* input, double epsilon, double momentum,
                             float* running_mean, float* running_variance) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    const float share = 1.0F / static_cast<float>(a.rows);
    sum_columns(a.rows, columns, kernel::Value{columns, input}, share, false, a.mean);
    sum_columns(a.rows, columns, kernel::SquaredDeviation{columns, input, a.mean}, share, false, a.inverse_deviation);
    device_.run(columns, kernel::BatchNormFinish{static_cast<float>(a.rows), static_cast<float>(epsilon),
                                                 static_cast<float>(momentum), a.mean, a.inverse_deviation,
                                                 running_mean, running_variance});
  }
  void batch_norm_use(const BatchNormArguments<float>& a, double epsilon, const float* running_mean,
                      const float* running_variance) {
    device_.run(
        std::ptrdiff_t{a.members} * a.channels,
        kernel::BatchNormUse{static_cast<float>(epsilon), running_mean, running_variance, a.mean, a.inverse_deviation});
  }
  void batch_norm_apply(const BatchNormArguments<float>& a, const float* input, float* output) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    device_.run(a.rows * columns,
                kernel::BatchNormApply{columns, input, a.mean, a.inverse_deviation, a.weight, a.bias, output});
  }
  void batch_norm_gradient(const BatchNormArguments<float>& a, const float* input, bool training, float* gradient,
                           float* weight_gradient, float* bias_gradient) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    float *sums = nullptr, *products = nullptr;
    if (training || weight_gradient != nullptr) {
      sums = sums_.template get<float>(2 * columns);
      products = sums + columns;
      sum_columns(a.rows, columns, kernel::Value{columns, gradient}, 1.0F, false, sums);
      sum_columns(a.rows, columns, kernel::GradientTimesNormal{columns, gradient, input, a.mean, a.inverse_deviation},
                  1.0F, false, products);
    }
    if (weight_gradient != nullptr) {
      device_.run(columns, kernel::AddTo{products, weight_gradient});
      device_.run(columns, kernel::AddTo{sums, bias_gradient});
    }
    device_.run(a.rows * columns, kernel::BatchNormGradient{columns, static_cast<float>(a.rows), input, a.mean,
                                                            a.inverse_deviation, a.weight, training ? sums : nullptr,
                                                            training ? products : nullptr, gradient});
  }

  // --- LSTM
  // -----------------------------------------------------------------------------------------------------------

  void lstm_forward(const LstmGeometry& geometry, int batch, const float* input,
                    const std::array<LstmParameters<const float*>, 2>& parameters, LstmCache& cache, float* output) {
    device_.template lstm_forward<P>(geometry, batch, input, parameters, cache, output);
  }
  void lstm_backward(const LstmGeometry& geometry, int batch, const float* input, const float* output,
                     const float* output_gradient, const std::array<LstmParameters<const float*>, 2>& parameters,
                     LstmCache& cache, const std::array<LstmParameters<float*>, 2>& gradients, float* input_gradient) {
    if (input_gradient == nullptr)
      input_gradient = patches_.template get<float>(std::ptrdiff_t{batch} * geometry.steps * geometry.input);
    device_.lstm_backward(geometry, batch, input, output, output_gradient, parameters, cache, gradients,
                          input_gradient);
  }

  // --- Activations, losses, optimizers
  // ----------------------------------------------------------------------------------

  void leaky_relu(std::ptrdiff_t size, float slope, float* values) {
    device_.run(size, kernel::LeakyRelu{slope, values});
  }
  void leaky_relu_gradient(std::ptrdiff_t size, float slope, const float* output, float* gradient) {
    device_.run(size, kernel::LeakyReluGradient{slope, output, gradient});
  }
  void tanh(std::ptrdiff_t size, float* values) { device_.run(size, kernel::Tanh{values}); }
  void tanh_gradient(std::ptrdiff_t size, const float* output, float* gradient) {
    device_.run(size, kernel::TanhGradient{output, gradient});
  }
  void scale(std::ptrdiff_t size, float factor, float* values) { device_.run(size, kernel::Scale{factor, values}); }

  void binary_cross_entropy(int members, int batch, const float* logits, double target, double* losses) {
    const auto count = static_cast<std::size_t>(members);
    if (recording_ != nullptr) {
      auto& out = recording_->out;
      const std::size_t first = out.take(count);
      device_.run(members, kernel::CrossEntropy{members, batch, target, logits, out.device() + first});
      recording_->after.push_back([&out, first, count, losses] { std::copy_n(out.host() + first, count, losses); });
    } else {
      numbers_.resize(count);
      device_.run(members, kernel::CrossEntropy{members, batch, target, logits, numbers_.data()});
      device_.copy_and_wait(numbers_.data(), count * sizeof(double), losses);
    }
  }
  /// In a step, @p weights are those of the run that is recorded.
  void binary_cross_entropy_gradient(int members, int batch, const float* logits, double target, const double* weights,
                                     float* gradient) {
    const auto count = static_cast<std::size_t>(members);
    const double* here = give(count, [values = std::vector<double>(weights, weights + count)](double* to) {
      std::copy(values.begin(), values.end(), to);
    });
    device_.run(std::ptrdiff_t{members} * batch,
                kernel::CrossEntropyGradient{members, batch, target, logits, here, gradient});
  }

  void rms_prop(std::ptrdiff_t size, double learning_rate, double alpha, double epsilon, const float* gradient,
                float* square_average, float* parameters) {
    device_.run(size, kernel::RmsProp{static_cast<float>(learning_rate), static_cast<float>(alpha),
                                      static_cast<float>(1 - alpha), static_cast<float>(epsilon), gradient,
                                      square_average, parameters});
  }
  /// @p updates counts those before this one; a step reads it before each of its runs.
  void adam(std::ptrdiff_t size, double learning_rate, double beta1, double beta2, double epsilon,
            const std::uint64_t& updates, const float* gradient, float* average, float* square_average,
            float* parameters) {
    const double* rates = give(2, [learning_rate, beta1, beta2, &updates](double* to) {
      const double t = static_cast<double>(updates + 1);
      to[0] = learning_rate / (1 - std::pow(beta1, t));
      to[1] = 1 / std::sqrt(1 - std::pow(beta2, t));
    });
    device_.run(size, kernel::Adam{static_cast<float>(beta1), static_cast<float>(beta2), static_cast<float>(1 - beta1),
                                   static_cast<float>(1 - beta2), static_cast<float>(epsilon), rates, gradient, average,
                                   square_average, parameters});
  }
  bool all_finite(std::ptrdiff_t size, const float* values) {
    flag_.resize(1);
    std::int32_t found = 0;
    device_.clear(flag_.data(), sizeof found);
    device_.run(size, kernel::FindNotFinite{values, flag_.data()});
    device_.copy_and_wait(flag_.data(), sizeof found, &found);
    return found == 0;
  }

  // --- Steps
  // ----------------------------------------------------------------------------------------------------------

  using Step = cudnn::Step<Device>;

  /// The first run allocates what is needed, the second is recorded as a graph, the others start that graph. Where
  /// memory was allocated in between, for a picture for example, it begins anew.
  template <class Work>
  void start_step(Step& step, const Work& work) {
    if (step.allocations != Device::allocations()) {
      step.forget();
      step.allocate();
      work();
      step.allocations = Device::allocations();
      return;
    }
    if (!step.graph) record(step, work);
    for (const auto& action : step.before) action();
    device_.launch_graph(*step.graph);
    step.running = true;
  }
  /// Waits for the step and does what was to be done afterwards.
  void finish_step(Step& step) {
    if (!std::exchange(step.running, false)) return;
    device_.synchronize();
    for (const auto& action : step.after) action();
  }
  template <class Action>
  void afterwards(const Action& action) {
    if (recording_ != nullptr)
      recording_->after.push_back(action);
    else
      action();
  }
  template <class Action>
  void if_not_finite(std::ptrdiff_t size, const float* values, const Action& action) {
    if (recording_ != nullptr) {
      auto& flags = recording_->flags;
      const std::size_t place = flags.take(1);
      device_.run(size, kernel::FindNotFinite{values, flags.device() + place});
      recording_->after.push_back([&flags, place, action] {
        if (flags.host()[place] != 0) action();
      });
    } else if (!all_finite(size, values)) {
      action();
    }
  }

private:
  template <class Work>
  void record(Step& step, const Work& work) {
    step.forget();
    recording_ = &step;
    device_.begin_recording();
    try {
      device_.copy(step.in.host(), step.in.bytes(), step.in.device());
      device_.clear(step.flags.device(), step.flags.bytes());
      work();
      device_.copy(step.out.device(), step.out.bytes(), step.out.host());
      device_.copy(step.flags.device(), step.flags.bytes(), step.flags.host());
    } catch (...) {
      recording_ = nullptr;
      device_.abandon_recording();
      step.forget();
      throw;
    }
    recording_ = nullptr;
    step.graph.emplace(device_.end_recording());
  }

  /// @p count numbers on the device, as @p write makes them: in a step, before each of its runs.
  template <class Write>
  const double* give(std::size_t count, const Write& write) {
    if (recording_ != nullptr) {
      auto& in = recording_->in;
      const std::size_t first = in.take(count);
      recording_->before.push_back([&in, first, write] { write(in.host() + first); });
      return in.device() + first;
    }
    std::vector<double> values(count);
    write(values.data());
    numbers_.resize(count);
    device_.copy_and_wait(values.data(), count * sizeof(double), numbers_.data());
    return numbers_.data();
  }

  static std::ptrdiff_t depth_of(const ConvolutionGeometry& g) { return g.taps() * g.input_channels; }

  /// Patches [batch][output position][member][tap][channel].
  const float* gather(const ConvolutionPlan& plan, int members, int batch, const float* input) {
    if (plan.pointwise()) return input;
    const auto& g = plan.geometry;
    const std::ptrdiff_t count = batch * g.output_positions() * members * depth_of(g);
    float* patches = patches_.template get<float>(count);
    device_.run(count, kernel::GatherPatches{kernel::PatchGeometry(g, members), input, patches});
    return patches;
  }

  /// cuDNN's grouped convolution. A filter gradient is added to what is there.
  void convolve(const ConvolutionPlan& plan, int members, int batch, cudnn::Direction direction, float* input,
                float* filter, float* output) {
    const auto& g = plan.geometry;
    const cudnn::ConvolutionProblem problem{
        .geometry = g, .members = members, .batch = batch, .direction = direction, .operands = P::operands};
    if constexpr (P::operands == CUDNN_DATA_FLOAT) {
      device_.convolve(problem, P::tensor_cores, input, filter, output);
    } else {
      using cudnn::Direction;
      const std::ptrdiff_t input_size = batch * g.input_positions() * members * g.input_channels,
                           filter_size = members * g.output_channels * depth_of(g),
                           output_size = batch * g.output_positions() * members * g.output_channels;
      // Tensors begin at multiples of eight values, as cuDNN was promised.
      const auto padded = [](std::ptrdiff_t size) { return (size + 7) / 8 * 8; };
      auto* narrow_input =
          narrow_.template get<__nv_bfloat16>(padded(input_size) + padded(filter_size) + padded(output_size));
      auto* narrow_filter = narrow_input + padded(input_size);
      auto* narrow_output = narrow_filter + padded(filter_size);
      if (direction != Direction::data_gradient) device_.run(input_size, kernel::ToBf16{input, narrow_input});
      if (direction != Direction::filter_gradient) device_.run(filter_size, kernel::ToBf16{filter, narrow_filter});
      if (direction != Direction::forward) device_.run(output_size, kernel::ToBf16{output, narrow_output});
      device_.convolve(problem, P::tensor_cores, narrow_input, narrow_filter, narrow_output);
      if (direction == Direction::data_gradient)
        device_.run(input_size, kernel::FromBf16{narrow_input, input, false});
      else if (direction == Direction::filter_gradient)
        device_.run(filter_size, kernel::FromBf16{narrow_filter, filter, true});
      else
        device_.run(output_size, kernel::FromBf16{narrow_output, output, false});
    }
  }

  /// sums[column] = factor * the sum of term(row, column) over rows, added where @p add.
  template <class Term>
  void sum_columns(std::ptrdiff_t rows, std::ptrdiff_t columns, const Term& term, float factor, bool add, float* sums) {
    // Enough parts to fill a GPU, from the sizes alone: the order of a sum never depends on the machine.
    constexpr std::ptrdiff_t wanted = 1 << 16, fewest_rows = 16;
    const std::ptrdiff_t parts =
        std::clamp<std::ptrdiff_t>(wanted / columns, 1, (rows + fewest_rows - 1) / fewest_rows);
    const std::ptrdiff_t rows_a_part = (rows + parts - 1) / parts;
    float* partial = partial_.template get<float>(parts * columns);
    device_.run(parts * columns, kernel::SumPart<Term>{rows, columns, rows_a_part, term, partial});
    device_.run(columns, kernel::SumParts{parts, columns, factor, add, partial, sums});
  }

  mutable Device device_;
  cudnn::Scratch<Device> patches_, narrow_, partial_, sums_;
  cudnn::Buffer<double, Device> numbers_;
  cudnn::Buffer<std::int32_t, Device> flag_;
  Step* recording_ = nullptr;
};

} // namespace zoetrope
