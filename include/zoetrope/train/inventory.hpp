/// @file
/// What a training run is made of, apart from how a file keeps it: what it depends on, its flat vectors and its counts.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/train/learners.hpp"
#include "zoetrope/train/spectral_bound.hpp"
#include "zoetrope/train/weight_average.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// Steps done in each stage; sequences is empty until the second stage begins.
struct CheckpointSteps {
  std::uint64_t frames = 0;
  std::optional<std::uint64_t> sequences;
};

namespace detail {

/// The parts of a run on backend @p B by name. It refers to the vectors and counts where they are.
template <Backend B>
class RunInventory {
public:
  struct Vector {
    std::string name;
    typename B::Buffer* buffer;
    std::vector<LocatedBlock> blocks; ///< those parts of it whose order is the backend's
  };

  /// What another run must agree with to take over this one's state: a seed, what something says that it is.
  void expect(const std::string& key, const std::string& text) { expected_[key] = text; }
  /// What another run must not have either.
  void expect_none(const std::string& key) { expected_none_.push_back(key); }
  /// What is only recorded.
  void record(const std::string& key, const std::string& text) { recorded_[key] = text; }

  /// Throws Error where two vectors have one name.
  void add(const std::string& name, typename B::Buffer& buffer, std::vector<LocatedBlock> blocks) {
    if (buffer.size() == 0) return;
    for (const auto& vector : vectors_)
      require(vector.name != name, "two parts of a run are called '", name,
              "': learners that are visited, and vectors ", "that are fixed, expected names of their own");
    vectors_.push_back({name, &buffer, std::move(blocks)});
  }
  void add_count(const std::string& name, std::uint64_t& count) { counts_.emplace_back(name, &count); }
  void set_steps(const CheckpointSteps& steps) { steps_ = steps; }

  /// A generator or an ensemble: what it says that it is, and its learners.
  template <class Owner>
  void add_learners(const std::string& name, Owner& owner) {
    expect("architecture." + name, owner.description());
    owner.visit_learners([&](const std::string& inner, Learner<B>& learner) {
      const std::string joined = joined_name(name, inner);
      add(joined + ".parameters", learner.parameters(), learner.located_blocks());
      add(joined + ".statistics", learner.statistics(), {});
    });
  }
  template <class Optimizer>
  void add_optimizer(const std::string& name, const Optimizer& optimizer, LearnerGroup<B>& learners) {
    expect(name, optimizer.description());
    for (auto& [inner, learner, state] : learners.entries()) {
      const std::string joined = joined_name(name, inner);
      const auto blocks = learner->located_blocks();
      add(joined + ".average", state.average, blocks);
      add(joined + ".square_average", state.square_average, blocks);
      add_count(joined + ".updates", state.updates);
    }
  }
  void add_average(const std::string& name, WeightAverage<B>& average) {
    if (!average.is_kept()) {
      expect_none(name);
      return;
    }
    expect(name, number_text(average.keep()));
    for (auto& [inner, learner, parameters, statistics] : average.entries()) {
      const std::string joined = joined_name(name, inner);
      add(joined + ".parameters", parameters, learner->located_blocks());
      add(joined + ".statistics", statistics, {});
    }
    add_count(name + ".updates", average.updates());
  }
  void add_bound(const std::string& name, SpectralBound<B>& bound) {
    if (!bound.is_kept()) {
      expect_none(name);
      return;
    }
    expect(name, number_text(bound.bound()));
    for (auto& [inner, learner, vectors] : bound.entries()) add(joined_name(name, inner) + ".vectors", vectors, {});
  }
  /// All of an AdversarialStage but its generator.
  template <class Stage>
  void add_stage(Stage& stage) {
    const std::string& name = stage.name();
    add_learners(name + ".discriminators", stage.ensemble());
    stage.ensemble().visit_fixed(
        [&](const std::string& inner, typename B::Buffer& buffer, const std::vector<LocatedBlock>& blocks) {
          add(joined_name(name, inner), buffer, blocks);
        });
    const auto& settings = stage.settings();
    add_optimizer(name + ".generator_optimizer", settings.generator_optimizer, stage.generator_learners());
    add_optimizer(name + ".discriminator_optimizer", settings.discriminator_optimizer, stage.discriminator_learners());
    add_average(name + ".weight_average", stage.weight_average());
    add_bound(name + ".spectral_norm", stage.spectral_bound());
    expect(name + ".schedule", settings.schedule.description());
  }

  [[nodiscard]] const std::map<std::string, std::string>& expected() const { return expected_; }
  [[nodiscard]] const std::vector<std::string>& expected_none() const { return expected_none_; }
  [[nodiscard]] const std::map<std::string, std::string>& recorded() const { return recorded_; }
  [[nodiscard]] const std::vector<Vector>& vectors() const { return vectors_; }
  [[nodiscard]] const std::vector<std::pair<std::string, std::uint64_t*>>& counts() const { return counts_; }
  [[nodiscard]] const CheckpointSteps& steps() const { return steps_; }

private:
  std::map<std::string, std::string> expected_, recorded_;
  std::vector<std::string> expected_none_;
  std::vector<Vector> vectors_;
  std::vector<std::pair<std::string, std::uint64_t*>> counts_;
  CheckpointSteps steps_;
};

} // namespace detail

} // namespace zoetrope
