/// @file
/// The header of a safetensors file: JSON, read and written.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/tensor_format.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace zoetrope::detail {

/// A tensor as the header has it. Whether type, shape and offsets go together is not looked at here.
struct TensorHeader {
  std::string type{};
  std::vector<std::uint64_t> shape{}, offsets{};
};

struct FileHeader {
  Metadata metadata{};
  std::map<std::string, TensorHeader> tensors{};
};

/// Follows the parser through a header, and throws Error where the format has something else: so nothing is nested
/// deeper than the format is, and no key is there twice.
class TensorHeaderReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TensorHeaderReader> {
public:
  explicit TensorHeaderReader(std::string where) : where_(std::move(where)) {}

  [[nodiscard]] FileHeader read(std::string_view text) {
    // The parser would take a zero for the end and leave unread what follows.
    require(text.find('\0') == text.npos, where_, "the header has a zero at byte ", 8 + text.find('\0'));
    require(text.starts_with('{'), where_, "the header does not begin with '{' at byte 8");
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader parser;
    const auto result =
        parser.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag>(stream, *this);
    require(!result.IsError(), where_, "the header is no JSON at byte ", 8 + result.Offset(), ": ",
            rapidjson::GetParseError_En(result.Code()));
    return std::move(header_);
  }

  // What the parser calls.
  bool Null() { return other("null"); }
  bool Bool(bool) { return other("a truth value"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view number(text, length);
    if (place_ != Place::list) return other(number);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(number.begin(), number.end(), value);
    if (error != std::errc() || end != number.end() || value > most) return other(number);
    list_->push_back(value);
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (place_ == Place::metadata) {
      const std::string& value = header_.metadata.emplace(key_, std::string(text, length)).first->second;
      require(!has_surrogate(value), where_, "the metadata's ", quoted(key_), " is no text");
    } else if (place_ == Place::tensor && key_ == "dtype") {
      tensor_->type.assign(text, length);
    } else {
      return other("a string");
    }
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_.assign(text, length);
    // As UTF-8 the half of a pair that "\udc00" stands for, which this parser lets pass.
    require(!has_surrogate(key_), where_, "the header has a key that is no text");
    std::set<std::string>& keys = place_ == Place::header ? names_ : keys_;
    require(keys.insert(key_).second, where_, "the header has key ", quoted(key_), " twice");
    return true;
  }
  bool StartObject() {
    if (place_ == Place::outside) {
      place_ = Place::header;
    } else if (place_ == Place::header) {
      keys_.clear();
      place_ = key_ == metadata_key ? Place::metadata : Place::tensor;
      name_ = key_;
      if (place_ == Place::tensor) tensor_ = &header_.tensors[name_];
    } else {
      return other("an object");
    }
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (place_ == Place::tensor)
      require(keys_ == std::set<std::string>{"data_offsets", "dtype", "shape"}, where_, incomplete());
    place_ = place_ == Place::header ? Place::outside : Place::header;
    return true;
  }
  bool StartArray() {
    if (place_ != Place::tensor || (key_ != "shape" && key_ != "data_offsets")) return other("a list");
    place_ = Place::list;
    list_ = key_ == "shape" ? &tensor_->shape : &tensor_->offsets;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    place_ = Place::tensor;
    return true;
  }

private:
  enum class Place { outside, header, metadata, tensor, list };
  static constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  [[nodiscard]] std::string incomplete() const {
    return "the entry of tensor '" + name_ + "' is not made of dtype, shape and data_offsets";
  }
  /// What is there is not what the format has there.
  bool other(std::string_view found) {
    switch (place_) {
    case Place::metadata:
      fail(where_, "the metadata's ", quoted(key_), " is ", found, ", expected a string");
    case Place::list:
      fail(where_, "the entry of tensor '", name_, "' holds ", found, " in place of a whole number below 2^63");
    case Place::tensor:
      if (key_ == "dtype") fail(where_, "the type of tensor '", name_, "' is ", found, ", expected a string");
      if (key_ == "shape" || key_ == "data_offsets")
        fail(where_, "the shape or data_offsets of tensor '", name_, "' is no list");
      fail(where_, incomplete());
    default:
      if (key_ == metadata_key) fail(where_, "the metadata is ", found, ", expected an object");
      name_ = key_;
      fail(where_, incomplete());
    }
  }

  [[nodiscard]] static std::string quoted(const std::string& text) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer(buffer).String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return {buffer.GetString(), buffer.GetSize()};
  }
  [[nodiscard]] static bool has_surrogate(std::string_view text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i)
      if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0) return true;
    return false;
  }

  std::string where_;
  FileHeader header_;
  Place place_ = Place::outside;
  std::set<std::string> names_, keys_; ///< of the header, and of the object in it
  std::string name_, key_;
  TensorHeader* tensor_ = nullptr;
  std::vector<std::uint64_t>* list_ = nullptr;
};

/// The text of the header of the file at @p path, its keys sorted. Throws Error where names and metadata are not all
/// UTF-8.
[[nodiscard]] inline std::string header_text(const FileHeader& header, const std::filesystem::path& path) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>, rapidjson::CrtAllocator,
                    rapidjson::kWriteValidateEncodingFlag>
      writer(buffer);
  const auto put = [&](const std::string& text) {
    require(text.size() <= largest_header, "the names and metadata for '", path.string(), "' have a text of ",
            text.size(), " bytes, and the format allows a header of ", largest_header);
    require(writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size())), "the names and metadata for '",
            path.string(), "' are not all UTF-8");
  };
  const auto put_list = [&](const std::string& name, const std::vector<std::uint64_t>& numbers) {
    put(name);
    writer.StartArray();
    for (const std::uint64_t number : numbers) writer.Uint64(number);
    writer.EndArray();
  };
  const auto put_metadata = [&] {
    put(metadata_key);
    writer.StartObject();
    for (const auto& [key, value] : header.metadata) {
      put(key);
      put(value);
    }
    writer.EndObject();
  };
  writer.StartObject();
  bool metadata_written = false;
  for (const auto& [name, tensor] : header.tensors) {
    if (!metadata_written && name > metadata_key) {
      put_metadata();
      metadata_written = true;
    }
    put(name);
    writer.StartObject();
    put_list("data_offsets", tensor.offsets);
    put("dtype");
    put(tensor.type);
    put_list("shape", tensor.shape);
    writer.EndObject();
  }
  if (!metadata_written) put_metadata();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

} // namespace zoetrope::detail
