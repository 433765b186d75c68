/// @file
/// Optimizers with PyTorch's definitions: settings are values, state lives in the trainer, an update is one fused pass
/// over the flat vectors.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <variant>

namespace zoetrope {

/// What any optimizer remembers: up to two flat vectors and the number of updates made. A schedule sets by what the
/// next update multiplies the learning rate.
template <Backend B>
struct OptimizerState {
  typename B::Buffer average, square_average;
  std::uint64_t updates = 0;
  double rate_factor = 1; ///< not saved: a function of the step

  void reset(B& backend, std::size_t size, bool with_average) {
    average.resize(with_average ? size : 0);
    square_average.resize(size);
    backend.fill(average.data(), average.size(), typename B::Scalar(0));
    backend.fill(square_average.data(), size, typename B::Scalar(0));
    updates = 0;
  }
};

/// An optimizer that updates flat vectors of backend @p B from their gradients, and can reset its state. Once the
/// update is done it calls not_finite with what it has written that is not all finite. Its description() tells it from
/// others, with its settings but for the learning rate, which a resumed run may change.
template <class O, class B>
concept OptimizerFor = Backend<B> && std::copyable<O> &&
    requires(const O& optimizer, B& backend, OptimizerState<B>& state, std::size_t size,
             const typename B::Scalar* gradient, typename B::Scalar* parameters, void (*not_finite)(Updated)) {
  optimizer.reset(backend, state, size);
  optimizer.update(backend, state, size, gradient, parameters, not_finite);
  { optimizer.description() } -> std::convertible_to<std::string>;
};

/// Throws Error where @p optimizer has a check() that does: settings that make no sense, such as a negative learning
/// rate.
template <class O>
void check_optimizer(const O& optimizer) {
  if constexpr (requires { optimizer.check(); }) optimizer.check();
}

namespace detail {
inline void check_setting(const char* optimizer, const char* name, double value) {
  require(std::isfinite(value) && value >= 0, optimizer, " expected a finite ", name, " of at least 0, got ", value);
}
inline void check_decay(const char* optimizer, const char* name, double value) {
  require(value >= 0 && value < 1, optimizer, " expected ", name, " of at least 0 and below 1, got ", value);
}
} // namespace detail

/// RMSprop as in PyTorch: eps is added outside the square root, no momentum. The paper's optimizer.
struct RmsProp {
  double learning_rate = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;

  template <Backend B>
  void reset(B& backend, OptimizerState<B>& state, std::size_t size) const {
    state.reset(backend, size, false);
  }
  template <Backend B, class Action>
  void update(B& backend, OptimizerState<B>& state, std::size_t size, const typename B::Scalar* gradient,
              typename B::Scalar* parameters, const Action& not_finite) const {
    backend.rms_prop(static_cast<std::ptrdiff_t>(size), LearningRate(learning_rate, state.rate_factor), alpha, epsilon,
                     gradient, state.square_average.data(), parameters, not_finite);
    backend.afterwards([&state] { ++state.updates; });
  }
  /// Throws Error where the settings make no sense.
  void check() const {
    detail::check_setting("RmsProp", "learning rate", learning_rate);
    detail::check_setting("RmsProp", "epsilon", epsilon);
    detail::check_decay("RmsProp", "alpha", alpha);
  }
  [[nodiscard]] std::string description() const {
    return "RmsProp, alpha " + number_text(alpha) + ", epsilon " + number_text(epsilon);
  }
};

/// Adam as in PyTorch, with both bias corrections (Kingma and Ba 2015).
struct Adam {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <Backend B>
  void reset(B& backend, OptimizerState<B>& state, std::size_t size) const {
    state.reset(backend, size, true);
  }
  template <Backend B, class Action>
  void update(B& backend, OptimizerState<B>& state, std::size_t size, const typename B::Scalar* gradient,
              typename B::Scalar* parameters, const Action& not_finite) const {
    backend.adam(static_cast<std::ptrdiff_t>(size), LearningRate(learning_rate, state.rate_factor), beta1, beta2,
                 epsilon, state.updates, gradient, state.average.data(), state.square_average.data(), parameters,
                 not_finite);
    backend.afterwards([&state] { ++state.updates; });
  }
  /// Throws Error where the settings make no sense.
  void check() const {
    detail::check_setting("Adam", "learning rate", learning_rate);
    detail::check_setting("Adam", "epsilon", epsilon);
    detail::check_decay("Adam", "beta1", beta1);
    detail::check_decay("Adam", "beta2", beta2);
  }
  [[nodiscard]] std::string description() const {
    return "Adam, beta1 " + number_text(beta1) + ", beta2 " + number_text(beta2) + ", epsilon " + number_text(epsilon);
  }
};

/// One of several optimizers, chosen at run time, such as by a command line.
template <class... Optimizers>
struct OptimizerChoice {
  std::variant<Optimizers...> chosen;

  template <Backend B>
  void reset(B& backend, OptimizerState<B>& state, std::size_t size) const {
    std::visit([&](const auto& optimizer) { optimizer.reset(backend, state, size); }, chosen);
  }
  template <Backend B, class Action>
  void update(B& backend, OptimizerState<B>& state, std::size_t size, const typename B::Scalar* gradient,
              typename B::Scalar* parameters, const Action& not_finite) const {
    std::visit([&](const auto& optimizer) { optimizer.update(backend, state, size, gradient, parameters, not_finite); },
               chosen);
  }
  void check() const {
    std::visit([](const auto& optimizer) { check_optimizer(optimizer); }, chosen);
  }
  [[nodiscard]] std::string description() const {
    return std::visit([](const auto& optimizer) { return optimizer.description(); }, chosen);
  }
};

} // namespace zoetrope
