/// @file
/// What kind of films a path has, by its name.
#pragma once

#include <zoetrope/data/film_files.hpp>

#include <filesystem>

namespace films {

enum class FilmKind { npy, hdf5, videos }; ///< an array of NumPy's or of HDF5, or videos and pictures

inline FilmKind kind_of(const std::filesystem::path& path) {
  const std::string ending = zoetrope::detail::ending(path);
  if (ending == ".npy") return FilmKind::npy;
  if (ending == ".h5" || ending == ".hdf5" || ending == ".hdf" || ending == ".he5") return FilmKind::hdf5;
  return FilmKind::videos;
}

} // namespace films
