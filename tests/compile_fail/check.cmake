# cmake -Dcompiler=<c++> -Dflags=<file> -Dprecompiled=<header> -Dsource=<file> -P check.cmake
file(STRINGS "${source}" first LIMIT_COUNT 1)
if(NOT first MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${source}: the first line must be '// expect: <regular expression of CMake>'")
endif()
set(expected "${CMAKE_MATCH_1}")

set(compile "${compiler}" "@${flags}" -fsyntax-only -include "${precompiled}")
execute_process(COMMAND ${compile} -DPOSITIVE "${source}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${source}: does not compile with POSITIVE defined, though it should:\n${output}")
endif()

# A second line '// options: ...' has what the compiler is told besides.
file(STRINGS "${source}" options LIMIT_COUNT 1 REGEX "^// options: ")
string(REGEX REPLACE "^// options: " "" options "${options}")
execute_process(COMMAND ${compile} ${options} "${source}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "${source}: compiles, though it should not")
elseif(NOT output MATCHES "${expected}")
  message(FATAL_ERROR "${source}: fails to compile without saying '${expected}':\n${output}")
endif()
