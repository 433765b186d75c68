/// @file
/// What a layer is: a description that is bound to an input shape at compile time, then works for any batch, any number
/// of members (one for a generator, K for an ensemble of discriminators) and any backend.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/shape.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace zoetrope {

/// Batch norm uses the batch's statistics in training and the running ones otherwise. After evaluation every gradient
/// can follow; a frozen network has only that with respect to its input, keeps less and normalises in place.
enum class Mode { training, evaluation, frozen };

/// Whether a layer writes its output over its input. It must not read that input in the backward pass in the same mode.
enum class InPlace {
  never,
  when_frozen, ///< then, where that memory is free: forward() may find its input in its output's memory, or elsewhere
  always       ///< forward() always finds its input in its output's memory, copied there if need be
};

/// When a layer's backward() reads the layer's input.
enum class InputUse {
  none,
  for_parameters, ///< for the gradients of its parameters, before it writes that with respect to the input
  unless_frozen,  ///< in any mode but Mode::frozen
  always
};

/// One parameter or running statistic of a layer, a member's copy. In memory its order is the backend's; outside, in
/// files, initial values and tests, it has PyTorch's layout [column][row][tap], which shape states.
struct ParameterInfo {
  enum class Role { weight, bias, norm_weight, norm_bias };
  std::string name; ///< PyTorch's: weight, bias, weight_ih_l0, ...
  Role role = Role::weight;
  std::vector<std::int64_t> shape;
  std::ptrdiff_t taps = 1;
  std::ptrdiff_t rows = 1;
  std::ptrdiff_t columns = 1;
  std::ptrdiff_t fan_in = 1; ///< PyTorch's default initial values are uniform in +-1 / sqrt(fan_in)
  double initial_value = 0;  ///< of a running statistic; those of parameters are up to an Initializer
  double least = std::numeric_limits<double>::lowest(); ///< a running statistic is never below it
  [[nodiscard]] std::ptrdiff_t size() const { return taps * rows * columns; }
  [[nodiscard]] ParameterBlock block() const { return {taps, rows, columns}; }
};

/// A vector, such as a bias.
inline ParameterInfo vector_info(std::string name, ParameterInfo::Role role, std::ptrdiff_t size,
                                 std::ptrdiff_t fan_in) {
  return {.name = std::move(name), .role = role, .shape = {size}, .columns = size, .fan_in = fan_in};
}

/// A matrix that maps @p rows inputs to @p columns outputs; PyTorch's shape is (columns, rows).
inline ParameterInfo matrix_info(std::string name, std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t fan_in) {
  return {.name = std::move(name), .shape = {columns, rows}, .rows = rows, .columns = columns, .fan_in = fan_in};
}

/// What every call of a layer gets. parameters, gradients and statistics point at this layer's part of the network's
/// flat vectors, in which the members' copies of one parameter lie side by side.
template <Backend B>
struct LayerCall {
  using Scalar = typename B::Scalar;
  B& backend;
  int members;
  int batch;
  Mode mode;
  const Scalar* parameters;
  Scalar* gradients;        ///< null where no parameter gradients are wanted
  WriteMode gradient_write; ///< whether they replace what gradients holds or are added to it
  Scalar* statistics;       ///< running statistics of batch norm

  template <SampleShape S>
  [[nodiscard]] std::ptrdiff_t values() const {
    return members * batch * S::size;
  }
};

/// A layer without parameters and without anything to remember.
struct StatelessLayer {
  static constexpr std::ptrdiff_t parameter_count = 0;
  static constexpr std::ptrdiff_t statistic_count = 0;
  static constexpr InputUse input_use = InputUse::none;
  static constexpr bool reads_output = false;
  static constexpr bool reads_signs = false;
  static std::vector<ParameterInfo> parameters() { return {}; }
  template <Backend B>
  struct Cache {
    void reserve(int, int) {}
  };
};

namespace detail {

/// How a bound layer treats narrow activations on backend @p B: none of them unless it says otherwise.
template <class Layer, Backend B>
constexpr NarrowUse narrow_use_of() {
  if constexpr (requires { Layer::template narrow_use<B>(); })
    return Layer::template narrow_use<B>();
  else
    return NarrowUse::none;
}

/// Whether a sample's output depends on the other samples of its batch, as batch norm's does: not unless a bound layer
/// says so.
template <class Layer>
constexpr bool mixes_samples_of() {
  if constexpr (requires { Layer::mixes_samples; })
    return Layer::mixes_samples;
  else
    return false;
}

/// A bound layer with running statistics says what they are: names, sizes and initial values, in the order in which
/// they lie; a count, which PyTorch keeps as a whole number, is a scalar.
template <class Layer>
concept StatesItsStatistics = Layer::statistic_count == 0 || requires {
  { Layer::statistics() } -> std::same_as<std::vector<ParameterInfo>>;
};

} // namespace detail

/// A description L that can stand in a network after a layer of output shape @p In. Bind<In> states Output,
/// parameter_count and statistic_count, whether its output (in_place) and its input's gradient (gradient_in_place)
/// overwrite what they come from, whether backward() reads its input (input_use), its output (reads_output) or, of
/// this, only the signs where the backend keeps them (reads_signs), and has forward() and backward(), which is called
/// once after a forward pass and may use up what that left.
template <class L, class In>
concept LayerFor = SampleShape<In> && requires {
  typename L::template Bind<In>;
  requires SampleShape<typename L::template Bind<In>::Output>;
  { L::template Bind<In>::parameter_count } -> std::convertible_to<std::ptrdiff_t>;
  { L::template Bind<In>::statistic_count } -> std::convertible_to<std::ptrdiff_t>;
  { L::template Bind<In>::in_place } -> std::convertible_to<InPlace>;
  { L::template Bind<In>::gradient_in_place } -> std::convertible_to<bool>;
  { L::template Bind<In>::input_use } -> std::convertible_to<InputUse>;
  { L::template Bind<In>::reads_output } -> std::convertible_to<bool>;
  { L::template Bind<In>::reads_signs } -> std::convertible_to<bool>;
  requires detail::StatesItsStatistics<typename L::template Bind<In>>;
};

} // namespace zoetrope
