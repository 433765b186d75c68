# Finds what zoetrope needs, for the build and for the installed package alike.
#
# Sets zoetrope_missing and zoetrope_missing_pictures: empty, or a sentence that names what is missing and its package.

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

list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}") # FindRandom123, FindStb

set(zoetrope_missing "")
zoetrope_need(zoetrope_missing Eigen3::Eigen "Eigen 3.4" libeigen3-dev Eigen3 3.4 CONFIG)
zoetrope_need(zoetrope_missing Random123::Random123 "Random123" librandom123-dev Random123)
zoetrope_need(zoetrope_missing nlohmann_json::nlohmann_json "nlohmann/json 3.10" nlohmann-json3-dev nlohmann_json 3.10
              CONFIG)
zoetrope_need(zoetrope_missing Threads::Threads "a library of threads" libc6-dev Threads)
zoetrope_say_missing(zoetrope_missing "zoetrope")

set(zoetrope_missing_pictures "")
zoetrope_need(zoetrope_missing_pictures Stb::Stb "stb_image_write" libstb-dev Stb)
zoetrope_need(zoetrope_missing_pictures GIF::GIF "giflib 5" libgif-dev GIF 5)
zoetrope_say_missing(zoetrope_missing_pictures "Writing PNG and GIF")

list(REMOVE_AT CMAKE_MODULE_PATH 0)
