# cuDNN comes without a CMake package. Gives the target CUDNN::cudnn and CUDNN_VERSION.
#
# Looks under CUDNN_ROOT (a variable of CMake or the environment), in the CUDA toolkit, and in the Python environment
# that is active, where nvidia-cudnn puts it in nvidia/cudnn.
set(cudnn_hints "${CUDAToolkit_LIBRARY_ROOT}" ${CUDAToolkit_INCLUDE_DIRS}/..)
foreach(environment "$ENV{VIRTUAL_ENV}" "$ENV{CONDA_PREFIX}")
  if(environment)
    file(GLOB folders "${environment}/lib/python3*/site-packages/nvidia/cudnn")
    list(APPEND cudnn_hints ${folders})
  endif()
endforeach()

find_path(CUDNN_INCLUDE_DIR cudnn_graph.h HINTS ${cudnn_hints} PATH_SUFFIXES include)
# The library that goes with the header.
find_library(CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR HINTS "${CUDNN_INCLUDE_DIR}/.." ${cudnn_hints}
             PATH_SUFFIXES lib lib64 lib/x64)
mark_as_advanced(CUDNN_INCLUDE_DIR CUDNN_LIBRARY)

set(CUDNN_VERSION "")
if(CUDNN_INCLUDE_DIR AND EXISTS "${CUDNN_INCLUDE_DIR}/cudnn_version.h")
  foreach(part MAJOR MINOR PATCHLEVEL)
    file(STRINGS "${CUDNN_INCLUDE_DIR}/cudnn_version.h" line REGEX "^#define CUDNN_${part} [0-9]+")
    string(REGEX REPLACE "[^0-9]+" "" line "${line}")
    list(APPEND CUDNN_VERSION "${line}")
  endforeach()
  list(JOIN CUDNN_VERSION "." CUDNN_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUDNN REQUIRED_VARS CUDNN_LIBRARY CUDNN_INCLUDE_DIR VERSION_VAR CUDNN_VERSION)

if(CUDNN_FOUND AND NOT TARGET CUDNN::cudnn)
  add_library(CUDNN::cudnn UNKNOWN IMPORTED)
  set_target_properties(CUDNN::cudnn PROPERTIES IMPORTED_LOCATION "${CUDNN_LIBRARY}"
                                                INTERFACE_INCLUDE_DIRECTORIES "${CUDNN_INCLUDE_DIR}")
endif()
