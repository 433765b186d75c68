/// @file
/// The learners of one side of a stage, each with the state of its optimizer.
#pragma once

#include "zoetrope/nn/learner.hpp"
#include "zoetrope/nn/optimizer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace zoetrope::detail {

/// What visit_learners() of a generator or an ensemble hands over, in that order, for one optimizer to train. It refers
/// to the learners where they are.
template <Backend B>
class LearnerGroup {
public:
  struct Entry {
    std::string name; ///< empty where there is only one
    Learner<B>* learner;
    OptimizerState<B> state;
  };

  template <class Owner, OptimizerFor<B> Optimizer>
  LearnerGroup(B& backend, Owner& owner, const Optimizer& optimizer) {
    owner.visit_learners([this](const std::string& name, Learner<B>& learner) {
      entries_.push_back({name, &learner, {}});
    });
    for (auto& [name, learner, state] : entries_)
      optimizer.reset(backend, state, std::as_const(*learner).parameters().size());
  }
  // A recorded step refers to the states where they are.
  LearnerGroup(const LearnerGroup&) = delete;
  LearnerGroup& operator=(const LearnerGroup&) = delete;

  void clear_gradients() {
    for (auto& entry : entries_) entry.learner->clear_gradients();
  }
  /// What the next update multiplies the learning rate with.
  void set_rate_factor(double factor) {
    for (auto& entry : entries_) entry.state.rate_factor = factor;
  }
  /// Updates all parameters from their gradients. Afterwards calls @p diverged("" or "the optimizer of ") where
  /// parameters or running statistics, or the optimizer's averages, are not all finite.
  template <class Optimizer, class Diverged>
  void update(B& backend, const Optimizer& optimizer, const Diverged& diverged) {
    for (auto& [name, learner, state] : entries_) {
      auto& parameters = learner->parameters();
      // An infinite average would hold its parameter still for good, and nobody would see it.
      optimizer.update(
          backend, state, parameters.size(), learner->gradients().data(), parameters.data(),
          [diverged](Updated updated) { diverged(updated == Updated::averages ? "the optimizer of " : ""); });
      const auto& statistics = learner->statistics();
      backend.if_not_finite(static_cast<std::ptrdiff_t>(statistics.size()), statistics.data(),
                            [diverged] { diverged(""); });
    }
  }

  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }

private:
  std::vector<Entry> entries_;
};

} // namespace zoetrope::detail
