/// @file
/// What learns, apart from what it computes: flat vectors of parameters, gradients and running statistics, and what
/// lies where in them. Optimizers, checkpoints and files need to know no more.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/nn/layer.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// Where one parameter, or one running statistic, lies: member m's copy starts at offset + m * info.size().
struct LocatedParameter {
  ParameterInfo info; ///< its name begins with the layer's index: "3.weight"
  std::ptrdiff_t offset;
};

namespace detail {

/// Appends a layer's parameters, named by its index, behind those that are there already.
inline void append_located(std::vector<LocatedParameter>& located, std::size_t layer, std::vector<ParameterInfo> infos,
                           int members) {
  for (auto& info : infos) {
    info.name = std::to_string(layer) + "." + info.name;
    const std::ptrdiff_t offset = located.empty() ? 0 : located.back().offset + members * located.back().info.size();
    located.push_back({std::move(info), offset});
  }
}

/// What a layer's parameters, or its running statistics, are.
using ListOfLayer = std::vector<ParameterInfo> (*)();

/// Those of all layers, of which null has none, behind each other.
inline std::vector<LocatedParameter> located(std::initializer_list<ListOfLayer> layers, int members) {
  std::vector<LocatedParameter> result;
  std::size_t layer = 0;
  for (const ListOfLayer list : layers) {
    if (list != nullptr) append_located(result, layer, list(), members);
    ++layer;
  }
  return result;
}

inline std::size_t located_size(const std::vector<LocatedParameter>& located, int members) {
  return located.empty() ? 0 : static_cast<std::size_t>(located.back().offset + members * located.back().info.size());
}

/// Calls @p move(index in memory, index in PyTorch's order) for every element.
template <Backend B, class Move>
void for_elements(const ParameterBlock& block, const Move& move) {
  for (std::ptrdiff_t tap = 0; tap < block.taps; ++tap)
    for (std::ptrdiff_t row = 0; row < block.rows; ++row)
      for (std::ptrdiff_t column = 0; column < block.columns; ++column)
        move(static_cast<std::size_t>(B::parameter_offset(block, tap, row, column)),
             static_cast<std::size_t>((column * block.rows + row) * block.taps + tap));
}

} // namespace detail

/// One member's values of @p located out of a flat @p vector, in PyTorch's element order.
template <Backend B>
std::vector<typename B::Scalar> get_parameter(const B& backend, const typename B::Buffer& vector,
                                              const LocatedParameter& located, int member = 0) {
  std::vector<typename B::Scalar> here(static_cast<std::size_t>(located.info.size())), result(here.size());
  backend.copy_to_host(vector.data() + located.offset + member * located.info.size(), here.size(), here.data());
  detail::for_elements<B>(located.info.block(),
                          [&](std::size_t inner, std::size_t outer) { result[outer] = here[inner]; });
  return result;
}

/// Puts @p values, in PyTorch's element order, into a flat @p vector.
template <Backend B>
void set_parameter(const B& backend, typename B::Buffer& vector, const LocatedParameter& located, int member,
                   const typename B::Scalar* values) {
  std::vector<typename B::Scalar> here(static_cast<std::size_t>(located.info.size()));
  detail::for_elements<B>(located.info.block(),
                          [&](std::size_t inner, std::size_t outer) { here[inner] = values[outer]; });
  backend.copy_from_host(here.data(), here.size(), vector.data() + located.offset + member * located.info.size());
}

/// The state of what learns on backend @p B, with K members: a network, whose layers compute with it, or anything else
/// that has parameters and writes their gradients. Parameters, gradients and statistics are three flat vectors, layer
/// first, member second.
template <Backend B>
class Learner {
public:
  using Scalar = typename B::Scalar;
  using Buffer = typename B::Buffer;

  /// Parameters and statistics are zero at first. Throws Error unless @p members is positive.
  Learner(std::shared_ptr<B> backend, int members, std::vector<LocatedParameter> parameters,
          std::vector<LocatedParameter> statistics)
      : backend_(std::move(backend)), members_(members), located_parameters_(std::move(parameters)),
        located_statistics_(std::move(statistics)) {
    require(members > 0, "a network expected a positive number of members, got ", members);
    parameters_.resize(detail::located_size(located_parameters_, members));
    statistics_.resize(detail::located_size(located_statistics_, members));
    backend_->fill(parameters_.data(), parameters_.size(), Scalar(0));
    backend_->fill(statistics_.data(), statistics_.size(), Scalar(0));
  }

  /// gradients() are zero afterwards. They are written as such only where somebody reads them before they are added to.
  void clear_gradients() { gradients_are_zero_ = true; }
  /// Gives back the memory of gradients(): they are zero again.
  void drop_gradients() {
    backend_->forget(gradients_.data(), gradients_.size());
    gradients_ = {};
    gradients_are_zero_ = true;
  }

  [[nodiscard]] B& backend() { return *backend_; }
  [[nodiscard]] int members() const { return members_; }
  [[nodiscard]] const Buffer& parameters() const { return parameters_; }
  /// To be written: whoever asks is taken to give them values.
  [[nodiscard]] Buffer& parameters() {
    has_values_ = true;
    return parameters_;
  }
  /// Whether anyone has given the parameters values, such as initialize() or load_generator(): until then all are zero.
  [[nodiscard]] bool has_values() const { return has_values_; }
  /// Zero, and without memory, until something has asked for them.
  [[nodiscard]] Buffer& gradients() {
    reserve_gradients();
    if (std::exchange(gradients_are_zero_, false)) backend_->fill(gradients_.data(), gradients_.size(), Scalar(0));
    return gradients_;
  }
  [[nodiscard]] const Buffer& statistics() const { return statistics_; }
  [[nodiscard]] Buffer& statistics() { return statistics_; }

  /// Every parameter in the order of parameters().
  [[nodiscard]] const std::vector<LocatedParameter>& located_parameters() const { return located_parameters_; }
  /// Every running statistic in the order of statistics(), with PyTorch's names.
  [[nodiscard]] const std::vector<LocatedParameter>& located_statistics() const { return located_statistics_; }
  /// Every parameter, as a checkpoint needs to know it.
  [[nodiscard]] std::vector<LocatedBlock> located_blocks() const {
    std::vector<LocatedBlock> result;
    for (const auto& located : located_parameters_) result.push_back({located.info.block(), located.offset, members_});
    return result;
  }

  /// get_parameter() and set_parameter() on this learner's vectors.
  [[nodiscard]] std::vector<Scalar> get(const Buffer& vector, const LocatedParameter& located, int member) const {
    return get_parameter(*backend_, vector, located, member);
  }
  void set(Buffer& vector, const LocatedParameter& located, int member, const Scalar* values) {
    set_parameter(*backend_, vector, located, member, values);
  }

protected:
  void reserve_gradients() {
    if (gradients_.size() > 0) return;
    gradients_.resize(parameters_.size());
    gradients_are_zero_ = true;
  }

  std::shared_ptr<B> backend_;
  int members_;
  std::vector<LocatedParameter> located_parameters_, located_statistics_;
  bool has_values_ = false;
  bool gradients_are_zero_ = true; ///< whatever their memory holds
  Buffer parameters_, gradients_, statistics_;
};

/// The name of learner or vector @p inner of a part called @p outer: "outer.inner", or one of them where the other is
/// empty.
inline std::string joined_name(const std::string& outer, const std::string& inner) {
  return outer.empty() || inner.empty() ? outer + inner : outer + "." + inner;
}

namespace detail {
inline void require_values(const char* name, const std::string& inner, bool has_values) {
  if (!has_values)
    fail("expected ", name, " with values, but nobody has initialised or loaded ",
         inner.empty() ? "any" : "those of '" + inner + "'");
}
} // namespace detail

/// Throws Error where one of @p owner's learners has no values yet: @p owner, a generator or an ensemble called @p name
/// in the sentence, was neither initialised nor loaded.
template <class Owner>
void require_values(const char* name, Owner& owner) {
  owner.visit_learners([name](const std::string& inner, const auto& learner) {
    detail::require_values(name, inner, learner.has_values());
  });
}

} // namespace zoetrope
