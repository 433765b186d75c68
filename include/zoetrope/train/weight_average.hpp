/// @file
/// An exponential average of a generator's weights over the steps of a stage: it often draws better than the weights of
/// any one step, which swing around it (Yazici et al. 2019).
#pragma once

#include "zoetrope/nn/learner.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope::detail {

/// Of all learners that visit_learners() of an owner hands over, parameters and running statistics, in that order. Each
/// update multiplies a sum, zero at first, by keep, and adds 1 - keep times the weights; the sum over 1 - keep^updates
/// is the average. It refers to the learners where they are.
template <Backend B>
class WeightAverage {
public:
  using Buffer = typename B::Buffer;
  struct Entry {
    std::string name; ///< empty where there is only one
    Learner<B>* learner;
    Buffer parameters, statistics; ///< sums
  };

  /// Where @p keep is 0 there is no average.
  template <class Owner>
  WeightAverage(B& backend, Owner& owner, double keep) : keep_(keep) {
    if (!is_kept()) return;
    owner.visit_learners([this](const std::string& name, Learner<B>& learner) {
      entries_.push_back({name, &learner, {}, {}});
    });
    for (auto& [name, learner, parameters, statistics] : entries_) {
      begin(backend, std::as_const(*learner).parameters(), parameters);
      begin(backend, std::as_const(*learner).statistics(), statistics);
    }
  }
  // A recorded step refers to the sums where they are.
  WeightAverage(const WeightAverage&) = delete;
  WeightAverage& operator=(const WeightAverage&) = delete;

  [[nodiscard]] bool is_kept() const { return keep_ > 0; }
  /// Whether there is an average already: of one update or more.
  [[nodiscard]] bool has_values() const { return updates_ > 0; }
  [[nodiscard]] double keep() const { return keep_; }

  /// After the learners have been updated.
  void update(B& backend) {
    if (!is_kept()) return;
    for (auto& [name, learner, parameters, statistics] : entries_) {
      add(backend, std::as_const(*learner).parameters(), parameters);
      add(backend, std::as_const(*learner).statistics(), statistics);
    }
    backend.afterwards([this] { ++updates_; });
  }

  /// Puts the average into the learners of @p owner, of the same kind as the part called @p part of what it is of, or
  /// that itself. Counts, such as of the batches that batch norm has seen, are the present ones.
  template <class Owner>
  void copy_to(B& backend, Owner& owner, const std::string& part = "") const {
    const auto to_average = static_cast<typename B::Scalar>(1 / (1 - std::pow(keep_, static_cast<double>(updates_))));
    owner.visit_learners([&](const std::string& name, Learner<B>& to) {
      const Entry& entry =
          *std::ranges::find(entries_, joined_name(part, name), [](const Entry& each) { return each.name; });
      const auto copy = [&](const Buffer& sum, Buffer& into, std::ptrdiff_t offset, std::ptrdiff_t size) {
        backend.copy(sum.data() + offset, static_cast<std::size_t>(size), into.data() + offset);
        backend.scale(size, to_average, into.data() + offset);
      };
      copy(entry.parameters, to.parameters(), 0, std::ssize(entry.parameters));
      const auto& now = std::as_const(*entry.learner).statistics();
      for (const auto& [info, offset] : to.located_statistics()) {
        const std::ptrdiff_t size = to.members() * info.size();
        if (!info.shape.empty())
          copy(entry.statistics, to.statistics(), offset, size);
        else if (&to != entry.learner)
          backend.copy(now.data() + offset, static_cast<std::size_t>(size), to.statistics().data() + offset);
      }
    });
  }

  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }
  [[nodiscard]] std::uint64_t& updates() { return updates_; }

private:
  static void begin(B& backend, const Buffer& weights, Buffer& sum) {
    sum.resize(weights.size());
    backend.fill(sum.data(), sum.size(), typename B::Scalar(0));
  }
  void add(B& backend, const Buffer& weights, Buffer& sum) const {
    backend.add_to_average(static_cast<std::ptrdiff_t>(weights.size()), keep_, weights.data(), sum.data());
  }

  double keep_;
  std::vector<Entry> entries_;
  std::uint64_t updates_ = 0;
};

} // namespace zoetrope::detail
