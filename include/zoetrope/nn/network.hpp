/// @file
/// A network at work: its flat vectors, its activations and its passes in both directions.
#pragma once

#include "zoetrope/backend/grow.hpp"
#include "zoetrope/nn/learner.hpp"
#include "zoetrope/nn/memory_plan.hpp"
#include "zoetrope/nn/sequential.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace zoetrope {

namespace detail {

/// What lies on either side of each of the layers @p L in a network on backend @p B. Values are narrow where the layer
/// that writes them can write them so and the one that reads them would round them anyway; gradients, which the second
/// writes and the first reads, where either of the two rounds.
template <Backend B, class... L>
constexpr std::array<LayerSurroundings, sizeof...(L)> surroundings_of() {
  constexpr std::size_t count = sizeof...(L);
  constexpr std::array<NarrowUse, count> uses{narrow_use_of<L, B>()...};
  // What the layers below and above each tensor do: number 0 is the first layer's input.
  std::array<NarrowUse, count + 1> below{}, above{};
  for (std::size_t i = 0; i < count; ++i) below[i + 1] = uses[i] == NarrowUse::passes ? below[i] : uses[i];
  for (std::size_t i = count; i-- > 0;) above[i] = uses[i] == NarrowUse::passes ? above[i + 1] : uses[i];
  const auto values = [&](std::size_t tensor) {
    return below[tensor] != NarrowUse::none && above[tensor] == NarrowUse::reads_and_writes;
  };
  const auto gradients = [&](std::size_t tensor) {
    return values(tensor) || (below[tensor] == NarrowUse::reads_and_writes && above[tensor] != NarrowUse::none);
  };
  std::array<LayerSurroundings, count> result{};
  for (std::size_t i = 0; i < count; ++i) {
    result[i].narrow_input = values(i);
    result[i].narrow_input_gradient = gradients(i);
    result[i].narrow_output = values(i + 1);
    result[i].narrow_output_gradient = gradients(i + 1);
  }
  constexpr auto slope = []<class Layer>(std::type_identity<Layer>) {
    if constexpr (requires { Layer::slope; })
      return Layer::slope;
    else
      return 1.0;
  };
  constexpr std::array<double, count> slopes{slope(std::type_identity<L>{})...};
  constexpr std::array<bool, count> may_apply{requires {L::may_apply_leaky_relu;
}
...
}; // namespace detail
for (std::size_t i = 0; i + 1 < count; ++i)
  if (B::layers_apply_leaky_relu && may_apply[i] && slopes[i + 1] != 1.0) {
    result[i].slope_after = slopes[i + 1];
    result[i + 1].applied_before = true;
  }
return result;
} // namespace zoetrope

} // namespace detail

/// The layers of @p Description with K members (an ensemble), or one (a generator). Buffers grow to the largest batch
/// seen and are then reused.
template <detail::HasLayers Description, Backend B>
class Network : public Learner<B> {
public:
  using Layers = typename Description::Layers;
  using Scalar = typename B::Scalar;
  using Input = typename Layers::Input;
  using Output = typename Layers::Output;
  static constexpr std::size_t layer_count = Layers::layer_count;

  Network(std::shared_ptr<B> backend, int members)
      : Learner<B>(std::move(backend), members, locate_parameters(members, Indices{}),
                   locate_statistics(members, Indices{})) {
    require(parameters_.size() == sized(Layers::parameter_count) &&
                statistics_.size() == sized(Layers::statistic_count),
            "the layers of a network state ", Layers::parameter_count, " parameters and ", Layers::statistic_count,
            " statistics a member, but list others");
    for_layers([&]<std::size_t I>() {
      auto& cache = this->template cache_at<I>();
      if constexpr (requires { cache.set_surroundings(LayerSurroundings{}); })
        cache.set_surroundings(Surroundings::value[I]);
    });
  }

  /// Runs the layers on @p input, activations of every member, which must stay until backward(). Returns the output.
  [[gnu::noinline]] const Scalar* forward(int batch, const Scalar* input, Mode mode) {
    require(batch > 0, "a network expected a positive batch, got ", batch);
    mode_ = mode;
    batch_ = batch;
    backward_allowed_ = false;
    reserve(batch);
    outputs_[0] = input;
    for_layers([&]<std::size_t I>() {
      using Layer = LayerAt<I>;
      Scalar* output = at(plan().activations[I]);
      if constexpr (Layer::in_place == InPlace::always)
        if (output != outputs_[I]) this->backend_->copy(outputs_[I], sized(batch * Layer::Input::size), output);
      Layer::forward(call<I>(batch, false), this->template cache_at<I>(), outputs_[I], output);
      outputs_[I + 1] = output;
    });
    backward_allowed_ = true;
    return outputs_[layer_count];
  }

  /// Where the caller writes the loss's gradient with respect to the output before backward().
  [[nodiscard]] Scalar* output_gradient() { return at(plan().gradients[layer_count]); }

  /// Backpropagates through the last forward pass, once, from output_gradient(): gradients overwrite its
  /// activations. Adds to gradients() where @p parameter_gradients, of which a frozen network has none; after
  /// clear_gradients() it writes over them, which is the same and reads less. Returns the gradient with respect to the
  /// input, or null unless @p input_gradient.
  [[gnu::noinline]] const Scalar* backward(int batch, bool parameter_gradients, bool input_gradient) {
    require(batch == batch_, "backward() expected the batch of the last forward pass, ", batch_, ", got ", batch);
    require(mode_ != Mode::frozen || !parameter_gradients, "a frozen network has no gradients of its parameters");
    require(backward_allowed_, "backward() expected a forward pass before it: the last one's activations are used up");
    backward_allowed_ = false;
    if (parameter_gradients) reserve_gradients();
    for_layers_reversed([&]<std::size_t I>() {
      using Layer = LayerAt<I>;
      const bool wanted = I > 0 || input_gradient || Layer::gradient_in_place;
      Layer::backward(call<I>(batch, parameter_gradients), this->template cache_at<I>(), outputs_[I], outputs_[I + 1],
                      at(plan().gradients[I + 1]), wanted ? at(plan().gradients[I]) : nullptr);
    });
    if (parameter_gradients) gradients_are_zero_ = false;
    return input_gradient ? at(plan().gradients[0]) : nullptr;
  }

private:
  using Learner<B>::backend_, Learner<B>::members_, Learner<B>::parameters_, Learner<B>::gradients_,
      Learner<B>::statistics_, Learner<B>::gradients_are_zero_, Learner<B>::reserve_gradients;

  using Indices = std::make_index_sequence<layer_count>;
  template <std::size_t I>
  using LayerAt = std::tuple_element_t<I, typename Layers::Bound>;

  template <class Bound>
  struct SurroundingsOf;
  template <class... L>
  struct SurroundingsOf<std::tuple<L...>> {
    static constexpr auto value = detail::surroundings_of<B, L...>();
  };
  using Surroundings = SurroundingsOf<typename Layers::Bound>;

  template <bool Frozen>
  using PlanOf = detail::MemoryPlanOf<typename Layers::Bound, B::keeps_signs, Frozen>;

  /// That of the last forward pass.
  [[nodiscard]] const detail::MemoryPlan<layer_count>& plan() const {
    if (mode_ == Mode::frozen) return PlanOf<true>::value;
    return PlanOf<false>::value;
  }

  /// An offset of the plan as an address, for the batch of the last forward pass.
  [[nodiscard]] Scalar* at(std::ptrdiff_t offset) { return memory_.data() + offset * batch_ * members_; }

  /// A tuple of all layers' caches, which costs less time to compile than std::tuple.
  template <std::size_t I>
  struct CacheAt {
    typename LayerAt<I>::template Cache<B> cache{};
  };
  template <class>
  struct CachesAt;
  template <std::size_t... I>
  struct CachesAt<std::index_sequence<I...>> : CacheAt<I>... {};

  template <std::size_t I>
  [[nodiscard]] auto& cache_at() {
    return static_cast<CacheAt<I>&>(caches_).cache;
  }

  template <std::size_t... I>
  static std::vector<LocatedParameter> locate_parameters(int members, std::index_sequence<I...>) {
    return detail::located({+[] { return LayerAt<I>::parameters(); }...}, members);
  }
  template <std::size_t... I>
  static std::vector<LocatedParameter> locate_statistics(int members, std::index_sequence<I...>) {
    return detail::located({statistics_of<LayerAt<I>>()...}, members);
  }
  template <class Layer>
  static constexpr detail::ListOfLayer statistics_of() {
    if constexpr (Layer::statistic_count > 0)
      return +[] { return Layer::statistics(); };
    else
      return nullptr;
  }

  template <class Body>
  static void for_layers(const Body& body) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (body.template operator()<I>(), ...); }
    (Indices{});
  }
  template <class Body>
  static void for_layers_reversed(const Body& body) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (body.template operator()<layer_count - 1 - I>(), ...); }
    (Indices{});
  }

  void reserve(int batch) {
    grow(memory_, sized(batch * plan().size));
    if (batch <= reserved_batch_) return;
    for_layers([&]<std::size_t I>() { this->template cache_at<I>().reserve(this->members_, batch); });
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
            gradients_are_zero_ ? WriteMode::replace : WriteMode::add,
            statistics_.data() + members_ * statistics};
  }

  [[nodiscard]] std::size_t sized(std::ptrdiff_t per_member) const {
    return static_cast<std::size_t>(members_ * per_member);
  }

  int reserved_batch_ = 0, batch_ = 0;
  bool backward_allowed_ = false; ///< whether backward() may follow
  Mode mode_ = Mode::training;
  CachesAt<Indices> caches_;
  typename B::Buffer memory_; ///< of activations and their gradients
  std::array<const Scalar*, layer_count + 1> outputs_{};
};

} // namespace zoetrope
