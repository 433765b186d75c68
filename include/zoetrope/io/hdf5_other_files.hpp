/// @file
/// The other files that an HDF5 data set may consist of. Opt-in, as hdf5_file.hpp.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/shown.hpp"
#include "zoetrope/io/hdf5_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace zoetrope::detail {

/// Throws Error where a file of numbers without a format, of which a data set of @p bytes is made, is missing or too
/// short: the library would read zeros.
inline void require_hdf5_external(const std::string& where, hid_t creation, std::uint64_t bytes) {
  const int files = H5Pget_external_count(creation);
  if (files <= 0 || std::getenv("HDF5_EXTFILE_PREFIX") != nullptr) return;
  for (int i = 0; i < files && bytes > 0; ++i) {
    char name[4096] = "";
    off_t offset = 0;
    hsize_t size = 0;
    if (H5Pget_external(creation, static_cast<unsigned>(i), sizeof name - 1, name, &offset, &size) < 0)
      fail(where, " cannot be read: ", hdf5_reason());
    const std::uint64_t needed = std::min<std::uint64_t>(size, bytes);
    std::error_code problem;
    const std::uintmax_t found = std::filesystem::file_size(name, problem);
    require(!problem, where, ": expected a part of it in '", shown(name), "': ", problem.message());
    require(offset >= 0 && static_cast<std::uint64_t>(offset) <= found &&
                needed <= found - static_cast<std::uint64_t>(offset),
            where, ": expected ", needed, " bytes of it from byte ", offset, " on in '", shown(name), "', which has ",
            found);
    bytes -= needed;
  }
}

/// Throws Error where a data set of which a virtual one in @p file is made is missing, for the library would read its
/// fill value, or is virtual itself, for the library does not end where one is a part of itself.
inline void require_hdf5_virtual(const Hdf5File& file, const std::string& where, hid_t creation) {
  std::size_t parts = 0;
  if (std::getenv("HDF5_VDS_PREFIX") != nullptr || H5Pget_virtual_count(creation, &parts) < 0) return;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::string name =
        hdf5_text([&](char* to, std::size_t size) { return H5Pget_virtual_filename(creation, i, to, size); });
    const std::string data =
        hdf5_text([&](char* to, std::size_t size) { return H5Pget_virtual_dsetname(creation, i, to, size); });
    // As many parts as there are of a pattern.
    if ((name + data).find('%') != std::string::npos) continue;
    const std::string part = where + ": expected a part of it as '" + shown(data) + "' in '" + shown(name) + "'";
    std::error_code ignored;
    const std::filesystem::path beside = file.folder() / name;
    const std::filesystem::path path = std::filesystem::exists(beside, ignored) ? beside : std::filesystem::path(name);
    const Hdf5Handle other(name == "." ? H5Freopen(file.id()) : H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT),
                           H5Fclose);
    if (!other.valid()) fail(part, ": ", hdf5_reason());
    const Hdf5Handle source(H5Dopen2(other.id(), data.c_str(), H5P_DEFAULT), H5Dclose);
    if (!source.valid()) fail(part, ": ", hdf5_reason());
    const Hdf5Handle its_creation(H5Dget_create_plist(source.id()), H5Pclose);
    require(H5Pget_layout(its_creation.id()) != H5D_VIRTUAL, part, ", not one that is virtual too");
  }
}

/// Throws Error where another file that the data set of @p bytes consists of is missing.
inline void require_hdf5_sources(const Hdf5File& file, const std::string& where, hid_t creation, std::uint64_t bytes) {
  require_hdf5_external(where, creation, bytes);
  if (H5Pget_layout(creation) == H5D_VIRTUAL) require_hdf5_virtual(file, where, creation);
}

} // namespace zoetrope::detail
