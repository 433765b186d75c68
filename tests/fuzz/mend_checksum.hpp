/// @file
/// Mutations of safetensors files that get past the checksum. Include it in one file of a harness.
#pragma once

#include "zoetrope/io/tensor_format.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <string>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace fuzz {

/// Makes the checksum in @p bytes fit the rest, where the file is well-formed enough to have one. Its length stays.
inline void mend_checksum(std::uint8_t* bytes, std::size_t size) {
  using namespace zoetrope;
  std::uint64_t header_size = 0;
  if (size < sizeof header_size) return;
  std::memcpy(&header_size, bytes, sizeof header_size);
  if (header_size > size - sizeof header_size) return;
  auto* const begin = reinterpret_cast<char*>(bytes) + sizeof header_size;
  const std::string_view header(begin, header_size);
  const auto key = header.find("\"zoetrope.checksum\":\"");
  if (key == header.npos) return;
  const auto digits = key + std::strlen("\"zoetrope.checksum\":\"");
  if (digits + 16 > header.size()) return;

  const auto* const data = reinterpret_cast<const std::byte*>(begin) + header_size;
  const std::uint64_t data_size = size - sizeof header_size - header_size;
  const auto json = nlohmann::json::parse(header, nullptr, false);
  if (!json.is_object()) return;
  try {
    detail::Metadata metadata;
    detail::TensorEntries entries;
    for (const auto& [name, value] : json.items()) {
      if (name == detail::metadata_key) {
        metadata = value.get<detail::Metadata>();
        continue;
      }
      const auto type = element_of_name(value.at("dtype").get<std::string>());
      const auto first = value.at("data_offsets").at(0).get<std::uint64_t>(),
                 last = value.at("data_offsets").at(1).get<std::uint64_t>();
      if (!type || first > last || last > data_size) return;
      entries.emplace(name, detail::TensorEntry{*type, value.at("shape").get<std::vector<std::int64_t>>(),
                                                std::span(data + first, last - first)});
    }
    const std::string sum = detail::content_checksum(metadata, entries);
    std::copy(sum.begin(), sum.end(), begin + digits);
  } catch (const nlohmann::json::exception&) {
    // Such a header is refused before its checksum is looked at.
  }
}

} // namespace fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  const std::size_t mutated = LLVMFuzzerMutate(data, size, max_size);
  // Some with a checksum that is wrong, too.
  if (seed % 16 != 0) fuzz::mend_checksum(data, mutated);
  return mutated;
}
