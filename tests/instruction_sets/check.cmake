# cmake -Dnative=<program> -Dportable=<program> -Dboth=<program> -P check.cmake: what two units for different processors
# compute in one program is what each of them computes alone.
foreach(program native portable both)
  execute_process(COMMAND "${${program}}" OUTPUT_VARIABLE ${program}_output COMMAND_ERROR_IS_FATAL ANY)
endforeach()
string(LENGTH "${native_output}" length)
math(EXPR half "${length} / 2") # it trains twice
string(SUBSTRING "${native_output}" 0 ${half} once)
if(NOT native_output STREQUAL "${once}${once}")
  message(FATAL_ERROR "the same unit trained twice comes to:\n${native_output}")
endif()
if(NOT both_output STREQUAL "${once}${portable_output}${once}")
  message(FATAL_ERROR "together they come to:\n${both_output}\nand alone to:\n${once}${portable_output}")
endif()
