# The GPU's part of our own programs: the library zoetrope_kernels, which they link.
#
# ZOETROPE_BUILD_GPU: ON (an error where something is missing), OFF, or AUTO (where everything is found). Afterwards it
# is true where there is a zoetrope_kernels, and zoetrope_no_gpu says why where there is none.
set(zoetrope_no_gpu "${zoetrope_missing_cudnn}")
if(NOT zoetrope_no_gpu AND NOT CMAKE_CUDA_COMPILER AND NOT CUDAToolkit_NVCC_EXECUTABLE)
  set(zoetrope_no_gpu "The GPU backend's kernels need nvcc; none was found.")
elseif(NOT ZOETROPE_BUILD_GPU)
  set(zoetrope_no_gpu "ZOETROPE_BUILD_GPU is off.")
endif()
if(zoetrope_no_gpu)
  if(ZOETROPE_BUILD_GPU STREQUAL "ON")
    message(FATAL_ERROR "${zoetrope_no_gpu}")
  endif()
  set(ZOETROPE_BUILD_GPU OFF)
  return()
endif()

set(ZOETROPE_BUILD_GPU ON)
if(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER "${CUDAToolkit_NVCC_EXECUTABLE}")
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 90)
endif()
enable_language(CUDA)

set(kernels "${PROJECT_BINARY_DIR}/kernels.cu")
file(CONFIGURE OUTPUT "${kernels}" CONTENT "#include \"zoetrope/backend/cudnn/kernels.cuh\"\n")
add_library(zoetrope_kernels STATIC "${kernels}")
target_link_libraries(zoetrope_kernels PUBLIC zoetrope::cudnn)
# CMake 3.25 does not know nvcc's flag for C++20.
target_compile_options(
  zoetrope_kernels
  PRIVATE -std=c++20 -Xcompiler=-Wall,-Wextra $<$<BOOL:${ZOETROPE_WARNINGS_AS_ERRORS}>:-Werror=all-warnings>)
