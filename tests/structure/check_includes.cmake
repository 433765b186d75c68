# cmake -Dcompiler=<c++> -Dflags=<file> -Dsource=<file> -Dwithout=<regular expression> -P check_includes.cmake: no header
# that the source includes, directly or not, matches.
execute_process(COMMAND "${compiler}" "@${flags}" -M "${source}" OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
if(NOT headers MATCHES "zoetrope/")
  message(FATAL_ERROR "${source}: includes nothing of zoetrope's, so this test tests nothing:\n${headers}")
endif()
string(REGEX MATCHALL "[^ \n\\]*${without}[^ \n\\]*" found "${headers}")
if(found)
  list(JOIN found "\n  " found)
  message(FATAL_ERROR "${source}: includes what it must not:\n  ${found}")
endif()
