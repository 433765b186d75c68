/// @file
/// A bound on the spectral norms of discriminators' weights, so that without batch norm they change little where
/// samples do (Miyato et al. 2018; of a convolution it is the norm of its weight as a matrix): a weight whose norm an
/// update has made too large is scaled down to it, others are left alone (Gouk et al. 2021).
#pragma once

#include "zoetrope/core/random.hpp"
#include "zoetrope/nn/learner.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope::detail {

/// Of all learners that visit_bounded_learners() of an owner hands over or, without that, visit_learners(). Each weight
/// of each member is a matrix of its taps' rows and its columns; a vector of one value a column follows the direction
/// in which it stretches most, by one step of power iteration an update. It refers to the learners where they are.
template <Backend B>
class SpectralBound {
public:
  using Buffer = typename B::Buffer;
  struct Entry {
    std::string name; ///< empty where there is only one
    Learner<B>* learner;
    Buffer vectors; ///< [weight][member][column]
  };

  /// Where @p bound is 0 weights may be anything.
  template <class Owner>
  SpectralBound(B& backend, Owner& owner, double bound) : bound_(bound) {
    if (!is_kept()) return;
    const auto add = [this](const std::string& name, Learner<B>& learner) { entries_.push_back({name, &learner, {}}); };
    if constexpr (requires { owner.visit_bounded_learners(add); })
      owner.visit_bounded_learners(add);
    else
      owner.visit_learners(add);
    for (Entry& entry : entries_) fill(backend, entry);
  }
  // A recorded step refers to the vectors where they are.
  SpectralBound(const SpectralBound&) = delete;
  SpectralBound& operator=(const SpectralBound&) = delete;

  [[nodiscard]] bool is_kept() const { return bound_ > 0; }
  [[nodiscard]] double bound() const { return bound_; }

  /// Before the first update: finds the vectors of the learners' initial weights, which stay as they are.
  void begin(B& backend) {
    constexpr int iterations = 10;
    for (Entry& entry : entries_) {
      fill(backend, entry);
      for (int i = 0; i < iterations; ++i) apply(backend, entry, std::numeric_limits<double>::infinity());
    }
  }
  /// After the learners have been updated.
  void update(B& backend) {
    for (Entry& entry : entries_) apply(backend, entry, bound_);
  }

  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }

private:
  /// Calls @p visit(weight, offset of its vectors) and returns how many values all vectors have.
  template <class Visit>
  static std::ptrdiff_t for_weights(const Learner<B>& learner, const Visit& visit) {
    std::ptrdiff_t offset = 0;
    for (const LocatedParameter& located : learner.located_parameters()) {
      if (located.info.role != ParameterInfo::Role::weight) continue;
      visit(located, offset);
      offset += learner.members() * located.info.columns;
    }
    return offset;
  }

  /// Vectors of length 1 in directions that no weight has a reason to be blind to, the same in every run.
  static void fill(B& backend, Entry& entry) {
    const auto size = static_cast<std::size_t>(for_weights(*entry.learner, [](const auto&, std::ptrdiff_t) {}));
    std::vector<typename B::Scalar> values(size);
    RandomStream(0, Stream::spectral_vectors).fill_normal(0, values.data(), size);
    for_weights(*entry.learner, [&](const LocatedParameter& located, std::ptrdiff_t offset) {
      for (int member = 0; member < entry.learner->members(); ++member) {
        auto* vector = values.data() + offset + member * located.info.columns;
        double squares = 0;
        for (std::ptrdiff_t i = 0; i < located.info.columns; ++i) squares += double{vector[i]} * double{vector[i]};
        for (std::ptrdiff_t i = 0; i < located.info.columns; ++i)
          vector[i] = static_cast<typename B::Scalar>(vector[i] / std::sqrt(squares));
      }
    });
    entry.vectors.resize(size);
    backend.copy_from_host(values.data(), size, entry.vectors.data());
  }

  static void apply(B& backend, Entry& entry, double bound) {
    auto* weights = entry.learner->parameters().data();
    for_weights(*entry.learner, [&](const LocatedParameter& located, std::ptrdiff_t offset) {
      backend.bound_spectral_norms(entry.learner->members(), located.info.block(), bound, weights + located.offset,
                                   entry.vectors.data() + offset);
    });
  }

  double bound_;
  std::vector<Entry> entries_;
};

} // namespace zoetrope::detail
