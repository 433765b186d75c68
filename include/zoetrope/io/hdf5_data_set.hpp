/// @file
/// One array of an HDF5 file: its shape and type, and its numbers as they lie. Opt-in, as hdf5_file.hpp.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/shown.hpp"
#include "zoetrope/io/hdf5_file.hpp"
#include "zoetrope/io/hdf5_other_files.hpp"
#include "zoetrope/io/hdf5_type.hpp"
#include "zoetrope/io/scratch_bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace zoetrope {

/// A data set of a file that stays open.
class Hdf5DataSet {
public:
  /// Throws Error where @p file has no data set of this path, or it cannot be opened.
  Hdf5DataSet(const Hdf5File& file, const std::string& path)
      : file_(file), where_(file.where() + ", data set '" + detail::shown(path) + "'"), data_(open(file, path)),
        creation_(checked(H5Dget_create_plist(data_.id())), H5Pclose),
        type_id_(checked(H5Dget_type(data_.id())), H5Tclose), space_(checked(H5Dget_space(data_.id())), H5Sclose),
        type_(hdf5_type(type_id_.id())) {
    name_ = detail::hdf5_text([&](char* to, std::size_t bytes) { return H5Iget_name(data_.id(), to, bytes); });
    name_.erase(0, name_.find_first_not_of('/'));
    where_ = file.where() + ", data set '" + detail::shown(name_) + "'";
    if (H5Sget_simple_extent_type(space_.id()) != H5S_SIMPLE) return;
    std::vector<hsize_t> shape(static_cast<std::size_t>(checked(H5Sget_simple_extent_ndims(space_.id()))));
    checked(H5Sget_simple_extent_dims(space_.id(), shape.data(), nullptr));
    shape_.assign(shape.begin(), shape.end());
  }

  /// Its path in the file, without a first slash.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// As messages name it.
  [[nodiscard]] const std::string& where() const { return where_; }
  /// The last axis is the fastest. Empty where it is one value or none.
  [[nodiscard]] const std::vector<std::uint64_t>& shape() const { return shape_; }
  [[nodiscard]] const Hdf5Type& type() const { return type_; }

  /// The byte of the file with which all numbers begin, in one piece and as they are; none where the library has to
  /// read them: chunked, compressed, compact, never written, or in other files.
  [[nodiscard]] std::optional<std::uint64_t> offset() const {
    if (H5Pget_layout(creation_.id()) != H5D_CONTIGUOUS || H5Pget_external_count(creation_.id()) != 0)
      return std::nullopt;
    // Behind an external link it lies in another file.
    const auto file_of = [](hid_t id) {
      return detail::hdf5_text([id](char* to, std::size_t bytes) { return H5Fget_name(id, to, bytes); });
    };
    if (file_of(data_.id()) != file_of(file_.id())) return std::nullopt;
    const haddr_t offset = H5Dget_offset(data_.id());
    return offset == HADDR_UNDEF ? std::nullopt : std::optional<std::uint64_t>(offset);
  }

  /// Bytes of the numbers that were ever written, perhaps rounded up to whole chunks; the others are the fill value.
  [[nodiscard]] std::uint64_t written() const {
    if (H5Pget_layout(creation_.id()) == H5D_CHUNKED) {
      const std::uint64_t count = chunks(), bytes = chunk_bytes();
      return count <= std::numeric_limits<std::uint64_t>::max() / bytes ? count * bytes : all_bytes();
    }
    const bool elsewhere = H5Pget_layout(creation_.id()) == H5D_VIRTUAL || H5Pget_external_count(creation_.id()) > 0;
    return elsewhere || H5Dget_storage_size(data_.id()) > 0 ? all_bytes() : 0;
  }

  /// Appends all numbers as they are to @p to, in pieces of at most @p most_bytes, which hold whole chunks where they
  /// can. Throws Error where they cannot be read, a filter or another file is missing, or there is no room for them.
  void read(ScratchBytes& to, std::uint64_t most_bytes = most_piece_bytes) const {
    require(!shape_.empty(), where_, ": expected an array, got a single value or none");
    require_filters();
    require_chunks();
    detail::require_hdf5_sources(file_, where_, creation_.id(), all_bytes());
    try {
      to.reserve(all_bytes());
    } catch (const Error& problem) {
      fail(where_, " cannot be read: ", problem.what());
    }
    const Pieces pieces = pieces_of(most_bytes);
    std::vector<std::byte> piece(pieces.rows * pieces.row_bytes);
    std::vector<hsize_t> first(shape_.size(), 0), count(shape_.begin(), shape_.end());
    std::fill_n(count.begin(), pieces.axis, 1);
    for (bool more = all_bytes() > 0; more; more = next(first, pieces.axis))
      for (hsize_t row = 0; row < shape_[pieces.axis]; row += pieces.rows) {
        first[pieces.axis] = row;
        count[pieces.axis] = std::min<hsize_t>(pieces.rows, shape_[pieces.axis] - row);
        const std::span<std::byte> now = std::span(piece).first(count[pieces.axis] * pieces.row_bytes);
        // What was never written and has no fill value is left as it is by the library.
        std::fill(now.begin(), now.end(), std::byte{0});
        const detail::Hdf5Handle memory(
            checked(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr)), H5Sclose);
        checked(H5Sselect_hyperslab(space_.id(), H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr));
        checked(H5Dread(data_.id(), type_id_.id(), memory.id(), space_.id(), H5P_DEFAULT, now.data()));
        to.append(now);
      }
  }

private:
  // The library keeps some hundred bytes for each chunk of a piece.
  static constexpr std::uint64_t most_chunk_bytes = std::uint64_t{1} << 30; // one is in memory as a whole
  static constexpr std::uint64_t most_piece_bytes = std::uint64_t{1} << 27, most_piece_chunks = 1 << 16;

  static detail::Hdf5Handle open(const Hdf5File& file, const std::string& path) {
    const detail::Hdf5Handle how(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    // Chunks that several pieces touch are kept; the default is a megabyte.
    H5Pset_chunk_cache(how.id(), 12421, most_piece_bytes, H5D_CHUNK_CACHE_W0_DEFAULT);
    detail::Hdf5Handle data(H5Dopen2(file.id(), path.c_str(), how.id()), H5Dclose);
    if (!data.valid())
      fail(file.where(), ": expected a data set '", detail::shown(path),
           "', which cannot be opened: ", detail::hdf5_reason());
    return data;
  }

  /// @p result of a call to the library. Throws Error where it failed.
  template <class Result>
  Result checked(Result result) const {
    if (result < 0) fail(where_, " cannot be read: ", detail::hdf5_reason());
    return result;
  }

  [[nodiscard]] std::uint64_t all_bytes() const {
    std::uint64_t bytes = H5Tget_size(type_id_.id());
    for (const std::uint64_t size : shape_) {
      require(size == 0 || bytes <= std::numeric_limits<std::uint64_t>::max() / size, where_,
              ": the array is larger than any memory");
      bytes *= size;
    }
    return bytes;
  }

  void require_filters() const {
    for (int i = 0; i < H5Pget_nfilters(creation_.id()); ++i) {
      char name[256] = "";
      unsigned flags = 0;
      std::size_t values = 0;
      const H5Z_filter_t filter = H5Pget_filter2(creation_.id(), static_cast<unsigned>(i), &flags, &values, nullptr,
                                                 sizeof name, name, nullptr);
      require(filter >= 0 && H5Zfilter_avail(filter) > 0, where_, ": expected filters that HDF5's library has, got '",
              detail::shown(name), "' (", filter, "); in Python, after import hdf5plugin, ",
              "file.create_dataset('films', data=array, compression='gzip') writes the array with another");
    }
  }

  [[nodiscard]] std::uint64_t chunks() const {
    hsize_t count = 0;
    checked(H5Dget_num_chunks(data_.id(), space_.id(), &count));
    return count;
  }
  [[nodiscard]] std::vector<hsize_t> chunk_shape() const {
    std::vector<hsize_t> chunk(shape_.size());
    const int axes = checked(H5Pget_chunk(creation_.id(), static_cast<int>(chunk.size()), chunk.data()));
    require(static_cast<std::size_t>(axes) == chunk.size(), where_, ": expected chunks of ", chunk.size(),
            " axes, got ", axes);
    return chunk;
  }
  /// Of one chunk that is not compressed.
  [[nodiscard]] std::uint64_t chunk_bytes() const {
    std::uint64_t bytes = H5Tget_size(type_id_.id());
    for (const hsize_t size : chunk_shape()) bytes *= size;
    require(bytes > 0, where_, ": expected chunks of some bytes, got none");
    return bytes;
  }

  /// The library reads past the end of chunks that are shorter than they should be.
  void require_chunks() const {
    if (H5Pget_layout(creation_.id()) != H5D_CHUNKED) return;
    std::vector<hsize_t> most(shape_.size());
    checked(H5Sget_simple_extent_dims(space_.id(), nullptr, most.data()));
    const std::vector<hsize_t> chunk = chunk_shape();
    for (std::size_t axis = 0; axis < chunk.size(); ++axis)
      require(chunk[axis] <= most[axis], where_, ": expected chunks of at most ", most[axis], " along axis ", axis,
              ", got ", chunk[axis]);
    require(chunk_bytes() <= most_chunk_bytes, where_, ": expected chunks of at most ", most_chunk_bytes,
            " bytes, got ", chunk_bytes());
    if (H5Pget_nfilters(creation_.id()) != 0) return;
    const std::uint64_t found = H5Dget_storage_size(data_.id());
    require(found == written(), where_, ": expected ", chunks(), " chunks of ", chunk_bytes(), " bytes, got ", found,
            " bytes in all");
  }

  /// Pieces that lie in memory as in the file: some rows of one axis, with all of the axes behind it and one index of
  /// each before it.
  struct Pieces {
    std::size_t axis;
    std::uint64_t rows, row_bytes;
  };
  [[nodiscard]] Pieces pieces_of(std::uint64_t most_bytes) const {
    Pieces result{0, 1, H5Tget_size(type_id_.id())};
    std::vector<hsize_t> chunk(shape_.size(), 1);
    if (H5Pget_layout(creation_.id()) == H5D_CHUNKED) {
      chunk = chunk_shape();
      std::uint64_t bytes = result.row_bytes * most_piece_chunks;
      for (std::size_t i = 0; i < shape_.size() && bytes < most_bytes; ++i)
        bytes *= std::min<std::uint64_t>({chunk[i], shape_[i], most_piece_bytes});
      most_bytes = std::min(most_bytes, bytes);
    }
    std::size_t axis = shape_.size() - 1;
    while (axis > 0 && shape_[axis] > 0 && result.row_bytes <= most_bytes / shape_[axis]) {
      result.row_bytes *= shape_[axis];
      --axis;
    }
    result.axis = axis;
    result.rows = std::clamp<std::uint64_t>(most_bytes / result.row_bytes, 1, std::max<std::uint64_t>(shape_[axis], 1));
    if (result.rows > chunk[axis] && result.rows < shape_[axis]) result.rows -= result.rows % chunk[axis];
    return result;
  }

  /// The next index of the axes before @p axis; whether there is one.
  bool next(std::vector<hsize_t>& index, std::size_t axis) const {
    while (axis > 0) {
      --axis;
      if (++index[axis] < shape_[axis]) return true;
      index[axis] = 0;
    }
    return false;
  }

  const Hdf5File& file_;
  std::string where_, name_;
  detail::Hdf5Handle data_, creation_, type_id_, space_;
  Hdf5Type type_;
  std::vector<std::uint64_t> shape_;
};

} // namespace zoetrope
