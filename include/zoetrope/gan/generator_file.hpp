/// @file
/// Generators on disk, for zoetrope and for PyTorch: .safetensors with the names, layouts and gate order of an
/// nn.Sequential of the same layers, so that load_state_dict() takes them.
#pragma once

#include "zoetrope/gan/generator.hpp"
#include "zoetrope/io/half.hpp"
#include "zoetrope/io/safetensors.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>

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
    typename B::Buffer* vector;
  };
  std::vector<Tensor> tensors;

  void write(const std::filesystem::path& path, const std::map<std::string, std::string>& notes,
             StoredWeights stored) const {
    SafetensorsWriter writer;
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
    for (const auto& [located, vector] : tensors) {
      const auto& copy = values.emplace_back(get_parameter(backend, *vector, located));
      if (located.info.shape.empty()) {
        const auto& count = counts.emplace_back(static_cast<std::int64_t>(copy[0]));
        writer.add<std::int64_t>(located.info.name, {}, std::span(&count, 1));
      } else if (stored == StoredWeights::half && located.info.shape.size() > 1) {
        auto& rounded = halves.emplace_back();
        for (const Scalar value : copy) {
          rounded.push_back(to_half(static_cast<float>(value)));
          require(std::isfinite(from_half(rounded.back())), "'", path.string(),
                  "' cannot be written in 16 bits: tensor '", located.info.name, "' holds ", value);
        }
        writer.add<Half>(located.info.name, located.info.shape, std::span<const Half>(rounded));
      } else {
        writer.add<Scalar>(located.info.name, located.info.shape, std::span<const Scalar>(copy));
      }
    }
    writer.write(path);
  }

  void read(const SafetensorsFile& file) const {
    const auto written = file.metadata().find("architecture");
    require(written == file.metadata().end() || written->second == description, "in '", file.path().string(),
            "': expected a generator '", description, "', got '",
            written == file.metadata().end() ? "" : written->second, "'");
    for (const auto& tensor : tensors) check(file, tensor.located);
    for (const auto& [located, vector] : tensors) {
      if (located.info.shape.empty()) {
        const auto count = static_cast<Scalar>(file.tensor<std::int64_t>(located.info.name)[0]);
        set_parameter(backend, *vector, located, 0, &count);
      } else {
        set_parameter(backend, *vector, located, 0, values_of(file, located.info.name).data());
      }
    }
  }

private:
  static std::vector<Scalar> values_of(const SafetensorsFile& file, const std::string& name) {
    if (file.type(name) != ElementType::f16) {
      const auto values = file.tensor<Scalar>(name);
      return {values.begin(), values.end()};
    }
    std::vector<Scalar> values;
    for (const Half value : file.tensor<Half>(name)) values.push_back(static_cast<Scalar>(from_half(value)));
    return values;
  }

  void check(const SafetensorsFile& file, const LocatedParameter& located) const {
    const std::string& name = located.info.name;
    const std::string where = "in '" + file.path().string() + "': ";
    require(file.contains(name), where, "expected tensor '", name, "' of ", description, ", but there is none");
    require(file.shape(name) == located.info.shape, where, "expected tensor '", name, "' of shape ",
            text(located.info.shape), ", got ", text(file.shape(name)));
    if (located.info.shape.empty())
      (void)file.tensor<std::int64_t>(name);
    else if (file.type(name) != ElementType::f16)
      (void)file.tensor<Scalar>(name);
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
    const auto add = [&](const std::vector<LocatedParameter>& all, typename B::Buffer& vector) {
      for (const auto& located : all) {
        result.tensors.push_back({located, &vector});
        auto& info = result.tensors.back().located.info;
        info.name = joined_name(name, info.name);
      }
    };
    add(learner.located_parameters(), learner.parameters());
    add(learner.located_statistics(), learner.statistics());
  });
  return result;
}

} // namespace detail

/// Writes parameters ("0.weight", ...) and running statistics ("1.running_mean", ...; num_batches_tracked as int64),
/// with @p notes and the generator's description in the metadata; of several learners each adds its name before. As @p
/// stored says, tensors of two dimensions or more are rounded to 16 bits; biases and statistics never are. Throws Error
/// where @p path cannot be written, where a weight exceeds the range of 16 bits, and where a note is called
/// "architecture".
template <SampleGenerator G>
void save_generator(const std::filesystem::path& path, G& generator,
                    const std::map<std::string, std::string>& notes = {}, StoredWeights stored = StoredWeights::exact) {
  detail::named_tensors(generator).write(path, notes, stored);
}

/// Reads what save_generator() or PyTorch wrote, in the generator's own type or in 16 bits. Throws Error, and changes
/// nothing, unless every tensor is there with the architecture's shape, and the generator's description is the same
/// where the file has one.
template <SampleGenerator G>
void load_generator(const SafetensorsFile& file, G& generator) {
  detail::named_tensors(generator).read(file);
}
template <SampleGenerator G>
void load_generator(const std::filesystem::path& path, G& generator) {
  load_generator(SafetensorsFile(path), generator);
}

} // namespace zoetrope
