/// @file
/// Generators on disk, for zoetrope and for PyTorch: .safetensors with the names, layouts and gate order of an
/// nn.Sequential of the same layers, so that load_state_dict() takes them.
#pragma once

#include "zoetrope/gan/generator.hpp"
#include "zoetrope/io/safetensors.hpp"

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>

namespace zoetrope {

namespace detail {

template <class Scalar>
Half to_half(Scalar value) {
  return Half{Eigen::half_impl::float_to_half_rtne(static_cast<float>(value)).x};
}
template <class Scalar>
Scalar from_half(Half value) {
  return static_cast<Scalar>(
      Eigen::half_impl::half_to_float(Eigen::half_impl::raw_uint16_to_half(static_cast<std::uint16_t>(value))));
}

/// A network's tensors by name; a count (a scalar) is int64 in the file.
template <Backend B>
struct NamedTensors {
  using Scalar = typename B::Scalar;

  const B& backend;
  std::string architecture;
  std::vector<PlacedParameter> parameters, statistics;
  typename B::Buffer& parameter_vector;
  typename B::Buffer& statistic_vector;

  template <class Use>
  void for_each(const Use& use) const {
    for (const auto& placed : parameters) use(placed, parameter_vector);
    for (const auto& placed : statistics) use(placed, statistic_vector);
  }

  void write(const std::filesystem::path& path, const std::map<std::string, std::string>& notes,
             StoredWeights stored) const {
    SafetensorsWriter writer;
    require(!notes.contains("architecture"), "the note 'architecture' of a generator is written by zoetrope itself");
    for (const auto& [key, value] : notes) writer.set_metadata(key, value);
    writer.set_metadata("architecture", architecture);
    std::vector<std::vector<Scalar>> values;
    std::vector<std::vector<Half>> halves;
    std::vector<std::int64_t> counts;
    halves.reserve(parameters.size());
    values.reserve(parameters.size() + statistics.size());
    counts.reserve(statistics.size());
    for_each([&](const PlacedParameter& placed, const auto& vector) {
      const auto& copy = values.emplace_back(get_parameter(backend, vector, placed));
      if (placed.info.shape.empty()) {
        const auto& count = counts.emplace_back(static_cast<std::int64_t>(copy[0]));
        writer.add<std::int64_t>(placed.info.name, {}, std::span(&count, 1));
      } else if (stored == StoredWeights::half && placed.info.shape.size() > 1) {
        auto& rounded = halves.emplace_back();
        for (const Scalar value : copy) {
          rounded.push_back(to_half(value));
          require(std::isfinite(from_half<float>(rounded.back())), "'", path.string(),
                  "' cannot be written in 16 bits: tensor '", placed.info.name, "' holds ", value);
        }
        writer.add<Half>(placed.info.name, placed.info.shape, std::span<const Half>(rounded));
      } else {
        writer.add<Scalar>(placed.info.name, placed.info.shape, std::span<const Scalar>(copy));
      }
    });
    writer.write(path);
  }

  void read(const SafetensorsFile& file) const {
    const auto written = file.metadata().find("architecture");
    require(written == file.metadata().end() || written->second == architecture, "in '", file.path().string(),
            "': expected a generator '", architecture, "', got '",
            written == file.metadata().end() ? "" : written->second, "'");
    for_each([&](const PlacedParameter& placed, const auto&) { check(file, placed); });
    for_each([&](const PlacedParameter& placed, auto& vector) {
      if (placed.info.shape.empty()) {
        const auto count = static_cast<Scalar>(file.tensor<std::int64_t>(placed.info.name)[0]);
        set_parameter(backend, vector, placed, 0, &count);
      } else {
        set_parameter(backend, vector, placed, 0, values_of(file, placed.info.name).data());
      }
    });
  }

private:
  static std::vector<Scalar> values_of(const SafetensorsFile& file, const std::string& name) {
    if (file.type(name) != ElementType::f16) {
      const auto values = file.tensor<Scalar>(name);
      return {values.begin(), values.end()};
    }
    std::vector<Scalar> values;
    for (const Half value : file.tensor<Half>(name)) values.push_back(from_half<Scalar>(value));
    return values;
  }

  void check(const SafetensorsFile& file, const PlacedParameter& placed) const {
    const std::string& name = placed.info.name;
    const std::string where = "in '" + file.path().string() + "': ";
    require(file.contains(name), where, "expected tensor '", name, "' of ", architecture, ", but there is none");
    require(file.shape(name) == placed.info.shape, where, "expected tensor '", name, "' of shape ",
            text(placed.info.shape), ", got ", text(file.shape(name)));
    if (placed.info.shape.empty())
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

template <AnyGenerator G>
NamedTensors<typename G::BackendType> named_tensors(G& generator) {
  auto& network = generator.network();
  return {network.backend(),           G::Architecture::description(), network.placed_parameters(),
          network.placed_statistics(), network.parameters(),           network.statistics()};
}

} // namespace detail

/// Writes parameters ("0.weight", ...) and running statistics ("1.running_mean", ...; num_batches_tracked as int64),
/// with @p notes and the architecture's description in the metadata. As @p stored says, tensors of two dimensions or
/// more are rounded to 16 bits; biases and statistics never are. Throws Error where @p path cannot be written, where a
/// weight exceeds the range of 16 bits, and where a note is called "architecture".
template <AnyGenerator G>
void save_generator(const std::filesystem::path& path, G& generator,
                    const std::map<std::string, std::string>& notes = {}, StoredWeights stored = StoredWeights::exact) {
  detail::named_tensors(generator).write(path, notes, stored);
}

/// Reads what save_generator() or PyTorch wrote, in the generator's own type or in 16 bits. Throws Error, and changes
/// nothing, unless every tensor is there with the architecture's shape, and the architecture's description is the same
/// where the file has one.
template <AnyGenerator G>
void load_generator(const SafetensorsFile& file, G& generator) {
  detail::named_tensors(generator).read(file);
}
template <AnyGenerator G>
void load_generator(const std::filesystem::path& path, G& generator) {
  load_generator(SafetensorsFile(path), generator);
}

} // namespace zoetrope
