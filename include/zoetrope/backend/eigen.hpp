/// @file
/// The CPU backend (default): products and arithmetic on whole arrays in Eigen's vector registers.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/backend/eigen/batch_norm.hpp"
#include "zoetrope/backend/eigen/convolution.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/leaky_relu.hpp"
#include "zoetrope/backend/eigen/lstm.hpp"
#include "zoetrope/backend/eigen/operands.hpp"
#include "zoetrope/backend/eigen/pointwise.hpp"
#include "zoetrope/backend/eigen/shared_convolution.hpp"
#include "zoetrope/backend/eigen/spectral_norms.hpp"
#include "zoetrope/backend/precision.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/fwd.hpp"

#include <algorithm>
#include <string>
#include <type_traits>

namespace zoetrope::backend {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Computes on the CPU in @p Real (float, or double to check gradients), products of convolutions in @p P: Fp32, or
/// with float Bf16. Activations are [member][position][batch][channel]. Results do not depend on the number of threads.
template <class Real, class P>
class Eigen {
  static_assert(std::is_same_v<Real, float> || std::is_same_v<Real, double>,
                "backend::Eigen computes in float or double");
  static_assert(eigen::OperandForm<Real, P>::exists, "backend::Eigen's products are in Fp32, or of floats in Bf16");
  using Rounded = typename eigen::OperandForm<Real, P>::type;

public:
  using Scalar = Real;
  using Buffer = eigen::Buffer<Scalar>;
  using ConvolutionPlan = eigen::ConvolutionPlan;
  using SharedConvolutionPlan = eigen::SharedConvolutionPlan;
  using LstmCache = eigen::LstmCache<Scalar>;
  using Signs = eigen::Signs<Scalar>;

  static constexpr const char* name() { return "Eigen"; }
  static std::string description() {
    const std::string scalar = std::is_same_v<Real, float> ? "Eigen, float" : "Eigen, double";
    return std::is_same_v<P, Fp32> ? scalar : scalar + ", products in " + P::name;
  }
  static constexpr bool available() { return true; }
  static constexpr bool memory_is_host = true;
  static constexpr bool members_are_contiguous = true;
  static constexpr bool positions_are_outermost = true;
  static constexpr bool keeps_signs = true;
  static constexpr bool layers_apply_leaky_relu = false;
  static constexpr NarrowUse narrow_use(const ConvolutionGeometry&, Operands) { return NarrowUse::none; }

  /// Parameters lie as [tap][row][column].
  static constexpr std::ptrdiff_t parameter_offset(const ParameterBlock& block, std::ptrdiff_t tap, std::ptrdiff_t row,
                                                   std::ptrdiff_t column) {
    return (tap * block.rows + row) * block.columns + column;
  }

  void copy_to_host(const Scalar* from, std::size_t size, Scalar* to) const { std::copy_n(from, size, to); }
  void copy_from_host(const Scalar* from, std::size_t size, Scalar* to) const { std::copy_n(from, size, to); }
  void copy(const Scalar* from, std::size_t size, Scalar* to) const {
    eigen::for_pieces(static_cast<std::ptrdiff_t>(size), [&](std::ptrdiff_t first, std::ptrdiff_t count) {
      std::copy_n(from + first, count, to + first);
    });
  }
  void fill(Scalar* to, std::size_t size, Scalar value) const {
    eigen::for_pieces(static_cast<std::ptrdiff_t>(size),
                      [&](std::ptrdiff_t first, std::ptrdiff_t count) { std::fill_n(to + first, count, value); });
  }

  void forget(const Scalar*, std::size_t) const {}

  void add(Scalar* to, std::size_t size, Scalar value) const {
    for (std::size_t i = 0; i < size; ++i) to[i] += value;
  }

  void add_to(const Scalar* from, std::size_t size, Scalar* to) const {
    eigen::for_pieces(static_cast<std::ptrdiff_t>(size), [&](std::ptrdiff_t first, std::ptrdiff_t count) {
      eigen::add_values(count, from + first, to + first);
    });
  }

  /// Channels-last samples [batch][position][channel] on the host to activations of one member, and back.
  template <class HostScalar>
  void import_samples(int batch, std::ptrdiff_t positions, int channels, const HostScalar* from, Scalar* to) const {
    move_samples(batch, positions, channels,
                 [&](std::ptrdiff_t host, std::ptrdiff_t here) { to[here] = static_cast<Scalar>(from[host]); });
  }
  template <class HostScalar>
  void export_samples(int batch, std::ptrdiff_t positions, int channels, const Scalar* from, HostScalar* to) const {
    move_samples(batch, positions, channels,
                 [&](std::ptrdiff_t host, std::ptrdiff_t here) { to[host] = static_cast<HostScalar>(from[here]); });
  }

  void convolution_forward(const ConvolutionPlan& plan, int members, int batch, const Scalar* input,
                           const Scalar* weights, const Scalar* bias, Scalar* output) {
    eigen::convolution_forward<Rounded>(workspace_, plan, members, batch, input, weights, bias, output);
  }
  void convolution_data_gradient(const ConvolutionPlan& plan, int members, int batch, const Scalar* output_gradient,
                                 const Scalar* weights, const Scalar* bias, Scalar* input_gradient) {
    eigen::convolution_data_gradient<Rounded>(workspace_, plan, members, batch, output_gradient, weights, bias,
                                              input_gradient);
  }
  void convolution_filter_gradient(const ConvolutionPlan& plan, int members, int batch, const Scalar* input,
                                   const Scalar* output_gradient, WriteMode write, Scalar* filter_gradient) {
    eigen::convolution_filter_gradient<Rounded>(workspace_, plan, members, batch, input, output_gradient, write,
                                                filter_gradient);
  }
  /// A convolution for each member to one channel, all of the same samples: activations of every member. The plan's
  /// output channels are the members, the weights those of one convolution to them.
  void shared_convolution_forward(const SharedConvolutionPlan& plan, int batch, const Scalar* samples,
                                  const Scalar* weights, Scalar* views) {
    eigen::shared_convolution_forward(workspace_, plan, batch, samples, weights, views);
  }
  /// The gradient with respect to the samples, summed over the members.
  void shared_convolution_data_gradient(const SharedConvolutionPlan& plan, int batch, const Scalar* view_gradients,
                                        const Scalar* weights, Scalar* sample_gradient) {
    eigen::shared_convolution_data_gradient(workspace_, plan, batch, view_gradients, weights, sample_gradient);
  }
  void filter_over_time(int members, int steps, int batch, int channels, const TapsOfKinds& filters, const Scalar* from,
                        Scalar* to) {
    eigen::filter_over_time(members, steps, batch, channels, filters, from, to);
  }
  void filter_over_time_gradient(int members, int steps, int batch, int channels, const TapsOfKinds& filters,
                                 const Scalar* to_gradient, Scalar* from_gradient) {
    eigen::filter_over_time_gradient(members, steps, batch, channels, filters, to_gradient, from_gradient);
  }
  /// The sum over rows [member][row][channel], written over sums [member][channel] or added to them.
  void sum_rows(int members, std::ptrdiff_t rows, int channels, const Scalar* values, bool, WriteMode write,
                Scalar* sums) {
    eigen::sum_rows(workspace_, members, rows, channels, values, write, sums);
  }

  void batch_norm_statistics(const BatchNormArguments<Scalar>& arguments, const Scalar* input, double epsilon,
                             double momentum, Scalar* running_mean, Scalar* running_variance) {
    eigen::batch_norm_statistics(workspace_, arguments, input, static_cast<Scalar>(epsilon),
                                 static_cast<Scalar>(momentum), running_mean, running_variance);
  }
  /// The evaluation mode's statistics: the running ones.
  void batch_norm_running_statistics(const BatchNormArguments<Scalar>& arguments, double epsilon,
                                     const Scalar* running_mean, const Scalar* running_variance) {
    const std::ptrdiff_t size = std::ptrdiff_t{arguments.members} * arguments.channels;
    std::copy_n(running_mean, size, arguments.mean);
    eigen::Values<Scalar>(arguments.inverse_deviation, size) =
        (eigen::ConstValues<Scalar>(running_variance, size) + static_cast<Scalar>(epsilon)).sqrt().inverse();
  }
  void batch_norm_apply(const BatchNormArguments<Scalar>& arguments, const Scalar* input, Scalar* output) {
    eigen::batch_norm_apply(arguments, input, output);
  }
  void batch_norm_gradient(const BatchNormArguments<Scalar>& arguments, const Scalar* input, bool training,
                           Scalar* gradient, WriteMode write, Scalar* weight_gradient, Scalar* bias_gradient) {
    eigen::batch_norm_gradient(workspace_, arguments, input, training, gradient, write, weight_gradient, bias_gradient);
  }

  void lstm_forward(const LstmGeometry& geometry, int batch, const Scalar* input,
                    const std::array<LstmParameters<const Scalar*>, 2>& parameters, LstmCache& cache, Scalar* output) {
    eigen::lstm_forward(workspace_, geometry, batch, input, parameters, cache, output);
  }
  void lstm_backward(const LstmGeometry& geometry, int batch, const Scalar* input, const Scalar* output,
                     const Scalar* output_gradient, const std::array<LstmParameters<const Scalar*>, 2>& parameters,
                     LstmCache& cache, WriteMode write, const std::array<LstmParameters<Scalar*>, 2>& gradients,
                     Scalar* input_gradient) {
    eigen::lstm_backward(workspace_, geometry, batch, input, output, output_gradient, parameters, cache, write,
                         gradients, input_gradient);
  }

  void leaky_relu(std::ptrdiff_t size, Scalar slope, Scalar* values, Signs& signs) {
    eigen::leaky_relu(size, slope, values, signs);
  }
  void leaky_relu_gradient(std::ptrdiff_t size, Scalar slope, const Scalar*, const Signs& signs, Scalar* gradient) {
    eigen::leaky_relu_gradient(size, slope, signs, gradient);
  }
  void tanh(std::ptrdiff_t size, Scalar* values) { eigen::tanh(size, values); }
  void tanh_gradient(std::ptrdiff_t size, const Scalar* output, Scalar* gradient) {
    eigen::tanh_gradient(size, output, gradient);
  }
  void scale(std::ptrdiff_t size, Scalar factor, Scalar* values) { eigen::scale(size, factor, values); }

  /// [member][1][batch][channels * positions] -> [member][position][batch][channels]. The features of a sample are
  /// channel-major where @p channels_first, else position-major.
  void split_positions(int members, int batch, std::ptrdiff_t positions, int channels, bool channels_first,
                       const Scalar* from, Scalar* to) {
    rearrange(members, batch, positions, channels, channels_first,
              [&](std::ptrdiff_t merged, std::ptrdiff_t split) { to[split] = from[merged]; });
  }
  void merge_positions(int members, int batch, std::ptrdiff_t positions, int channels, bool channels_first,
                       const Scalar* from, Scalar* to) {
    rearrange(members, batch, positions, channels, channels_first,
              [&](std::ptrdiff_t merged, std::ptrdiff_t split) { to[merged] = from[split]; });
  }

  /// Frames [position][time * batch][channels] -> films [time][position][batch][channels], and back.
  void frames_to_films(int time, int batch, std::ptrdiff_t positions, int channels, const Scalar* from, Scalar* to) {
    eigen::swap_leading(positions, std::ptrdiff_t{time}, std::ptrdiff_t{batch} * channels, from, to);
  }
  void films_to_frames(int time, int batch, std::ptrdiff_t positions, int channels, const Scalar* from, Scalar* to) {
    eigen::swap_leading(std::ptrdiff_t{time}, positions, std::ptrdiff_t{batch} * channels, from, to);
  }

  /// Chosen frames [position][film * each][channels] of films [time][position][film][channels].
  void pick_frames(const FrameChoice& choice, int batch, std::ptrdiff_t positions, int channels, const Scalar* films,
                   Scalar* frames) {
    chosen_frames(choice, batch, positions, channels, [&](std::ptrdiff_t film, std::ptrdiff_t frame) {
      std::copy_n(films + film, channels, frames + frame);
    });
  }
  void add_frames(const FrameChoice& choice, int batch, std::ptrdiff_t positions, int channels, const Scalar* frames,
                  Scalar* films) {
    chosen_frames(choice, batch, positions, channels, [&](std::ptrdiff_t film, std::ptrdiff_t frame) {
      eigen::add_values(channels, frames + frame, films + film);
    });
  }

  /// The positions of each sample of @p first, then those of its like in @p second, or zeros where that is null.
  void append_positions(int batch, std::ptrdiff_t positions, std::ptrdiff_t more, int channels, const Scalar* first,
                        const Scalar* second, Scalar* joined) {
    const std::ptrdiff_t row = std::ptrdiff_t{batch} * channels;
    if (first != joined) std::copy_n(first, positions * row, joined);
    if (second != nullptr)
      std::copy_n(second, more * row, joined + positions * row);
    else
      std::fill_n(joined + positions * row, more * row, Scalar(0));
  }
  void first_positions(int batch, std::ptrdiff_t positions, std::ptrdiff_t, int channels, const Scalar* joined,
                       Scalar* first) {
    if (first != joined) std::copy_n(joined, positions * batch * channels, first);
  }

  /// The samples of two batches of one member behind each other, as one batch.
  void join_batches(int batch, std::ptrdiff_t positions, int channels, const Scalar* first, const Scalar* second,
                    Scalar* joined) {
    const std::ptrdiff_t size = std::ptrdiff_t{batch} * channels;
    for (std::ptrdiff_t position = 0; position < positions; ++position) {
      std::copy_n(first + position * size, size, joined + 2 * position * size);
      std::copy_n(second + position * size, size, joined + (2 * position + 1) * size);
    }
  }

  /// One activation per member, each equal to that of one member.
  void repeat_members(int members, std::ptrdiff_t rows, int channels, const Scalar* from, Scalar* to) {
    const std::ptrdiff_t size = rows * channels;
    for (int member = 0; member < members; ++member) std::copy_n(from, size, to + member * size);
  }
  /// The sum over the members.
  void sum_members(int members, std::ptrdiff_t rows, int channels, const Scalar* from, Scalar* to) {
    const std::ptrdiff_t size = rows * channels;
    eigen::for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
      std::copy_n(from + first, count, to + first);
      for (int member = 1; member < members; ++member)
        eigen::add_values(count, from + member * size + first, to + first);
    });
  }

  /// Of one member, in place: each position's values added to those of all positions before it, or, @p reversed, after.
  void add_up_positions(int batch, std::ptrdiff_t positions, int channels, bool reversed, Scalar* values) {
    const std::ptrdiff_t size = std::ptrdiff_t{batch} * channels, next = reversed ? -size : size;
    eigen::for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
      Scalar* sum = values + (reversed ? (positions - 1) * size : 0) + first;
      for (std::ptrdiff_t position = 1; position < positions; ++position, sum += next)
        eigen::add_values(count, sum, sum + next);
    });
  }

  /// [...][sample][channel] is [...][pack][channel of each sample].
  const Scalar* pack_samples(int, std::ptrdiff_t, int, int, int, const Scalar* from, Buffer&) { return from; }
  const Scalar* unpack_samples(int, std::ptrdiff_t, int, int, int, const Scalar* from, Buffer&) { return from; }

  template <LogitLoss Loss>
  void losses(const Loss& loss, LogitRole role, int members, const SampleRange& samples, const Scalar* logits,
              double* results) {
    eigen::losses(loss, role, members, samples, logits, results);
  }
  template <LogitLoss Loss>
  void loss_gradient(const Loss& loss, LogitRole role, int members, const SampleRange& samples, const Scalar* logits,
                     const double* weights, Scalar* gradient) {
    eigen::loss_gradient(loss, role, members, samples, logits, weights, gradient);
  }

  template <class Action>
  void rms_prop(std::ptrdiff_t size, const LearningRate& rate, double alpha, double epsilon, const Scalar* gradient,
                Scalar* square_average, Scalar* parameters, const Action& not_finite) {
    eigen::rms_prop(size, rate.now(), alpha, epsilon, gradient, square_average, parameters, not_finite);
  }
  /// @p updates counts those before this one.
  template <class Action>
  void adam(std::ptrdiff_t size, const LearningRate& rate, double beta1, double beta2, double epsilon,
            const std::uint64_t& updates, const Scalar* gradient, Scalar* average, Scalar* square_average,
            Scalar* parameters, const Action& not_finite) {
    eigen::adam(size, rate.now(), beta1, beta2, epsilon, updates + 1, gradient, average, square_average, parameters,
                not_finite);
  }
  void add_to_average(std::ptrdiff_t size, double keep, const Scalar* values, Scalar* average) {
    eigen::add_to_average(size, keep, values, average);
  }
  void bound_spectral_norms(int members, const ParameterBlock& block, double bound, Scalar* weights, Scalar* vectors) {
    eigen::bound_spectral_norms(workspace_, members, block, bound, weights, vectors);
  }
  bool all_finite(std::ptrdiff_t size, const Scalar* values) { return eigen::all_finite(size, values); }

  /// Everything is computed at once.
  struct Step {};
  template <class Work>
  void start_step(Step&, const Work& work) {
    work();
  }
  void finish_step(Step&) {}
  template <class Action>
  void afterwards(const Action& action) {
    action();
  }
  template <class Action>
  void if_not_finite(std::ptrdiff_t size, const Scalar* values, const Action& action) {
    if (!all_finite(size, values)) action();
  }

private:
  /// Calls @p move(index on the host, index here), a cache line of a sample's positions after the other.
  template <class Move>
  static void move_samples(int batch, std::ptrdiff_t positions, int channels, const Move& move) {
    constexpr std::ptrdiff_t block = 16;
    const eigen::Parts parts = eigen::cut((positions + block - 1) / block, 1);
    parallel_for(parts.count, [&](std::ptrdiff_t part) {
      for (std::ptrdiff_t first = parts.begin(part) * block; first < parts.end(part) * block; first += block)
        for (std::ptrdiff_t b = 0; b < batch; ++b)
          for (std::ptrdiff_t p = first; p < std::min(first + block, positions); ++p)
            for (int c = 0; c < channels; ++c) move((b * positions + p) * channels + c, (p * batch + b) * channels + c);
    });
  }

  /// Calls @p move(offset in films, offset in frames) for the channels of every position of every chosen frame.
  template <class Move>
  static void chosen_frames(const FrameChoice& choice, int batch, std::ptrdiff_t positions, int channels,
                            const Move& move) {
    const std::ptrdiff_t frames = std::ptrdiff_t{batch} * choice.count();
    for (std::ptrdiff_t position = 0; position < positions; ++position)
      for (std::ptrdiff_t frame = 0; frame < frames; ++frame) {
        const std::ptrdiff_t film = frame / choice.count(), which = frame % choice.count();
        const std::ptrdiff_t time =
            which < choice.each ? (film + which * batch) % choice.time : choice.time + which - choice.each;
        move(((time * positions + position) * batch + film) * channels, (position * frames + frame) * channels);
      }
  }

  template <class Move>
  static void rearrange(int members, int batch, std::ptrdiff_t positions, int channels, bool channels_first,
                        const Move& move) {
    const std::ptrdiff_t features = positions * channels;
    const eigen::Parts parts = eigen::cut(batch, members);
    parallel_for(members * parts.count, [&](std::ptrdiff_t task) {
      const std::ptrdiff_t member = task / parts.count, part = task % parts.count;
      for (std::ptrdiff_t b = parts.begin(part); b < parts.end(part); ++b)
        for (std::ptrdiff_t p = 0; p < positions; ++p)
          for (std::ptrdiff_t c = 0; c < channels; ++c)
            move((member * batch + b) * features + (channels_first ? c * positions + p : p * channels + c),
                 ((member * positions + p) * batch + b) * channels + c);
    });
  }

  eigen::Workspace<Scalar> workspace_;
};

static_assert(Backend<Eigen<float>> && Backend<Eigen<double>>);

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::backend
