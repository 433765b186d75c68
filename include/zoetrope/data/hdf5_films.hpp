/// @file
/// A data set of the films in an HDF5 file. Opt-in: include it where zoetrope::hdf5 is linked.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/shown.hpp"
#include "zoetrope/data/clips.hpp"
#include "zoetrope/data/film_array.hpp"
#include "zoetrope/data/film_axes.hpp"
#include "zoetrope/io/hdf5_data_set.hpp"
#include "zoetrope/io/hdf5_file.hpp"
#include "zoetrope/io/mapped_file.hpp"
#include "zoetrope/io/scratch_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// Which films of an HDF5 file, and how they are read.
struct Hdf5Settings {
  /// The path of the data set in the file. Empty: the only one of 3 to 5 axes of numbers.
  std::string dataset = {};
  FilmArraySettings array = {}; ///< what its axes and values are; "fhwt" in the reference code of the paper
  /// Where the numbers go that do not lie in the file as they are: all of a data set that is in chunks, compressed,
  /// compact or in other files.
  ScratchSettings scratch = {};
};

inline namespace ZOETROPE_INSTRUCTION_SET {

/// An array of films in an HDF5 file: bytes, truth values, or floats of 16, 32 or 64 bits, in either order of bytes.
/// Numbers that lie in one piece are read where they are looked at; others once, in the constructor. A FilmArchive.
///
/// HDF5's library is called in the constructor alone, by one thread at a time. Version 1.10 is not proof
/// against files that were damaged on purpose: it may not return from a list of names that bites its own tail, and
/// reads past the end of a compressed chunk that is shorter than it says.
class Hdf5Archive {
public:
  /// Throws Error where the file cannot be read, is no HDF5 file or not whole, has no such data set, numbers of another
  /// kind, or filters that are missing, does not fit the settings, as FilmArray says, or finds no room.
  explicit Hdf5Archive(std::filesystem::path path, const Hdf5Settings& settings = {})
      : file_(std::make_shared<MappedFile>(std::move(path))),
        scratch_(std::make_shared<ScratchBytes>(settings.scratch)), array_(open(*file_, *scratch_, settings)) {
    if (scratch_->size() > 0) file_.reset();
  }

  [[nodiscard]] std::uint64_t size() const { return array_.size(); }
  [[nodiscard]] int frames(std::uint64_t film) const { return array_.frames(film); }
  [[nodiscard]] FrameSizes sizes(std::uint64_t film) const { return array_.sizes(film); }
  [[nodiscard]] ValueRange range() const { return array_.range(); }
  [[nodiscard]] std::string description() const { return array_.description(); }
  void read_frame(std::uint64_t film, int time, std::span<float> out) const { array_.read_frame(film, time, out); }

  /// Whether the numbers are read where they lie in the file.
  [[nodiscard]] bool mapped() const { return file_ != nullptr; }

private:
  static FilmArray open(const MappedFile& mapped, ScratchBytes& scratch, const Hdf5Settings& settings) {
    const Hdf5File file(mapped.path());
    const Hdf5DataSet data = settings.dataset.empty() ? only(file) : Hdf5DataSet(file, settings.dataset);
    const Hdf5Type& type = data.type();
    require(type.element.has_value(), data.where(), ": expected unsigned bytes, truth values or IEEE floats of 16, 32 ",
            "or 64 bits, got ", type.text,
            "; in Python, file.create_dataset('films', data=array.astype('uint8')) makes bytes");
    FilmArraySettings array = settings.array;
    if (type.truth && !array.range) array.range = {0, 1};
    const FilmAxes axes(data.where(), element_size(*type.element), false, data.shape(), array.axes);
    // A run may go on where its folder has moved.
    return {data.where(),
            "'" + mapped.path().filename().string() + "', data set '" + data.name() + "'",
            bytes_of(data, axes.bytes, mapped, scratch, settings.scratch),
            *type.element,
            type.swapped,
            false,
            data.shape(),
            array};
  }

  static std::span<const std::byte> bytes_of(const Hdf5DataSet& data, std::uint64_t bytes, const MappedFile& mapped,
                                             ScratchBytes& scratch, const ScratchSettings& settings) {
    const auto in_file = mapped.bytes();
    if (const auto offset = data.offset()) {
      require(*offset <= in_file.size() && bytes <= in_file.size() - *offset, data.where(), ": expected ", bytes,
              " bytes of numbers from byte ", *offset, " on in a file of ", in_file.size());
      return in_file.subspan(*offset, bytes);
    }
    require(bytes <= settings.memory || data.written() >= bytes / 2, data.where(), ": expected numbers, got only ",
            data.written(), " bytes of them; with the fill value of all others they would take ", bytes,
            " bytes, more than the ", settings.memory, " of memory that the settings allow");
    data.read(scratch);
    return scratch.bytes();
  }

  static Hdf5DataSet only(const Hdf5File& file) {
    constexpr std::size_t most_named = 20;
    std::vector<std::string> found;
    std::string names;
    for (const std::string& name : file.data_sets()) {
      const Hdf5DataSet data(file, name);
      if (!data.type().number || data.shape().size() < 3 || data.shape().size() > 5) continue;
      found.push_back(name);
      if (found.size() <= most_named) names += (found.size() > 1 ? ", '" : "'") + detail::shown(name) + "'";
    }
    require(!found.empty(), file.where(), ": expected a data set of 3 to 5 axes of numbers, got none");
    require(found.size() == 1, file.where(),
            ": expected one data set of 3 to 5 axes of numbers, or the name of one in ", "the settings, got ",
            found.size(), ": ", names, found.size() > most_named ? ", ..." : "");
    return {file, found.front()};
  }

  std::shared_ptr<MappedFile> file_; ///< none where nothing in it is used any more
  std::shared_ptr<ScratchBytes> scratch_;
  FilmArray array_;
};

/// Clips of the shape @p Film from the films of an HDF5 file.
template <FilmShape Film>
class Hdf5Films : public Clips<Film, Hdf5Archive> {
public:
  /// Throws Error as Hdf5Archive and Clips do.
  explicit Hdf5Films(std::filesystem::path path, const Hdf5Settings& settings = {}, const ClipSettings& clips = {})
      : Clips<Film, Hdf5Archive>(Hdf5Archive(std::move(path), settings), clips) {}
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
