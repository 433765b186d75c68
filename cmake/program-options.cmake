# How our own programs are compiled, and for which processor. Nothing of this reaches those who use zoetrope.
add_library(zoetrope_program_warnings INTERFACE)
add_library(zoetrope_program_options INTERFACE)
target_link_libraries(zoetrope_program_options INTERFACE zoetrope_program_warnings)

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  # Indices are int and std::ptrdiff_t by design, so clang's part of -Wconversion about signs is left out, as g++ does.
  target_compile_options(
    zoetrope_program_warnings
    INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wnon-virtual-dtor
              -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wcast-qual -Wextra-semi -Wformat=2 -Wvla
              $<$<BOOL:${ZOETROPE_WARNINGS_AS_ERRORS}>:-Werror>)

  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # These take the AVX-512 intrinsics of their own headers for uninitialised (GCC bug 105593); clang still looks.
    target_compile_options(zoetrope_program_warnings INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()

  if(ZOETROPE_NATIVE)
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag(-march=native ZOETROPE_HAS_MARCH_NATIVE)
    target_compile_options(zoetrope_program_options INTERFACE $<$<BOOL:${ZOETROPE_HAS_MARCH_NATIVE}>:-march=native>)
  endif()
endif()
