# find_package(zoetrope [version] [COMPONENTS pictures]): the targets zoetrope::zoetrope and, where stb and giflib are
# found, zoetrope::pictures.

include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-dependencies.cmake")
if(zoetrope_missing)
  set(zoetrope_FOUND FALSE)
  set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing}")
  return()
endif()

if(NOT TARGET zoetrope::zoetrope)
  include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-targets.cmake")
endif()

if(NOT zoetrope_missing_pictures)
  set(zoetrope_pictures_FOUND TRUE)
  if(NOT TARGET zoetrope::pictures)
    include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-pictures-targets.cmake")
  endif()
endif()

foreach(component IN LISTS zoetrope_FIND_COMPONENTS)
  if(zoetrope_FIND_REQUIRED_${component} AND NOT zoetrope_${component}_FOUND)
    set(zoetrope_FOUND FALSE)
    if(component STREQUAL "pictures")
      set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing_pictures}")
    else()
      set(zoetrope_NOT_FOUND_MESSAGE "zoetrope has no component '${component}'; it has 'pictures'.")
    endif()
  endif()
endforeach()
