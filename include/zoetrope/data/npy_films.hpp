/// @file
/// A data set of the films in one of NumPy's .npy files.
#pragma once

#include "zoetrope/data/clips.hpp"
#include "zoetrope/data/film_array.hpp"
#include "zoetrope/io/mapped_file.hpp"
#include "zoetrope/io/npy.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace zoetrope {

inline namespace ZOETROPE_INSTRUCTION_SET {

/// An array of films in a .npy file: bytes, truth values, or floats of 16, 32 or 64 bits, in either order of bytes and
/// of axes. Only what is looked at is read. A FilmArchive.
class NpyArchive {
public:
  /// Throws Error where the file cannot be read, is no .npy file, is cut short, has numbers of another kind, or does
  /// not fit the settings, as FilmArray says.
  explicit NpyArchive(std::filesystem::path path, const FilmArraySettings& settings = {})
      : file_(std::make_shared<MappedFile>(std::move(path))), array_(open(*file_, settings)) {}

  [[nodiscard]] std::uint64_t size() const { return array_.size(); }
  [[nodiscard]] int frames(std::uint64_t film) const { return array_.frames(film); }
  [[nodiscard]] FrameSizes sizes(std::uint64_t film) const { return array_.sizes(film); }
  [[nodiscard]] ValueRange range() const { return array_.range(); }
  [[nodiscard]] std::string description() const { return array_.description(); }
  void read_frame(std::uint64_t film, int time, std::span<float> out) const { array_.read_frame(film, time, out); }

private:
  static FilmArray open(const MappedFile& file, FilmArraySettings settings) {
    const std::string name = "'" + file.path().string() + "'";
    const NpyHeader header = read_npy_header(name, file.bytes());
    const auto data = file.bytes().subspan(header.data_begin);
    if (header.kind == 'b' && !settings.range) settings.range = {0, 1};
    // A run may go on where its folder has moved.
    return {name,
            "'" + file.path().filename().string() + "'",
            data,
            type_of(name, header),
            header.byte_order == '>',
            header.fortran_order,
            header.shape,
            settings};
  }
  static ElementType type_of(const std::string& name, const NpyHeader& header) {
    if (header.element_bytes == 1 && (header.kind == 'u' || header.kind == 'b')) return ElementType::u8;
    if (header.kind == 'f') {
      if (header.element_bytes == 2) return ElementType::f16;
      if (header.element_bytes == 4) return ElementType::f32;
      if (header.element_bytes == 8) return ElementType::f64;
    }
    fail(name, ": expected an array of bytes (u1) or of floats (f2, f4, f8), got ",
         detail::shown(std::string_view(&header.kind, 1)), header.element_bytes,
         "; in Python, numpy.save(path, array.astype(numpy.uint8)) makes bytes");
  }

  std::shared_ptr<MappedFile> file_;
  FilmArray array_;
};

/// Clips of the shape @p Film from the films of a .npy file.
template <FilmShape Film>
class NpyFilms : public Clips<Film, NpyArchive> {
public:
  /// Throws Error as NpyArchive and Clips do.
  explicit NpyFilms(std::filesystem::path path, const FilmArraySettings& settings = {}, const ClipSettings& clips = {})
      : Clips<Film, NpyArchive>(NpyArchive(std::move(path), settings), clips) {}
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
