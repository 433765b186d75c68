/// @file
/// Writes named tensors as one safetensors file, as a whole or not at all.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/io/tensor_format.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// Collects views of tensors and writes them. The same content gives the same bytes, in whatever order it was added.
class SafetensorsWriter {
public:
  /// Sets a metadata entry, in place of an earlier one of that key. Throws Error for the key of the checksum, which the
  /// writer sets itself.
  void set_metadata(std::string key, std::string value) {
    require(key != checksum_key, "metadata key '", key, "' belongs to the writer of the file");
    metadata_.insert_or_assign(std::move(key), std::move(value));
  }

  /// Adds tensor @p name of @p shape, row by row; @p values must stay alive until write(). Throws Error if the name is
  /// empty, reserved or taken, or if the shape does not hold as many values.
  template <TensorElement T>
  void add(std::string name, std::vector<std::int64_t> shape, std::span<const T> values) {
    require(!name.empty() && name != detail::metadata_key, "'", name, "' cannot name a tensor");
    require(!entries_.contains(name), "tensor '", name, "' was added twice");
    const auto bytes = std::as_bytes(values);
    const auto expected = detail::tensor_bytes(element_type<T>, shape);
    require(expected.has_value(), "the shape of tensor '", name, "' has a negative size or exceeds 2^63 bytes");
    require(*expected == bytes.size(), "the shape of tensor '", name, "' holds ", *expected / sizeof(T),
            " values, got ", values.size());
    entries_.emplace(std::move(name), detail::TensorEntry{element_type<T>, std::move(shape), bytes});
  }

  /// Writes everything to @p path through `<path>.partial`. Throws Error, with the reason; a file that was there before
  /// then stays as it was.
  void write(const std::filesystem::path& path) const {
    const auto ordered = file_order();
    const std::string header = make_header(path, ordered);

    std::array<std::byte, sizeof(std::uint64_t)> length{};
    const std::uint64_t header_size = header.size();
    std::memcpy(length.data(), &header_size, sizeof header_size);

    AtomicFile file(path);
    file.write(length);
    file.write(std::as_bytes(std::span(header)));
    for (const auto* item : ordered) file.write(item->second.bytes);
    file.commit();
  }

private:
  using Item = detail::TensorEntries::value_type;

  /// Large elements first, then by name: with no gaps allowed, that keeps every tensor aligned.
  [[nodiscard]] std::vector<const Item*> file_order() const {
    std::vector<const Item*> ordered;
    for (const Item& item : entries_) ordered.push_back(&item);
    std::ranges::stable_sort(ordered, std::ranges::greater{},
                             [](const Item* item) { return element_size(item->second.type); });
    return ordered;
  }

  [[nodiscard]] std::string make_header(const std::filesystem::path& path, std::span<const Item* const> ordered) const {
    try {
      auto json = nlohmann::json::object();
      json[detail::metadata_key] = metadata_;
      json[detail::metadata_key][checksum_key] = detail::content_checksum(metadata_, entries_);
      std::uint64_t begin = 0;
      for (const auto* item : ordered) {
        const auto& [name, entry] = *item;
        const std::uint64_t end = begin + entry.bytes.size();
        json[name] = {{"dtype", element_name(entry.type)}, {"shape", entry.shape}, {"data_offsets", {begin, end}}};
        begin = end;
      }
      std::string header = json.dump();
      header.resize((header.size() + detail::data_alignment - 1) / detail::data_alignment * detail::data_alignment,
                    ' ');
      require(header.size() <= detail::largest_header, "the header of '", path.string(), "' would take ", header.size(),
              " bytes, and the format allows ", detail::largest_header);
      return header;
    } catch (const nlohmann::json::exception& error) {
      fail("the names and metadata for '", path.string(), "' are not all UTF-8: ", error.what());
    }
  }

  detail::Metadata metadata_;
  detail::TensorEntries entries_;
};

} // namespace zoetrope
