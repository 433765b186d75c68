# cmake -Dfolder=<folder to work in> -P check_circles_test.cmake: check_circles.cmake finds each circle, and no others.
set(check "${CMAKE_CURRENT_LIST_DIR}/check_circles.cmake")

# expect(<regular expression, or nothing where the check passes> <file> <lines>...): a folder with a good tree and one more
# file.
function(expect pattern name)
  file(REMOVE_RECURSE "${folder}")
  file(WRITE "${folder}/low.hpp" "#include <vector>\n")
  file(WRITE "${folder}/low.cpp" "#include \"low.hpp\"\n")
  file(WRITE "${folder}/middle.hpp" "#include \"low.hpp\"\n")
  file(WRITE "${folder}/middle.cpp" "#include \"middle.hpp\"\n#include \"low.hpp\"\n")
  file(WRITE "${folder}/main.cpp" "#include \"middle.hpp\"\n#include \"low.hpp\"\n")
  list(JOIN ARGN "\n" text)
  file(WRITE "${folder}/${name}" "${text}\n")
  execute_process(COMMAND "${CMAKE_COMMAND}" -P "${check}" "${folder}"
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  # CMake breaks a message's lines where a long path makes it.
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(pattern STREQUAL "" AND NOT result EQUAL 0)
    message(SEND_ERROR "a good tree with ${name} has faults:\n${output}")
  elseif(NOT pattern STREQUAL "" AND (result EQUAL 0 OR NOT output MATCHES "${pattern}"))
    message(SEND_ERROR "expected a fault that matches '${pattern}', got ${result}:\n${output}")
  endif()
endfunction()

expect("" high.hpp "#include \"middle.hpp\"" "#include \"low.hpp\"")
expect("low needs middle[ \n]+middle needs low" low.hpp "#include \"middle.hpp\"")
expect("low needs middle[ \n]+middle needs low" low.cpp "#include \"low.hpp\"" "  #  include \"middle.hpp\"")
expect("low needs low" low.hpp "#include \"low.hpp\"")
expect("there is no nowhere.hpp" high.hpp "#include \"nowhere.hpp\"")
