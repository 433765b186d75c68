/// @file
/// What kind of films a path has, by its name.
#pragma once

#include <zoetrope/data/film_files.hpp>

#include <filesystem>
#include <string>
#include <system_error>

namespace films {

enum class FilmKind { npy, hdf5, videos }; ///< an array of NumPy's or of HDF5, or videos and pictures

inline FilmKind kind_of(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return FilmKind::videos;
  const auto target = std::filesystem::canonical(path, error); // a link may be called otherwise
  const std::string ending = zoetrope::detail::ending(error ? path : target);
  if (ending == ".npy") return FilmKind::npy;
  if (ending == ".h5" || ending == ".hdf5" || ending == ".hdf" || ending == ".he5") return FilmKind::hdf5;
  return FilmKind::videos;
}

} // namespace films
