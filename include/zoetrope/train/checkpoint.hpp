/// @file
/// The state of a training run in one .safetensors file: flat vectors, and what they belong to.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/io/safetensors.hpp"
#include "zoetrope/train/file_order.hpp"
#include "zoetrope/train/inventory.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace zoetrope {

/// The format that is written, and the oldest that is read. Format 1 recorded the seed and the architectures, and of
/// these not what stands in front of discriminators; format 2 records everything that a run depends on.
inline constexpr std::uint64_t checkpoint_format = 2, oldest_checkpoint_format = 1;

namespace detail {

/// An entry of the file's metadata, if it has it.
inline std::optional<std::string> recorded_in(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return std::nullopt;
  return found->second;
}

/// A whole number of the file's metadata.
inline std::uint64_t recorded_number(const SafetensorsFile& file, const std::string& key) {
  const auto text = recorded_in(file, key);
  require(text.has_value(), "in '", file.path().string(), "': expected a checkpoint of zoetrope, but '", key,
          "' is missing from the metadata");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  require(error == std::errc{} && end == text->data() + text->size(), "in '", file.path().string(), "': expected '",
          key, "' to be a whole number, but it is '", *text, "'");
  return value;
}

/// Whether a file of @p format records @p key where its run has it. Averages, bounds and frame generators that learn on
/// came after format 1: there were none.
inline bool records(std::uint64_t format, const std::string& key) {
  return format > 1 || key == "seed" || key.starts_with("architecture.") || key.ends_with(".weight_average") ||
         key.ends_with(".spectral_norm") || key.ends_with(".frames_learn_on");
}
/// Whether what a file of @p format says is what this version calls @p expected.
inline bool agrees(std::uint64_t format, const std::string& expected, const std::string& found) {
  return found == expected || (format == 1 && expected.starts_with(found + "; projection "));
}

template <Backend B>
inline constexpr bool memory_is_as_in_file = [] {
  constexpr ParameterBlock sample{.taps = 3, .rows = 5, .columns = 7};
  return B::memory_is_host && B::parameter_offset(sample, 1, 2, 3) == (1 * sample.rows + 2) * sample.columns + 3;
}();

/// Throws Error unless @p file is a checkpoint of a format that this version reads.
inline std::uint64_t checkpoint_format_of(const SafetensorsFile& file) {
  const auto format = recorded_number(file, "zoetrope.checkpoint");
  require(format >= oldest_checkpoint_format && format <= checkpoint_format, "in '", file.path().string(),
          "': expected checkpoint format ", oldest_checkpoint_format, " to ", checkpoint_format,
          ", but the file has format ", format, format > checkpoint_format ? ", of a newer zoetrope" : "");
  // A reader checks the checksum where there is one; damage to its name must not pass for a file without.
  require(file.metadata().contains(checksum_key), "in '", file.path().string(),
          "': expected a checkpoint with metadata '", checksum_key, "', but there is none; is the file damaged?");
  return format;
}

/// Writes all of @p run, with @p notes of the caller, to one file, whole or not at all.
template <Backend B>
void write_checkpoint(const std::filesystem::path& path, B& backend, const RunInventory<B>& run,
                      const std::map<std::string, std::string>& notes) {
  using Scalar = typename B::Scalar;
  SafetensorsWriter writer;
  for (const auto& [key, value] : notes) writer.set_metadata("note." + key, value);
  for (const auto& [key, value] : run.recorded()) writer.set_metadata(key, value);
  for (const auto& [key, value] : run.expected()) writer.set_metadata(key, value);
  writer.set_metadata("zoetrope.checkpoint", std::to_string(checkpoint_format));
  writer.set_metadata("steps.frames", std::to_string(run.steps().frames));
  if (run.steps().sequences) writer.set_metadata("steps.sequences", std::to_string(*run.steps().sequences));
  for (const auto& [name, count] : run.counts()) writer.set_metadata(name, std::to_string(*count));
  FileOrder<B> order(backend);
  for (const auto& vector : run.vectors()) {
    const std::size_t size = vector.buffer->size();
    const auto shape = std::vector<std::int64_t>{static_cast<std::int64_t>(size)};
    // A backend in host memory that orders parameters as the file does needs no copies.
    if constexpr (memory_is_as_in_file<B>)
      writer.add<Scalar>(vector.name, shape, std::span<const Scalar>(vector.buffer->data(), size));
    else
      writer.add_pieces<Scalar>(vector.name, shape, [&, size](std::size_t first, std::span<Scalar> to) {
        order.get(vector.blocks, vector.buffer->data(), size, first, to);
      });
  }
  writer.write(path);
}

/// Takes all of @p run from @p file. Throws Error, and changes nothing, where one part of it does not fit.
template <Backend B>
void read_checkpoint(const SafetensorsFile& file, B& backend, const RunInventory<B>& run) {
  using Scalar = typename B::Scalar;
  const auto format = checkpoint_format_of(file);
  const std::string where = "in '" + file.path().string() + "': ";
  for (const auto& [key, expected] : run.expected()) {
    if (!records(format, key)) continue;
    const auto found = recorded_in(file, key);
    require(found && agrees(format, expected, *found), where, "expected ", key, " '", expected,
            "', but the checkpoint has ", found ? "'" + *found + "'" : "none");
  }
  for (const auto& key : run.expected_none()) {
    const auto found = recorded_in(file, key);
    require(!found, where, "expected no ", key, ", but the checkpoint has '", found.value_or(""), "'");
  }
  for (const auto& vector : run.vectors()) {
    const auto& name = vector.name;
    require(file.contains(name), where, "expected tensor '", name, "', but there is none; is it of another optimizer?");
    require(file.tensor<Scalar>(name).size() == vector.buffer->size(), where, "expected ", vector.buffer->size(),
            " values of tensor '", name, "', got ", file.tensor<Scalar>(name).size());
  }
  for (const auto& name : file.names())
    require(
        std::any_of(run.vectors().begin(), run.vectors().end(), [&](const auto& known) { return known.name == name; }),
        where, "expected no tensor '", name, "'; is it of another optimizer?");
  std::vector<std::uint64_t> counts;
  for (const auto& [name, count] : run.counts()) counts.push_back(recorded_number(file, name));
  FileOrder<B> order(backend);
  for (const auto& vector : run.vectors()) {
    const auto values = file.tensor<Scalar>(vector.name);
    if constexpr (memory_is_as_in_file<B>)
      backend.copy_from_host(values.data(), values.size(), vector.buffer->data());
    else
      order.set(vector.blocks, values, vector.buffer->data());
  }
  for (std::size_t i = 0; i < counts.size(); ++i) *run.counts()[i].second = counts[i];
}

} // namespace detail

/// How far the run of a checkpoint is. Throws Error unless @p file is a checkpoint of a format
/// that this version reads.
inline CheckpointSteps checkpoint_steps(const SafetensorsFile& file) {
  (void)detail::checkpoint_format_of(file);
  CheckpointSteps steps;
  steps.frames = detail::recorded_number(file, "steps.frames");
  if (file.metadata().contains("steps.sequences")) steps.sequences = detail::recorded_number(file, "steps.sequences");
  return steps;
}

} // namespace zoetrope
