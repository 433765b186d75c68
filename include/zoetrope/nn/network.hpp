/// @file
/// A network at work: its flat vectors, its activations and its passes in both directions.
#pragma once

#include "zoetrope/nn/sequential.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace zoetrope {

/// Where one parameter, or one running statistic, lies: member m's copy starts at offset + m * info.size().
struct PlacedParameter {
  ParameterInfo info; ///< its name begins with the layer's place: "3.weight"
  std::ptrdiff_t offset;
};

/// The layers of @p Description with K members (an ensemble), or one (a generator). Parameters, gradients and
/// statistics are three flat vectors, layer first, member second. Buffers grow to the largest batch seen and are then
/// reused.
template <HasLayers Description, Backend B>
class Network {
public:
  using Layers = typename Description::Layers;
  using Scalar = typename B::Scalar;
  using Input = typename Layers::Input;
  using Output = typename Layers::Output;
  static constexpr std::size_t layer_count = Layers::layer_count;

  Network(std::shared_ptr<B> backend, int members) : backend_(std::move(backend)), members_(members) {
    require(members > 0, "a network expected a positive number of members, got ", members);
    parameters_.resize(sized(Layers::parameter_count));
    gradients_.resize(sized(Layers::parameter_count));
    statistics_.resize(sized(Layers::statistic_count));
    backend_->fill(parameters_.data(), parameters_.size(), Scalar(0));
    backend_->fill(gradients_.data(), gradients_.size(), Scalar(0));
    backend_->fill(statistics_.data(), statistics_.size(), Scalar(0));
  }

  /// Runs the layers on @p input, activations of every member, which must stay until backward(). Returns the output.
  const Scalar* forward(int batch, const Scalar* input, Mode mode) {
    reserve(batch);
    mode_ = mode;
    outputs_[0] = input;
    for_layers([&]<std::size_t I>() {
      using Layer = LayerAt<I>;
      static_assert(I > 0 || !Layer::in_place, "a network's first layer must not overwrite its input");
      Scalar* output = Layer::in_place ? const_cast<Scalar*>(outputs_[I]) : activations_[I].data();
      Layer::forward(call<I>(batch, false), std::get<I>(caches_), outputs_[I], output);
      outputs_[I + 1] = output;
    });
    return outputs_[layer_count];
  }

  /// Where the caller writes the loss's gradient with respect to the output before backward().
  [[nodiscard]] Scalar* output_gradient() { return gradient_buffers_[0].data(); }

  /// Goes back through the last forward pass, from output_gradient(). Adds to gradients() where
  /// @p parameter_gradients. Returns the gradient with respect to the input, or null unless @p input_gradient.
  const Scalar* backward(int batch, bool parameter_gradients, bool input_gradient) {
    Scalar* gradient = gradient_buffers_[0].data();
    Scalar* spare = gradient_buffers_[1].data();
    for_layers_reversed([&]<std::size_t I>() {
      using Layer = LayerAt<I>;
      const bool wanted = I > 0 || input_gradient;
      Scalar* below = Layer::gradient_in_place ? gradient : wanted ? spare : nullptr;
      Layer::backward(call<I>(batch, parameter_gradients), std::get<I>(caches_), outputs_[I], outputs_[I + 1], gradient,
                      below);
      if (below == spare) std::swap(gradient, spare);
    });
    return input_gradient ? gradient : nullptr;
  }

  void clear_gradients() { backend_->fill(gradients_.data(), gradients_.size(), Scalar(0)); }

  [[nodiscard]] B& backend() { return *backend_; }
  [[nodiscard]] const std::shared_ptr<B>& shared_backend() const { return backend_; }
  [[nodiscard]] int members() const { return members_; }
  [[nodiscard]] typename B::Buffer& parameters() { return parameters_; }
  [[nodiscard]] typename B::Buffer& gradients() { return gradients_; }
  [[nodiscard]] typename B::Buffer& statistics() { return statistics_; }

  /// Every parameter in the order of parameters().
  [[nodiscard]] std::vector<PlacedParameter> placed_parameters() const {
    std::vector<PlacedParameter> result;
    std::ptrdiff_t offset = 0;
    for_layers([&]<std::size_t I>() {
      for (auto& info : LayerAt<I>::parameters()) {
        info.name = std::to_string(I) + "." + info.name;
        result.push_back({info, offset});
        offset += members_ * info.size();
      }
    });
    return result;
  }

  /// Every running statistic in the order of statistics(), with PyTorch's names.
  [[nodiscard]] std::vector<PlacedParameter> placed_statistics() const {
    std::vector<PlacedParameter> result;
    std::ptrdiff_t offset = 0;
    for_layers([&]<std::size_t I>() {
      if constexpr (LayerAt<I>::statistic_count > 0) {
        const std::string prefix = std::to_string(I) + ".";
        for (const char* name : {"running_mean", "running_var", "num_batches_tracked"}) {
          const bool scalar = name[0] == 'n';
          auto info =
              vector_info(prefix + name, ParameterInfo::Role::bias, scalar ? 1 : LayerAt<I>::Input::channels, 1);
          if (scalar) info.shape.clear();
          result.push_back({info, offset});
          offset += members_ * info.size();
        }
      }
    });
    return result;
  }

  /// Copies one member's values of @p placed, in PyTorch's element order, out of or into one of the flat vectors.
  [[nodiscard]] std::vector<Scalar> get(const typename B::Buffer& vector, const PlacedParameter& placed,
                                        int member) const {
    std::vector<Scalar> here(count(placed)), result(count(placed));
    backend_->copy_to_host(vector.data() + at(placed, member), here.size(), here.data());
    reorder(placed.info, [&](std::size_t inner, std::size_t outer) { result[outer] = here[inner]; });
    return result;
  }
  void set(typename B::Buffer& vector, const PlacedParameter& placed, int member, const Scalar* values) {
    std::vector<Scalar> here(count(placed));
    reorder(placed.info, [&](std::size_t inner, std::size_t outer) { here[inner] = values[outer]; });
    backend_->copy_from_host(here.data(), here.size(), vector.data() + at(placed, member));
  }

private:
  template <std::size_t I>
  using LayerAt = std::tuple_element_t<I, typename Layers::Bound>;

  template <class Bound>
  struct CachesOf;
  template <class... L>
  struct CachesOf<std::tuple<L...>> {
    using type = std::tuple<typename L::template Cache<B>...>;
  };

  template <class Body>
  static void for_layers(const Body& body) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (body.template operator()<I>(), ...); }
    (std::make_index_sequence<layer_count>{});
  }
  template <class Body>
  static void for_layers_reversed(const Body& body) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (body.template operator()<layer_count - 1 - I>(), ...); }
    (std::make_index_sequence<layer_count>{});
  }

  void reserve(int batch) {
    require(batch > 0, "a network expected a positive batch, got ", batch);
    if (batch <= reserved_batch_) return;
    for_layers([&]<std::size_t I>() {
      if constexpr (!LayerAt<I>::in_place) activations_[I].resize(sized(batch * LayerAt<I>::Output::size));
      std::get<I>(caches_).reserve(members_, batch);
    });
    for (auto& buffer : gradient_buffers_) buffer.resize(sized(batch * Layers::Totals::largest));
    reserved_batch_ = batch;
  }

  template <std::size_t I>
  LayerCall<B> call(int batch, bool parameter_gradients) {
    constexpr std::ptrdiff_t parameters = Layers::Totals::parameter_offsets[I];
    constexpr std::ptrdiff_t statistics = Layers::Totals::statistic_offsets[I];
    return {*backend_,
            members_,
            batch,
            mode_,
            parameters_.data() + members_ * parameters,
            parameter_gradients ? gradients_.data() + members_ * parameters : nullptr,
            statistics_.data() + members_ * statistics};
  }

  [[nodiscard]] std::size_t sized(std::ptrdiff_t a_member) const {
    return static_cast<std::size_t>(members_ * a_member);
  }
  static std::size_t count(const PlacedParameter& placed) { return static_cast<std::size_t>(placed.info.size()); }
  static std::ptrdiff_t at(const PlacedParameter& placed, int member) {
    return placed.offset + member * placed.info.size();
  }
  template <class Move>
  static void reorder(const ParameterInfo& info, const Move& move) {
    for (std::ptrdiff_t tap = 0, inner = 0; tap < info.taps; ++tap)
      for (std::ptrdiff_t row = 0; row < info.rows; ++row)
        for (std::ptrdiff_t column = 0; column < info.columns; ++column, ++inner)
          move(static_cast<std::size_t>(inner), static_cast<std::size_t>((column * info.rows + row) * info.taps + tap));
  }

  std::shared_ptr<B> backend_;
  int members_;
  int reserved_batch_ = 0;
  Mode mode_ = Mode::training;
  typename B::Buffer parameters_, gradients_, statistics_;
  typename CachesOf<typename Layers::Bound>::type caches_;
  std::array<typename B::Buffer, layer_count> activations_;
  std::array<typename B::Buffer, 2> gradient_buffers_;
  std::array<const Scalar*, layer_count + 1> outputs_{};
};

} // namespace zoetrope
