/// @file
/// Writes named tensors as one safetensors file, as a whole or not at all.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/io/tensor_format.hpp"
#include "zoetrope/io/tensor_header.hpp"
#include "zoetrope/io/write_behind.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// Collects tensors, in memory or to be made, and writes them in pieces, each while the next one is made. The same
/// content gives the same bytes, in whatever order it was added.
class SafetensorsWriter {
public:
  /// Bytes of a piece at most. Writing takes memory for two where tensors are made.
  static constexpr std::size_t piece_bytes = std::size_t{16} << 20;

  /// Sets a metadata entry, replacing an earlier one of that key. Throws Error for the key of the checksum, which the
  /// writer sets itself.
  void set_metadata(std::string key, std::string value) {
    require(key != checksum_key, "metadata key '", key, "' belongs to the writer of the file");
    metadata_.insert_or_assign(std::move(key), std::move(value));
  }

  /// Adds tensor @p name of @p shape, row by row; @p values must stay alive until write(). Throws Error if the name is
  /// empty, reserved or taken, or if the shape does not hold as many values.
  template <TensorElement T>
  void add(std::string name, std::vector<std::int64_t> shape, std::span<const T> values) {
    insert(std::move(name), element_type<T>, std::move(shape), values.size()).values = std::as_bytes(values);
  }

  /// Adds a tensor whose values are made when they are written: @p make(first, span<T>) fills the span with the values
  /// from number first on. write() calls it on its own thread, with pieces from the first value to the last; a second
  /// time for all where tensors differ in the size of their elements. Throws Error as add() does; what make throws
  /// comes out of write().
  template <TensorElement T, std::invocable<std::size_t, std::span<T>> Make>
  void add_pieces(std::string name, std::vector<std::int64_t> shape, Make make) {
    insert(std::move(name), element_type<T>, std::move(shape), std::nullopt).make =
        [make = std::move(make)](std::uint64_t first, std::span<std::byte> room) {
          make(static_cast<std::size_t>(first / sizeof(T)),
               std::span(reinterpret_cast<T*>(room.data()), room.size() / sizeof(T)));
        };
  }

  /// Writes everything to @p path through a partial file. Throws Error, with the reason; a file that was there before
  /// then stays as it was.
  void write(const std::filesystem::path& path) const {
    std::vector<const Item*> by_name;
    for (const Item& item : tensors_) by_name.push_back(&item);
    const auto ordered = file_order(by_name);
    // The checksum stands in front of the values and follows their names. Where the file does too, it is known at last
    // and written into the header then; otherwise the values are read once before.
    const bool in_one_go = ordered == by_name;
    detail::ContentChecksum sum(metadata_);
    Room room(tensors_);
    if (!in_one_go) for_pieces(by_name, room, &sum, nullptr);

    std::string header = make_header(path, ordered, sum.text());
    std::array<std::byte, sizeof(std::uint64_t)> length{};
    const std::uint64_t header_size = header.size();
    std::memcpy(length.data(), &header_size, sizeof header_size);

    AtomicFile file(path);
    file.write(length);
    file.write(std::as_bytes(std::span(header)));
    {
      WriteBehind behind(file);
      for_pieces(ordered, room, in_one_go ? &sum : nullptr, &behind);
      behind.finish();
    }
    if (in_one_go) {
      header = make_header(path, ordered, sum.text()); // as long as before: checksums are
      file.write_at(sizeof length, std::as_bytes(std::span(header)));
    }
    file.commit();
  }

private:
  static_assert(piece_bytes % sizeof(std::uint64_t) == 0, "pieces are whole words of the checksum");
  static constexpr std::size_t largest_element = 8;

  struct Tensor {
    ElementType type;
    std::vector<std::int64_t> shape;
    std::uint64_t bytes;
    std::span<const std::byte> values{};                                        ///< unless there is make:
    std::function<void(std::uint64_t first, std::span<std::byte> room)> make{}; ///< writes bytes from first on
  };
  using Tensors = std::map<std::string, Tensor>;
  using Item = Tensors::value_type;

  /// Memory for two pieces, in turn: one is written while the other is made.
  class Room {
  public:
    explicit Room(const Tensors& tensors) {
      std::uint64_t largest = 0;
      for (const auto& [name, tensor] : tensors)
        if (tensor.make) largest = std::max(largest, tensor.bytes);
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(largest, piece_bytes));
      for (auto& piece : pieces_) piece = std::make_unique_for_overwrite<std::byte[]>(size);
    }
    [[nodiscard]] std::byte* next() {
      std::swap(pieces_[0], pieces_[1]);
      return pieces_[0].get();
    }

  private:
    std::array<std::unique_ptr<std::byte[]>, 2> pieces_;
  };

  /// @p count is how many values there are, where that is known.
  Tensor& insert(std::string name, ElementType type, std::vector<std::int64_t> shape,
                 std::optional<std::size_t> count) {
    require(!name.empty() && name != detail::metadata_key, "'", name, "' cannot name a tensor");
    require(!tensors_.contains(name), "tensor '", name, "' was added twice");
    const auto bytes = detail::tensor_bytes(type, shape);
    require(bytes.has_value(), "the shape of tensor '", name, "' has a negative size or exceeds 2^63 bytes");
    const std::uint64_t expected = *bytes / element_size(type);
    require(!count || *count == expected, "the shape of tensor '", name, "' holds ", expected, " values, got ",
            count.value_or(0));
    return tensors_.emplace(std::move(name), Tensor{type, std::move(shape), *bytes}).first->second;
  }

  /// Adds all of @p items' bytes to @p sum and writes them to @p file, unless these are null. A made piece stays until
  /// the one after it has been handed over.
  static void for_pieces(std::span<const Item* const> items, Room& room, detail::ContentChecksum* sum,
                         WriteBehind* file) {
    for (const auto* item : items) {
      const auto& [name, tensor] = *item;
      if (sum != nullptr) sum->add_tensor(name, tensor.type, tensor.shape, tensor.bytes);
      for (std::uint64_t first = 0; first < tensor.bytes; first += piece_bytes) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(tensor.bytes - first, piece_bytes));
        std::span<const std::byte> piece;
        if (tensor.make) {
          const std::span to(room.next(), size);
          tensor.make(first, to);
          piece = to;
        } else {
          piece = tensor.values.subspan(static_cast<std::size_t>(first), size);
        }
        if (sum != nullptr) sum->add_values(piece);
        if (file != nullptr) file->write(piece);
      }
    }
  }

  /// Large elements first, then by name: with no gaps allowed, that keeps every tensor aligned.
  [[nodiscard]] static std::vector<const Item*> file_order(const std::vector<const Item*>& by_name) {
    std::vector<const Item*> ordered;
    for (std::size_t size = largest_element; size > 0; size /= 2)
      for (const Item* item : by_name)
        if (element_size(item->second.type) == size) ordered.push_back(item);
    return ordered;
  }

  [[nodiscard]] std::string make_header(const std::filesystem::path& path, std::span<const Item* const> ordered,
                                        const std::string& checksum) const {
    detail::FileHeader content{.metadata = metadata_};
    content.metadata.emplace(checksum_key, checksum);
    std::uint64_t begin = 0;
    for (const auto* item : ordered) {
      const auto& [name, tensor] = *item;
      const std::uint64_t end = begin + tensor.bytes;
      content.tensors.emplace(
          name,
          detail::TensorHeader{element_name(tensor.type), {tensor.shape.begin(), tensor.shape.end()}, {begin, end}});
      begin = end;
    }
    std::string header = detail::header_text(content, path);
    header.resize((header.size() + detail::data_alignment - 1) / detail::data_alignment * detail::data_alignment, ' ');
    require(header.size() <= detail::largest_header, "the header of '", path.string(), "' would take ", header.size(),
            " bytes, and the format allows ", detail::largest_header);
    return header;
  }

  detail::Metadata metadata_;
  Tensors tensors_;
};

} // namespace zoetrope
