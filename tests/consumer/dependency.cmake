# cmake -Dzoetrope=... -Dfolder=... -Dgenerator=... -Dcompiler=... -Deigen=<folder of headers> -P dependency.cmake:
# zoetrope as a part of another project, which exports a library that links it, with Eigen 5 (in name: its package is
# what CMake asks).
file(REMOVE_RECURSE "${folder}")
set(eigen_package "${folder}/eigen5/share/eigen3/cmake")
file(WRITE "${eigen_package}/Eigen3Config.cmake" "
  add_library(Eigen3::Eigen INTERFACE IMPORTED)
  set_target_properties(Eigen3::Eigen PROPERTIES INTERFACE_INCLUDE_DIRECTORIES \"${eigen}\")\n")
include(CMakePackageConfigHelpers)
macro(call_eigen version)
  write_basic_package_version_file("${eigen_package}/Eigen3ConfigVersion.cmake" VERSION ${version}
                                   COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
endmacro()
call_eigen(5.0.1)

function(build name source)
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${source}" -B "${folder}/${name}" -G "${generator}"
                          "-DCMAKE_CXX_COMPILER=${compiler}" ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${CMAKE_COMMAND}" --build "${folder}/${name}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(project "${CMAKE_CURRENT_LIST_DIR}/dependency")
set(prefix "${folder}/installed")
# By its folder, and where CMake looks for itself.
build(films "${project}" "-DZOETROPE_CHECKOUT=${zoetrope}" "-DEigen3_DIR=${eigen_package}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${folder}/films" --prefix "${prefix}" OUTPUT_QUIET
                COMMAND_ERROR_IS_FATAL ANY)
build(user "${project}/user" "-DFILMS_PREFIX=${prefix}" "-Dzoetrope_DIR=${prefix}/share/cmake/zoetrope"
      "-DCMAKE_PREFIX_PATH=${folder}/eigen5")
execute_process(COMMAND "${folder}/user/user" COMMAND_ERROR_IS_FATAL ANY)

file(STRINGS "${folder}/films/CMakeCache.txt" found REGEX "^Eigen3_DIR:")
if(NOT found MATCHES "eigen5")
  message(FATAL_ERROR "expected Eigen 5, found ${found}")
endif()

# Others are refused by name.
foreach(version 3.3.9 6.0.0)
  call_eigen(${version})
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${project}" -B "${folder}/refused" -G "${generator}"
                          "-DCMAKE_CXX_COMPILER=${compiler}" "-DZOETROPE_CHECKOUT=${zoetrope}"
                          "-DEigen3_DIR=${eigen_package}"
                  RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(result EQUAL 0 OR NOT output MATCHES "zoetrope needs Eigen 3.4 or 5 in place of ${version} in ")
    message(FATAL_ERROR "expected Eigen ${version} to be refused, got ${result}:\n${output}")
  endif()
  file(REMOVE_RECURSE "${folder}/refused")
endforeach()
