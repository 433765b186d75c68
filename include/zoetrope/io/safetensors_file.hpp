/// @file
/// Reads a safetensors file, and checks all of it first.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/tensor_format.hpp"
#include "zoetrope/io/tensor_header.hpp"
#include "zoetrope/io/tensor_numbers.hpp"
#include "zoetrope/io/torch_save.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace zoetrope {

/// The tensors and metadata of one file, in memory. Spans that tensor() gives live as long as this object.
class SafetensorsFile {
public:
  /// Reads and checks @p path: the form of the header, types, shapes, offsets (which must cover the data without gap or
  /// overlap), the size of the file, and the checksum where there is one. Throws Error naming what is wrong, and for a
  /// file of torch.save() how to convert it. No allocation exceeds a small multiple of the file's true size.
  explicit SafetensorsFile(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code problem;
    const auto status = std::filesystem::status(path_, problem);
    require(std::filesystem::exists(status), "there is no file '", path_.string(), "'");
    require(std::filesystem::is_regular_file(status), "'", path_.string(), "' is not a file");
    const std::uint64_t file_size = std::filesystem::file_size(path_, problem);
    require(!problem, "the size of '", path_.string(), "' cannot be read: ", problem.message());
    std::ifstream stream(path_, std::ios::binary);
    require(stream.is_open(), "'", path_.string(), "' cannot be opened for reading");

    std::uint64_t header_size = 0;
    require(file_size >= sizeof header_size, where(), "a file holds at least 8 bytes, this one ", file_size);
    read(stream, std::as_writable_bytes(std::span(&header_size, 1)));
    require(!detail::is_of_torch_save(header_size), "'", path_.string(), "' is a file of torch.save(), expected a ",
            "safetensors file; convert it with: ", detail::conversion_of(path_));
    const std::uint64_t rest = file_size - sizeof header_size;
    require(header_size <= rest && header_size <= detail::largest_header, where(), "byte 0 announces a header of ",
            header_size, " bytes, and ", std::min(rest, detail::largest_header), " are possible");
    require(rest <= static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max()), where(), "a file of ",
            file_size, " bytes does not fit into the memory that this program can have");
    std::string header(static_cast<std::size_t>(header_size), '\0');
    read(stream, std::as_writable_bytes(std::span(header)));

    const auto data_size = static_cast<std::size_t>(rest - header_size);
    const auto extents = parse(header, data_size);
    data_ = std::make_unique_for_overwrite<std::byte[]>(data_size);
    read(stream, {data_.get(), data_size});
    for (const auto& extent : extents) place(extent);

    if (const auto checksum = metadata_.find(checksum_key); checksum != metadata_.end())
      require(checksum->second == detail::content_checksum(metadata_, entries_), where(),
              "the content does not match its checksum, so the file is damaged");
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// All metadata, the checksum included.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// The names of all tensors, sorted.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& item : entries_) result.push_back(item.first);
    return result;
  }

  [[nodiscard]] bool contains(const std::string& name) const { return entries_.contains(name); }

  /// Throws Error if there is no such tensor.
  [[nodiscard]] const std::vector<std::int64_t>& shape(const std::string& name) const { return entry(name).shape; }

  /// Throws Error if there is no such tensor.
  [[nodiscard]] ElementType type(const std::string& name) const { return entry(name).type; }

  /// The values of a tensor, row by row. Throws Error if there is no such tensor or its elements are no @p T.
  template <TensorElement T>
  [[nodiscard]] std::span<const T> tensor(const std::string& name) const {
    const auto& found = entry(name);
    require(found.type == element_type<T>, where(), "expected tensor '", name, "' to be ",
            element_name(element_type<T>), ", it is ", element_name(found.type));
    return {reinterpret_cast<const T*>(found.bytes.data()), found.bytes.size() / sizeof(T)};
  }

  /// The values of a tensor of any type as floats or doubles, rounded where they have to be: infinite beyond their
  /// range, flags as 0 and 1. Throws Error if there is no such tensor.
  template <std::floating_point T>
  [[nodiscard]] std::vector<T> numbers(const std::string& name) const {
    const auto& found = entry(name);
    return detail::numbers_of<T>(found.type, found.bytes);
  }

private:
  /// Where the header puts a tensor, in bytes of the data section.
  struct Extent {
    std::uint64_t begin, end;
    detail::TensorEntry* entry;
    std::string_view name;
  };

  [[nodiscard]] std::string where() const { return "in '" + path_.string() + "': "; }

  [[nodiscard]] const detail::TensorEntry& entry(const std::string& name) const {
    const auto found = entries_.find(name);
    require(found != entries_.end(), where(), "there is no tensor '", name, "'");
    return found->second;
  }

  void read(std::ifstream& stream, std::span<std::byte> bytes) const {
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    require(static_cast<std::size_t>(stream.gcount()) == bytes.size(), where(), "expected ", bytes.size(),
            " more bytes, and reading stopped after ", stream.gcount());
  }

  /// Where the tensor's values are in memory. The format allows offsets that do not suit the elements, and these
  /// tensors get memory of their own.
  void place(const Extent& extent) {
    const auto size = static_cast<std::size_t>(extent.end - extent.begin);
    std::byte* bytes = data_.get() + extent.begin;
    if (extent.begin % element_size(extent.entry->type) != 0) {
      auto& copy = moved_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(size));
      std::memcpy(copy.get(), bytes, size);
      bytes = copy.get();
    }
    extent.entry->bytes = {bytes, size};
  }

  /// Fills metadata_ and entries_ (but for their bytes) and gives the extents in file order.
  std::vector<Extent> parse(std::string_view text, std::uint64_t data_size) {
    auto header = detail::TensorHeaderReader(where()).read(text);
    metadata_ = std::move(header.metadata);
    std::vector<Extent> extents;
    for (const auto& [name, tensor] : header.tensors) extents.push_back(checked(name, tensor));
    check_extents(extents, data_size);
    return extents;
  }

  Extent checked(const std::string& name, const detail::TensorHeader& tensor) {
    const auto type = element_of_name(tensor.type);
    require(type.has_value(), where(), "tensor '", name, "' has the unknown type '", tensor.type,
            "', known are BF16, BOOL, F16, F32, F64, I8 to I64 and U8 to U64");
    std::vector<std::int64_t> shape(tensor.shape.begin(), tensor.shape.end());
    const auto expected = detail::tensor_bytes(*type, shape);
    require(expected.has_value(), where(), "the shape of tensor '", name, "' exceeds 2^63 bytes");
    const auto& offsets = tensor.offsets;
    require(offsets.size() == 2 && offsets[0] <= offsets[1], where(), "the data_offsets of tensor '", name,
            "' are not a begin and an end");
    require(offsets[1] - offsets[0] == *expected, where(), "the shape of tensor '", name, "' takes ", *expected,
            " bytes, its offsets span ", offsets[1] - offsets[0]);
    const auto item = entries_.emplace(name, detail::TensorEntry{*type, std::move(shape), {}}).first;
    return {offsets[0], offsets[1], &item->second, item->first};
  }

  void check_extents(std::vector<Extent>& extents, std::uint64_t data_size) const {
    std::sort(extents.begin(), extents.end(), [](const Extent& one, const Extent& other) {
      return std::pair(one.begin, one.end) < std::pair(other.begin, other.end);
    });
    std::uint64_t covered = 0;
    for (const Extent& extent : extents) {
      require(extent.begin == covered, where(), "tensor '", extent.name, "' starts at byte ", extent.begin,
              " of the data, and the one before it ends at ", covered);
      require(extent.end <= data_size, where(), "tensor '", extent.name, "' ends at byte ", extent.end,
              " of the data, and the file holds ", data_size);
      covered = extent.end;
    }
    require(covered == data_size, where(), "the tensors end at byte ", covered, " of the data, and the file holds ",
            data_size);
  }

  std::filesystem::path path_;
  std::unique_ptr<std::byte[]> data_;
  std::vector<std::unique_ptr<std::byte[]>> moved_; ///< tensors whose place in data_ does not suit their elements
  detail::Metadata metadata_;
  detail::TensorEntries entries_;
};

} // namespace zoetrope
