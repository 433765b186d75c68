# cmake -Dhow=... -Dzoetrope=... -Dzoetrope_build=... -Dfolder=... -Dgenerator=... -Dcompiler=... -P check.cmake:
# configures, builds and runs the consumer from nothing.
file(REMOVE_RECURSE "${folder}")
set(configure "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${folder}/build" -G "${generator}"
              "-DCMAKE_CXX_COMPILER=${compiler}" -DHOW=${how})

if(how STREQUAL "find_package")
  # Installed here, moved there: the package must not know where it was.
  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${zoetrope_build}" --prefix "${folder}/first"
                  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(RENAME "${folder}/first" "${folder}/moved")
  file(GLOB_RECURSE installed "${folder}/moved/*")
  foreach(file IN LISTS installed)
    file(READ "${file}" text)
    foreach(path "${zoetrope}" "${zoetrope_build}")
      string(FIND "${text}" "${path}" at)
      if(NOT at EQUAL -1)
        message(FATAL_ERROR "${file} names ${path}")
      endif()
    endforeach()
  endforeach()
  list(APPEND configure "-DCMAKE_PREFIX_PATH=${folder}/moved")
elseif(how STREQUAL "add_subdirectory")
  list(APPEND configure "-DZOETROPE_CHECKOUT=${zoetrope}")
else()
  list(APPEND configure "-DFETCHCONTENT_SOURCE_DIR_ZOETROPE=${zoetrope}")
endif()

# Without a dependency it must say which package has it.
execute_process(COMMAND ${configure} -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON RESULT_VARIABLE result
                OUTPUT_QUIET ERROR_VARIABLE output)
string(REGEX REPLACE "[ \n]+" " " output "${output}")
if(result EQUAL 0 OR NOT output MATCHES "zoetrope needs Eigen 3.4 \\(package libeigen3-dev on Debian and Ubuntu\\)\\.")
  message(FATAL_ERROR "expected a sentence about the package with Eigen, got ${result}:\n${output}")
endif()
file(REMOVE_RECURSE "${folder}/build")

execute_process(COMMAND ${configure} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${folder}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${folder}/build/consumer" COMMAND_ERROR_IS_FATAL ANY)
if(how STREQUAL "find_package")
  foreach(program own_architecture own_loss own_objective own_projection wrapped_generator)
    execute_process(COMMAND "${folder}/build/${program}" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endif()
foreach(part hdf5 video)
  if(EXISTS "${folder}/build/${part}_consumer")
    execute_process(COMMAND "${folder}/build/${part}_consumer" COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
if(EXISTS "${folder}/build/gpu_consumer")
  execute_process(COMMAND "${folder}/build/gpu_consumer" COMMAND_ERROR_IS_FATAL ANY)
endif()
