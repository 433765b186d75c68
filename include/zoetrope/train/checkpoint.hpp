/// @file
/// The state of a training run in one .safetensors file: flat vectors, and what they belong to.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/io/safetensors.hpp"
#include "zoetrope/nn/optimizer.hpp"
#include "zoetrope/train/file_order.hpp"
#include "zoetrope/version.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace zoetrope {

/// Steps done in each stage; sequences is empty until the second stage begins.
struct CheckpointSteps {
  std::uint64_t frames = 0;
  std::optional<std::uint64_t> sequences;

  /// Throws Error unless @p file is a checkpoint of a format that this version reads.
  static CheckpointSteps read(const SafetensorsFile& file) {
    const auto format = number(file, "zoetrope.checkpoint");
    require(format == current_format, "in '", file.path().string(), "': expected checkpoint format ", current_format,
            ", but the file has format ", format, format > current_format ? ", of a newer zoetrope" : "");
    // A reader checks the checksum where there is one; damage to its name must not pass for a file without.
    require(file.metadata().contains(checksum_key), "in '", file.path().string(),
            "': expected a checkpoint with metadata '", checksum_key, "', but there is none; is the file damaged?");
    CheckpointSteps steps;
    steps.frames = number(file, "steps.frames");
    if (file.metadata().contains("steps.sequences")) steps.sequences = number(file, "steps.sequences");
    return steps;
  }

  static constexpr std::uint64_t current_format = 1;

  /// A whole number of the file's metadata.
  static std::uint64_t number(const SafetensorsFile& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    require(found != file.metadata().end(), "in '", file.path().string(), "': expected a checkpoint of zoetrope, but '",
            key, "' is missing from the metadata");
    std::uint64_t value = 0;
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(error == std::errc{} && end == text.data() + text.size(), "in '", file.path().string(), "': expected '",
            key, "' to be a whole number, but it is '", text, "'");
    return value;
  }
};

/// A list of the vectors that make up a run. Writing takes them all; reading checks them all before it changes one.
template <Backend B>
class Checkpoint {
public:
  using Scalar = typename B::Scalar;

  Checkpoint(B& backend, std::uint64_t seed) : backend_(backend) { metadata_["seed"] = std::to_string(seed); }

  /// @p blocks name the parts of @p buffer whose order is the backend's.
  void add(const std::string& name, typename B::Buffer& buffer, std::vector<PlacedBlock> blocks) {
    if (buffer.size() > 0) vectors_.push_back({name, &buffer, std::move(blocks)});
  }
  template <class Net>
  void add_network(const std::string& name, const std::string& architecture, Net& network) {
    metadata_["architecture." + name] = architecture;
    add(name + ".parameters", network.parameters(), network.placed_blocks());
    add(name + ".statistics", network.statistics(), {});
  }
  void add_optimizer(const std::string& name, OptimizerState<B>& state, const std::vector<PlacedBlock>& blocks) {
    add(name + ".average", state.average, blocks);
    add(name + ".square_average", state.square_average, blocks);
    updates_.push_back({name + ".updates", &state.updates});
  }
  void set_steps(const CheckpointSteps& steps) { steps_ = steps; }

  void write(const std::filesystem::path& path, const std::map<std::string, std::string>& notes) const {
    SafetensorsWriter writer;
    for (const auto& [key, value] : notes) writer.set_metadata("note." + key, value);
    for (const auto& [key, value] : metadata_) writer.set_metadata(key, value);
    writer.set_metadata("zoetrope.checkpoint", std::to_string(CheckpointSteps::current_format));
    writer.set_metadata("steps.frames", std::to_string(steps_.frames));
    if (steps_.sequences) writer.set_metadata("steps.sequences", std::to_string(*steps_.sequences));
    for (const auto& [name, count] : updates_) writer.set_metadata(name, std::to_string(*count));
    FileOrder<B> order(backend_);
    for (const auto& vector : vectors_) {
      const std::size_t size = vector.buffer->size();
      const auto shape = std::vector<std::int64_t>{static_cast<std::int64_t>(size)};
      if constexpr (memory_is_as_in_file)
        writer.add<Scalar>(vector.name, shape, std::span<const Scalar>(vector.buffer->data(), size));
      else
        writer.add_pieces<Scalar>(vector.name, shape, [&, size](std::size_t first, std::span<Scalar> to) {
          order.get(vector.blocks, vector.buffer->data(), size, first, to);
        });
    }
    writer.write(path);
  }

  void read(const SafetensorsFile& file) {
    const std::string where = "in '" + file.path().string() + "': ";
    for (const auto& [key, expected] : metadata_) {
      const auto found = file.metadata().find(key);
      require(found != file.metadata().end() && found->second == expected, where, "expected ", key, " '", expected,
              "', but the checkpoint has ", found == file.metadata().end() ? "none" : "'" + found->second + "'");
    }
    for (const auto& vector : vectors_) {
      const auto& name = vector.name;
      require(file.contains(name), where, "expected tensor '", name,
              "', but there is none; is it of another optimizer?");
      require(file.tensor<Scalar>(name).size() == vector.buffer->size(), where, "expected ", vector.buffer->size(),
              " values of tensor '", name, "', got ", file.tensor<Scalar>(name).size());
    }
    for (const auto& name : file.names())
      require(std::any_of(vectors_.begin(), vectors_.end(), [&](const auto& known) { return known.name == name; }),
              where, "expected no tensor '", name, "'; is it of another optimizer?");
    std::vector<std::uint64_t> counts;
    for (const auto& [name, count] : updates_) counts.push_back(CheckpointSteps::number(file, name));
    FileOrder<B> order(backend_);
    for (const auto& vector : vectors_) {
      const auto values = file.tensor<Scalar>(vector.name);
      if constexpr (memory_is_as_in_file)
        backend_.copy_from_host(values.data(), values.size(), vector.buffer->data());
      else
        order.set(vector.blocks, values, vector.buffer->data());
    }
    for (std::size_t i = 0; i < counts.size(); ++i) *updates_[i].second = counts[i];
  }

private:
  static constexpr ParameterBlock sample{.taps = 3, .rows = 5, .columns = 7};
  /// A backend in host memory that orders parameters as the file does needs no copies.
  static constexpr bool memory_is_as_in_file =
      B::memory_is_host && B::parameter_place(sample, 1, 2, 3) == (1 * sample.rows + 2) * sample.columns + 3;

  struct Vector {
    std::string name;
    typename B::Buffer* buffer;
    std::vector<PlacedBlock> blocks;
  };

  B& backend_;
  std::map<std::string, std::string> metadata_;
  std::vector<Vector> vectors_;
  std::vector<std::pair<std::string, std::uint64_t*>> updates_;
  CheckpointSteps steps_;
};

} // namespace zoetrope
