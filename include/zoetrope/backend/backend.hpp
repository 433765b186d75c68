/// @file
/// What a backend offers, in small named parts so that a compiler says which one is missing. Activations belong to the
/// backend: layers pass pointers on and never index into them.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/geometry.hpp"
#include "zoetrope/backend/loss.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope {

namespace detail {

/// add() adds one value to all elements, add_to() the elements of one vector to those of another. forget() says that
/// memory is about to be released: nothing that a backend keeps of it counts any more.
template <class B>
concept HasMemory = requires(typename B::Buffer buffer, std::size_t size, const typename B::Scalar* from,
                             typename B::Scalar* to, B& backend) {
  typename B::Scalar;
  buffer.resize(size);
  { buffer.data() } -> std::same_as<typename B::Scalar*>;
  { buffer.size() } -> std::convertible_to<std::size_t>;
  backend.copy_to_host(from, size, to);
  backend.copy_from_host(from, size, to);
  backend.copy(from, size, to);
  backend.fill(to, size, typename B::Scalar{});
  backend.add(to, size, typename B::Scalar{});
  backend.add_to(from, size, to);
  backend.forget(from, size);
};

/// filter_over_time() turns the views of members times @p channels filters of a shared convolution, of one channel
/// each, into members' views of filters.kinds * @p channels channels, [kind][channel], of fewer steps. A plan's
/// set_surroundings(LayerSurroundings), where there is one, is told what lies around its layer. narrow_use() says which
/// convolutions can read and write narrow activations.
template <class B>
concept HasConvolution = requires(B& backend, const typename B::ConvolutionPlan& plan,
                                  const typename B::SharedConvolutionPlan& shared, const typename B::Scalar* x,
                                  typename B::Scalar* y, const TapsOfKinds& filters) {
  typename B::ConvolutionPlan;
  typename B::SharedConvolutionPlan;
  requires std::constructible_from<typename B::ConvolutionPlan, ConvolutionGeometry, Operands>;
  requires std::constructible_from<typename B::SharedConvolutionPlan, ConvolutionGeometry>;
  { B::narrow_use(ConvolutionGeometry{}, Operands::rounded) } -> std::same_as<NarrowUse>;
  backend.convolution_forward(plan, 1, 1, x, x, x, y);
  backend.convolution_data_gradient(plan, 1, 1, x, x, x, y);
  backend.convolution_filter_gradient(plan, 1, 1, x, x, WriteMode::add, y);
  backend.shared_convolution_forward(shared, 1, x, x, y);
  backend.shared_convolution_data_gradient(shared, 1, x, x, y);
  backend.filter_over_time(1, 1, 1, 1, filters, x, y);
  backend.filter_over_time_gradient(1, 1, 1, 1, filters, x, y);
  backend.sum_rows(1, std::ptrdiff_t{1}, 1, x, false, WriteMode::add, y);
};

/// pack_samples(members, positions, packs, together, channels, from, to) makes one sample of each @p together
/// neighbours, whose channels follow each other; unpack_samples() takes them apart. Either returns what it was given
/// where that lies so already, and otherwise what it has put into @p to. pick_frames(choice, batch, positions,
/// channels, films, frames) makes a batch of the chosen frames, those of one film after the other; add_frames() adds
/// such frames to films in the same places. append_positions(batch, positions, more, channels, first, second, joined)
/// makes samples of one member that have first's positions, then more of second's, or zeros where that is null;
/// first_positions(batch, positions, more, channels, joined, first) takes first's out again. Where
/// positions_are_outermost, the first positions of such a batch lie as a batch of them alone, and first may be joined.
template <class B>
concept HasLayouts = requires(B& backend, std::ptrdiff_t n, const float* host, const typename B::Scalar* x,
                              typename B::Scalar* y, typename B::Buffer& buffer) {
  backend.import_samples(1, n, 1, host, y);
  backend.export_samples(1, n, 1, x, y);
  backend.split_positions(1, 1, n, 1, true, x, y);
  backend.merge_positions(1, 1, n, 1, true, x, y);
  backend.frames_to_films(1, 1, n, 1, x, y);
  backend.films_to_frames(1, 1, n, 1, x, y);
  backend.pick_frames(FrameChoice{}, 1, n, 1, x, y);
  backend.add_frames(FrameChoice{}, 1, n, 1, x, y);
  { B::positions_are_outermost } -> std::convertible_to<bool>;
  backend.append_positions(1, n, n, 1, x, x, y);
  backend.first_positions(1, n, n, 1, x, y);
  backend.join_batches(1, n, 1, x, x, y);
  backend.repeat_members(1, n, 1, x, y);
  backend.sum_members(1, n, 1, x, y);
  { backend.pack_samples(1, n, 1, 1, 1, x, buffer) } -> std::same_as<const typename B::Scalar*>;
  { backend.unpack_samples(1, n, 1, 1, 1, x, buffer) } -> std::same_as<const typename B::Scalar*>;
  { B::parameter_offset(ParameterBlock{}, n, n, n) } -> std::convertible_to<std::ptrdiff_t>;
};

/// Where layers_apply_leaky_relu, convolutions and batch norm are told of the leaky ReLU after them and apply it
/// (LayerSurroundings); signs of its layer are told too.
/// Where keeps_signs, leaky_relu() notes in B::Signs which outputs are positive, and its gradient needs nothing else;
/// otherwise the gradient reads the output.
template <class B>
concept HasActivations = requires(B& backend, std::ptrdiff_t n, const typename B::Scalar* x, typename B::Scalar* y,
                                  typename B::Scalar s, typename B::Signs& signs) {
  { B::keeps_signs } -> std::convertible_to<bool>;
  { B::layers_apply_leaky_relu } -> std::convertible_to<bool>;
  signs.reserve(n);
  backend.leaky_relu(n, s, y, signs);
  backend.leaky_relu_gradient(n, s, x, signs, y);
  backend.tanh(n, y);
  backend.tanh_gradient(n, x, y);
  backend.scale(n, s, y);
};

/// An update calls its last argument, afterwards, with what it has written that is not all finite. In a recorded step
/// it reads its rate and its count anew before each run. add_to_average(size, keep, values, average) leaves of an
/// average the share @p keep and takes the rest from the values. bound_spectral_norms(members, block, bound, weights,
/// vectors) takes a step of power iteration with each member's matrix and its vector of one value a column, and scales
/// the matrix down to a spectral norm of @p bound where it is larger.
template <class B>
concept HasOptimizers = requires(B& backend, std::ptrdiff_t n, const LearningRate& rate, const std::uint64_t& updates,
                                 const typename B::Scalar* x, typename B::Scalar* y, void (*not_finite)(Updated)) {
  backend.rms_prop(n, rate, 0.99, 1e-8, x, y, y, not_finite);
  backend.adam(n, rate, 0.9, 0.999, 1e-8, updates, x, y, y, y, not_finite);
  backend.add_to_average(n, 0.999, x, y);
  backend.bound_spectral_norms(1, ParameterBlock{}, 1.0, y, y);
  { backend.all_finite(n, x) } -> std::same_as<bool>;
};

/// The least that a loss can be: a backend takes any.
struct AnyLogitLoss {
  double value(LogitRole, double) const;
  double derivative(LogitRole, double) const;
};

/// losses() makes each member's loss, the mean over some samples, from their logits; loss_gradient() its gradient with
/// respect to these logits, times the member's weight.
template <class B>
concept HasLosses = requires(B& backend, const AnyLogitLoss& loss, SampleRange range, const typename B::Scalar* x,
                             typename B::Scalar* y, const double* weights, double* results) {
  backend.losses(loss, LogitRole::real, 1, range, x, results);
  backend.loss_gradient(loss, LogitRole::real, 1, range, x, weights, y);
};

/// A step is work that is done again and again on the same memory, so a backend may record it once and start it as a
/// whole: what a step finds out is known when it is finished, and afterwards() is what to do with it then. A backend
/// that computes at once does so at once.
template <class B>
concept HasSteps = requires(B& backend, typename B::Step& step, std::ptrdiff_t n, const typename B::Scalar* x,
                            void (*action)()) {
  backend.start_step(step, action);
  backend.finish_step(step);
  backend.afterwards(action);
  backend.if_not_finite(n, x, action);
};

} // namespace detail

/// What computes networks: memory, layouts, convolution, activations, losses, optimizer updates and steps
/// (batch norm and LSTM are checked where they are used). name() says which, description() also in what numbers it
/// computes, available() whether this machine has what it needs. Where members_are_contiguous, each member's
/// activations are one piece of memory.
template <class B>
concept Backend = detail::HasMemory<B> && detail::HasLayouts<B> && detail::HasConvolution<B> &&
    detail::HasActivations<B> && detail::HasOptimizers<B> && detail::HasLosses<B> && detail::HasSteps<B> && requires {
  { B::name() } -> std::convertible_to<std::string_view>;
  { B::description() } -> std::convertible_to<std::string>;
  { B::available() } -> std::same_as<bool>;
  { B::memory_is_host } -> std::convertible_to<bool>;
  { B::members_are_contiguous } -> std::convertible_to<bool>;
};

} // namespace zoetrope
