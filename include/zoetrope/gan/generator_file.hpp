/// @file
/// Generators on disk, for zoetrope and for PyTorch: .safetensors with the names, layouts and gate order of an
/// nn.Sequential of the same layers, so that load_state_dict() takes them.
#pragma once

#include "zoetrope/gan/generator.hpp"
#include "zoetrope/io/safetensors.hpp"

#include <filesystem>
#include <map>

namespace zoetrope {

/// Writes parameters ("0.weight", ...) and running statistics ("1.running_mean", ...; num_batches_tracked as int64),
/// with @p notes and the architecture's description in the metadata.
template <AnyGenerator G>
void save_generator(const std::filesystem::path& path, G& generator,
                    const std::map<std::string, std::string>& notes = {}) {
  auto& network = generator.network();
  SafetensorsWriter writer;
  for (const auto& [key, value] : notes) writer.set_metadata(key, value);
  writer.set_metadata("architecture", G::Architecture::description());
  std::vector<std::vector<typename G::Scalar>> values;
  std::vector<std::int64_t> counts;
  const auto parameters = network.placed_parameters(), statistics = network.placed_statistics();
  values.reserve(parameters.size() + statistics.size());
  counts.reserve(statistics.size());
  const auto add = [&](const PlacedParameter& placed, auto& buffer) {
    const auto& copy = values.emplace_back(network.get(buffer, placed, 0));
    if (placed.info.shape.empty())
      writer.add<std::int64_t>(placed.info.name, {},
                               std::span(&counts.emplace_back(static_cast<std::int64_t>(copy[0])), 1));
    else
      writer.add<typename G::Scalar>(placed.info.name, placed.info.shape, std::span<const typename G::Scalar>(copy));
  };
  for (const auto& placed : parameters) add(placed, network.parameters());
  for (const auto& placed : statistics) add(placed, network.statistics());
  writer.write(path);
}

/// Reads what save_generator() or PyTorch wrote. Throws Error, and changes nothing, unless every tensor is there with
/// the architecture's shape.
template <AnyGenerator G>
void load_generator(const SafetensorsFile& file, G& generator) {
  using Scalar = typename G::Scalar;
  auto& network = generator.network();
  const auto parameters = network.placed_parameters(), statistics = network.placed_statistics();
  const auto text = [](const std::vector<std::int64_t>& shape) {
    std::string joined;
    for (const auto size : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(size);
    return "(" + joined + ")";
  };
  const auto check = [&](const PlacedParameter& placed) {
    const std::string& name = placed.info.name;
    require(file.contains(name), "in '", file.path().string(), "': expected tensor '", name, "' of ",
            G::Architecture::description(), ", but there is none");
    require(file.shape(name) == placed.info.shape, "in '", file.path().string(), "': expected tensor '", name,
            "' of shape ", text(placed.info.shape), ", got ", text(file.shape(name)));
    if (placed.info.shape.empty())
      (void)file.tensor<std::int64_t>(name);
    else
      (void)file.tensor<Scalar>(name);
  };
  for (const auto& placed : parameters) check(placed);
  for (const auto& placed : statistics) check(placed);
  for (const auto& placed : parameters)
    network.set(network.parameters(), placed, 0, file.tensor<Scalar>(placed.info.name).data());
  for (const auto& placed : statistics) {
    if (placed.info.shape.empty()) {
      const auto count = static_cast<Scalar>(file.tensor<std::int64_t>(placed.info.name)[0]);
      network.set(network.statistics(), placed, 0, &count);
    } else {
      network.set(network.statistics(), placed, 0, file.tensor<Scalar>(placed.info.name).data());
    }
  }
}

} // namespace zoetrope
