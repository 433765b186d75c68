/// @file
/// Generators on disk, for zoetrope and for PyTorch: .safetensors with the names, layouts and gate order of an
/// nn.Sequential of the same layers, so that load_state_dict() takes them.
#pragma once

#include "zoetrope/gan/generator.hpp"
#include "zoetrope/io/half.hpp"
#include "zoetrope/io/safetensors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

namespace zoetrope {

namespace detail {

/// A generator's tensors by name; a count (a scalar) is int64 in the file.
template <Backend B>
struct NamedTensors {
  using Scalar = typename B::Scalar;

  const B& backend;
  std::string description;
  struct Tensor {
    LocatedParameter located; ///< its name is the file's
    Learner<B>* learner;
    bool is_statistic;
    [[nodiscard]] const typename B::Buffer& vector() const {
      return is_statistic ? std::as_const(*learner).statistics() : std::as_const(*learner).parameters();
    }
    [[nodiscard]] typename B::Buffer& vector_to_write() const {
      return is_statistic ? learner->statistics() : learner->parameters();
    }
  };
  std::vector<Tensor> tensors;

  void write(const std::filesystem::path& path, const std::map<std::string, std::string>& notes,
             StoredWeights stored) const {
    SafetensorsWriter writer;
    const std::string file = path.string();
    require(!notes.contains("architecture"), "the note 'architecture' of a generator is written by zoetrope itself");
    for (const auto& [key, value] : notes) writer.set_metadata(key, value);
    writer.set_metadata("architecture", description);
    std::vector<std::vector<Scalar>> values;
    std::vector<std::vector<Half>> halves;
    std::vector<std::int64_t> counts;
    // The writer refers to what is added: nothing may move.
    halves.reserve(tensors.size());
    values.reserve(tensors.size());
    counts.reserve(tensors.size());
    for (const auto& tensor : tensors) {
      const auto& located = tensor.located;
      const auto& copy = values.emplace_back(get_parameter(backend, tensor.vector(), located));
      for (const Scalar value : copy)
        require(may_hold(located.info, value), "'", file, "' cannot be written: tensor '", located.info.name,
                "' holds ", value);
      if (located.info.shape.empty()) {
        const auto& count = counts.emplace_back(static_cast<std::int64_t>(copy[0]));
        writer.add<std::int64_t>(located.info.name, {}, std::span(&count, 1));
      } else if (stored == StoredWeights::half && located.info.shape.size() > 1) {
        auto& rounded = halves.emplace_back();
        for (const Scalar value : copy) {
          rounded.push_back(to_half(static_cast<float>(value)));
          require(std::isfinite(from_half(rounded.back())), "'", file, "' cannot be written in 16 bits: tensor '",
                  located.info.name, "' holds ", value);
        }
        writer.add<Half>(located.info.name, located.info.shape, std::span<const Half>(rounded));
      } else {
        writer.add<Scalar>(located.info.name, located.info.shape, std::span<const Scalar>(copy));
      }
    }
    writer.write(path);
  }

  /// The file's names are @p prefix and ours.
  void read(const SafetensorsFile& file, const std::string& prefix) const {
    const auto written = file.metadata().find("architecture");
    require(written == file.metadata().end() || written->second == description, where(file), "expected a generator '",
            description, "', got '", written == file.metadata().end() ? "" : written->second, "'");
    for (const auto& tensor : tensors) check_shape(file, prefix, tensor.located);
    check_others(file, prefix);
    // All values before any of them is taken: a file that does not fit changes nothing.
    std::vector<std::vector<Scalar>> values;
    for (const auto& tensor : tensors) values.push_back(checked_values(file, prefix, tensor.located.info));
    for (std::size_t i = 0; i < tensors.size(); ++i)
      set_parameter(backend, tensors[i].vector_to_write(), tensors[i].located, 0, values[i].data());
  }

private:
  static std::string where(const SafetensorsFile& file) { return "in '" + file.path().string() + "': "; }

  static bool may_hold(const ParameterInfo& info, Scalar value) {
    const bool is_count = info.shape.empty();
    return std::isfinite(value) && static_cast<double>(value) >= info.least &&
           (!is_count || value == std::floor(value));
  }

  static std::vector<Scalar> checked_values(const SafetensorsFile& file, const std::string& prefix,
                                            const ParameterInfo& info) {
    const std::string name = prefix + info.name;
    auto values = file.numbers<Scalar>(name);
    const auto wrong = std::find_if(values.begin(), values.end(), [&](Scalar value) { return !may_hold(info, value); });
    if (wrong != values.end()) {
      const auto i = static_cast<std::size_t>(wrong - values.begin());
      fail(where(file), "expected tensor '", name, "' to hold finite ",
           info.shape.empty()              ? "whole numbers"
           : std::is_same_v<Scalar, float> ? "floats"
                                           : "doubles",
           info.least == 0 ? " of at least 0" : "", ", got ", file.numbers<double>(name)[i], " at index ", i);
    }
    return values;
  }

  void check_shape(const SafetensorsFile& file, const std::string& prefix, const LocatedParameter& located) const {
    const std::string name = prefix + located.info.name;
    require(file.contains(name), where(file), "expected tensor '", name, "' of ", description, ", but there is none",
            other_prefix(file, located.info.name));
    require(file.shape(name) == located.info.shape, where(file), "expected tensor '", name, "' of shape ",
            text(located.info.shape), ", got ", text(file.shape(name)));
  }

  /// Throws Error where the file has another tensor that could be a weight: the network that it belongs to computes
  /// something else. Counts and flags, and what other prefixes stand before, are nobody's weights here.
  void check_others(const SafetensorsFile& file, const std::string& prefix) const {
    std::set<std::string> known;
    for (const auto& tensor : tensors) known.insert(prefix + tensor.located.info.name);
    for (const auto& name : file.names())
      require(known.contains(name) || !name.starts_with(prefix) || !is_floating_point(file.type(name)), where(file),
              "expected no tensor '", name, "' of type ", element_name(file.type(name)), ": ", description,
              " has no such tensor");
  }

  /// Where the file has a tensor @p name behind a prefix: which that is.
  static std::string other_prefix(const SafetensorsFile& file, const std::string& name) {
    for (const auto& found : file.names())
      if (found.ends_with("." + name))
        return "; there is '" + found + "', whose prefix would be '" + found.substr(0, found.size() - name.size()) +
               "'";
    return {};
  }

  static std::string text(const std::vector<std::int64_t>& shape) {
    std::string joined;
    for (const auto size : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(size);
    return "(" + joined + ")";
  }
};

template <SampleGenerator G>
NamedTensors<typename G::BackendType> named_tensors(G& generator) {
  using B = typename G::BackendType;
  NamedTensors<B> result{generator.backend(), generator.description(), {}};
  generator.visit_learners([&](const std::string& name, Learner<B>& learner) {
    require(learner.members() == 1, "a generator's file expected a learner of one member, got ", learner.members());
    const auto add = [&](const std::vector<LocatedParameter>& all, bool are_statistics) {
      for (const auto& located : all) {
        result.tensors.push_back({located, &learner, are_statistics});
        auto& info = result.tensors.back().located.info;
        info.name = joined_name(name, info.name);
      }
    };
    add(learner.located_parameters(), false);
    add(learner.located_statistics(), true);
  });
  return result;
}

} // namespace detail

/// Writes parameters ("0.weight", ...) and running statistics ("1.running_mean", ...; num_batches_tracked as int64),
/// with @p notes and the generator's description in the metadata; of several learners each adds its name before. As @p
/// stored says, tensors of two dimensions or more are rounded to 16 bits; biases and statistics never are. Throws Error
/// where @p path cannot be written, where the generator has no values yet or one that is not finite, where a weight
/// exceeds the range of 16 bits, and where a note is called "architecture".
template <SampleGenerator G>
void save_generator(const std::filesystem::path& path, G& generator,
                    const std::map<std::string, std::string>& notes = {}, StoredWeights stored = StoredWeights::exact) {
  require_values("a generator", generator);
  detail::named_tensors(generator).write(path, notes, stored);
}

/// Reads what save_generator() or PyTorch wrote, numbers of any type. Before its names stands @p prefix, such as
/// "module." (DistributedDataParallel) or "_orig_mod." (torch.compile); tensors with other names than that are of other
/// networks. Throws Error, and changes nothing, unless every tensor is there with the architecture's shape and finite
/// values, variances and counts of at least 0, no other tensor of floating-point numbers is, and the generator's
/// description is the same where the file has one.
template <SampleGenerator G>
void load_generator(const SafetensorsFile& file, G& generator, const std::string& prefix = "") {
  detail::named_tensors(generator).read(file, prefix);
}
template <SampleGenerator G>
void load_generator(const std::filesystem::path& path, G& generator, const std::string& prefix = "") {
  load_generator(SafetensorsFile(path), generator, prefix);
}

} // namespace zoetrope
