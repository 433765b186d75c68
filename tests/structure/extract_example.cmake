# Writes one C++ example of a Markdown file, the first is 1, to a source file:
# cmake -P extract_example.cmake <markdown> <number> <source>
file(READ "${CMAKE_ARGV3}" text)
foreach(number RANGE 1 ${CMAKE_ARGV4})
  string(FIND "${text}" "```cpp\n" begin)
  if(begin EQUAL -1)
    message(FATAL_ERROR "${CMAKE_ARGV3} has no C++ example ${number}")
  endif()
  math(EXPR begin "${begin} + 7")
  string(SUBSTRING "${text}" ${begin} -1 text)
endforeach()
string(FIND "${text}" "```" end)
string(SUBSTRING "${text}" 0 ${end} text)
file(WRITE "${CMAKE_ARGV5}" "${text}")
