# HDF5's own library, in C. Gives the target Hdf5::Hdf5 and Hdf5_VERSION. CMake's FindHDF5 would need the language C.
#
# Looks under HDF5_ROOT (a variable of CMake or the environment) too, and where Debian puts the library for one process.
find_path(Hdf5_INCLUDE_DIR hdf5.h HINTS "${HDF5_ROOT}" ENV HDF5_ROOT PATH_SUFFIXES include include/hdf5/serial
                                                                                    hdf5/serial)
# The library that goes with the header.
find_library(Hdf5_LIBRARY NAMES hdf5_serial hdf5 NAMES_PER_DIR HINTS "${Hdf5_INCLUDE_DIR}/.." "${HDF5_ROOT}"
                                                                     ENV HDF5_ROOT PATH_SUFFIXES lib lib64 hdf5/serial)
mark_as_advanced(Hdf5_INCLUDE_DIR Hdf5_LIBRARY)

set(Hdf5_VERSION "")
if(Hdf5_INCLUDE_DIR AND EXISTS "${Hdf5_INCLUDE_DIR}/H5public.h")
  foreach(part MAJOR MINOR RELEASE)
    file(STRINGS "${Hdf5_INCLUDE_DIR}/H5public.h" line REGEX "^#define H5_VERS_${part}[ \t]+[0-9]+")
    string(REGEX REPLACE "^#define H5_VERS_${part}[ \t]+([0-9]+).*" "\\1" line "${line}")
    list(APPEND Hdf5_VERSION "${line}")
  endforeach()
  list(JOIN Hdf5_VERSION "." Hdf5_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hdf5 REQUIRED_VARS Hdf5_LIBRARY Hdf5_INCLUDE_DIR VERSION_VAR Hdf5_VERSION)

if(Hdf5_FOUND AND NOT TARGET Hdf5::Hdf5)
  add_library(Hdf5::Hdf5 UNKNOWN IMPORTED)
  set_target_properties(Hdf5::Hdf5 PROPERTIES IMPORTED_LOCATION "${Hdf5_LIBRARY}"
                                              INTERFACE_INCLUDE_DIRECTORIES "${Hdf5_INCLUDE_DIR}")
endif()
