/// @file
/// Mutations of safetensors files that get past the length of the header and the checksum. Include it in one file of a
/// harness.
#pragma once

#include "zoetrope/io/tensor_format.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace fuzz {

/// What a header says of metadata, and of tensors where they are in the data.
struct Said {
  struct Tensor {
    zoetrope::ElementType type;
    std::vector<std::int64_t> shape;
    std::uint64_t first, last;
  };
  zoetrope::detail::Metadata metadata;
  std::map<std::string, Tensor> tensors;
};

/// The numbers of a list. Throws std::out_of_range where one is no whole number: nlohmann's conversion of others may
/// have no defined result.
inline std::vector<std::uint64_t> whole_numbers(const nlohmann::json& list) {
  std::vector<std::uint64_t> numbers;
  for (const auto& number : list) {
    if (!number.is_number_unsigned()) throw std::out_of_range("no whole number");
    numbers.push_back(number.get<std::uint64_t>());
  }
  return numbers;
}

/// Nothing, unless the header is well-formed enough for its checksum to be looked at.
inline std::optional<Said> said_by(std::string_view header) {
  const auto json = nlohmann::json::parse(header, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    Said said;
    for (const auto& [name, value] : json.items()) {
      if (name == zoetrope::detail::metadata_key) {
        said.metadata = value.get<zoetrope::detail::Metadata>();
        continue;
      }
      const auto type = zoetrope::element_of_name(value.at("dtype").get<std::string>());
      if (!type) return std::nullopt;
      const auto shape = whole_numbers(value.at("shape")), offsets = whole_numbers(value.at("data_offsets"));
      said.tensors[name] = {*type, {shape.begin(), shape.end()}, offsets.at(0), offsets.at(1)};
    }
    return said;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

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

  // Most mutations are one of many of the same file, or of its values alone: then the header is the last one but for
  // its checksum, which does not enter.
  static std::string last, blank;
  static std::optional<Said> said;
  blank.assign(header);
  blank.replace(digits, 16, 16, '0');
  if (blank != last) {
    said = said_by(blank);
    last = blank;
  }
  if (!said) return;

  const auto* const data = reinterpret_cast<const std::byte*>(begin) + header_size;
  const std::uint64_t data_size = size - sizeof header_size - header_size;
  detail::ContentChecksum content(said->metadata);
  for (const auto& [name, tensor] : said->tensors) {
    if (tensor.first > tensor.last || tensor.last > data_size) return;
    content.add_tensor(name, tensor.type, tensor.shape, tensor.last - tensor.first);
    content.add_values({data + tensor.first, tensor.last - tensor.first});
  }
  const std::string sum = content.text();
  std::copy(sum.begin(), sum.end(), begin + digits);
}

/// Changes the header alone, and what the file says of its length. The new size of the file, or 0 without a header.
inline std::size_t mutate_header(std::uint8_t* bytes, std::size_t size, std::size_t max_size) {
  std::uint64_t header_size = 0;
  if (size <= sizeof header_size || size > max_size) return 0;
  std::memcpy(&header_size, bytes, sizeof header_size);
  if (header_size == 0 || header_size > size - sizeof header_size) return 0;
  std::uint8_t* const header = bytes + sizeof header_size;
  const std::vector<std::uint8_t> data(header + header_size, bytes + size);
  header_size = LLVMFuzzerMutate(header, header_size, max_size - sizeof header_size - data.size());
  std::memcpy(bytes, &header_size, sizeof header_size);
  std::copy(data.begin(), data.end(), header + header_size);
  return sizeof header_size + header_size + data.size();
}

} // namespace fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  // A file is mostly values, and what can go wrong is mostly in the header.
  std::size_t mutated = seed % 4 != 0 ? fuzz::mutate_header(data, size, max_size) : 0;
  if (mutated == 0) mutated = LLVMFuzzerMutate(data, size, max_size);
  // Some with a checksum that is wrong, too.
  if (seed / 4 % 16 != 0) fuzz::mend_checksum(data, mutated);
  return mutated;
}
