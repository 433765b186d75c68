# Finds what zoetrope needs, for the build and for the installed package alike.
#
# Sets zoetrope_missing and, for each component, zoetrope_missing_<component>: empty, or a sentence that says what is
# missing.

# zoetrope_need(<list> <target> <name> <package> <arguments of find_package>...)
# A target that exists already, from the project around us, is taken as it is.
macro(zoetrope_need list target name package)
  if(NOT TARGET ${target})
    find_package(${ARGN} QUIET)
  endif()
  if(NOT TARGET ${target})
    list(APPEND ${list} "${name} (package ${package} on Debian and Ubuntu)")
  endif()
endmacro()

macro(zoetrope_say_missing list what)
  if(${list})
    list(JOIN ${list} ", " ${list})
    set(${list} "${what} needs ${${list}}.")
  endif()
endmacro()

list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}") # our Find modules

set(zoetrope_missing "")
# Eigen 3.4 or 5. Asked for a version, a package of another major one does not answer, so the version is looked at here.
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 CONFIG QUIET)
  if(TARGET Eigen3::Eigen AND (Eigen3_VERSION VERSION_LESS 3.4 OR Eigen3_VERSION VERSION_GREATER_EQUAL 6))
    list(APPEND zoetrope_missing "Eigen 3.4 or 5 in place of ${Eigen3_VERSION} in ${Eigen3_DIR}")
  endif()
endif()
zoetrope_need(zoetrope_missing Eigen3::Eigen "Eigen 3.4" libeigen3-dev Eigen3 CONFIG)
zoetrope_need(zoetrope_missing Random123::Random123 "Random123" librandom123-dev Random123)
zoetrope_need(zoetrope_missing RapidJSON::RapidJSON "RapidJSON" rapidjson-dev RapidJSON MODULE)
zoetrope_need(zoetrope_missing Threads::Threads "a library of threads" libc6-dev Threads)
zoetrope_say_missing(zoetrope_missing "zoetrope")

set(zoetrope_missing_pictures "")
zoetrope_need(zoetrope_missing_pictures Stb::Stb "stb_image_write" libstb-dev Stb)
zoetrope_need(zoetrope_missing_pictures GIF::GIF "giflib 5" libgif-dev GIF 5)
zoetrope_say_missing(zoetrope_missing_pictures "Writing PNG and GIF")

set(zoetrope_missing_video "")
zoetrope_need(zoetrope_missing_video FFmpeg::FFmpeg "the libraries of FFmpeg 5"
              "libavformat-dev, libavcodec-dev, libswscale-dev" FFmpeg 59)
zoetrope_say_missing(zoetrope_missing_video "Reading videos")

set(zoetrope_missing_hdf5 "")
zoetrope_need(zoetrope_missing_hdf5 Hdf5::Hdf5 "HDF5 1.10.5" libhdf5-dev Hdf5 1.10.5)
zoetrope_say_missing(zoetrope_missing_hdf5 "Reading films from HDF5 files")

set(zoetrope_missing_cudnn "")
set(oldest_cuda 12)
set(oldest_cudnn 9.11) # builds plans from a description of a device
if(NOT TARGET CUDA::cublas)
  find_package(CUDAToolkit QUIET)
endif()
if(NOT TARGET CUDA::cublas)
  set(zoetrope_missing_cudnn "The GPU backend needs the CUDA toolkit ${oldest_cuda} or later with cuBLAS; none was found.")
elseif(CUDAToolkit_VERSION VERSION_LESS oldest_cuda)
  set(zoetrope_missing_cudnn
      "The GPU backend needs the CUDA toolkit ${oldest_cuda} or later; ${CUDAToolkit_VERSION} was found.")
else()
  find_package(CUDNN QUIET)
  if(NOT TARGET CUDNN::cudnn)
    set(zoetrope_missing_cudnn
        "The GPU backend needs cuDNN ${oldest_cudnn} or later; none was found in the CUDA toolkit, under CUDNN_ROOT or in a Python environment.")
  elseif(CUDNN_VERSION VERSION_LESS oldest_cudnn)
    set(zoetrope_missing_cudnn "The GPU backend needs cuDNN ${oldest_cudnn} or later; ${CUDNN_VERSION} was found.")
  endif()
endif()

list(REMOVE_AT CMAKE_MODULE_PATH 0)
