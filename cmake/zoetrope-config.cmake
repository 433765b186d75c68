# find_package(zoetrope [version] [COMPONENTS pictures video cudnn]): the target zoetrope::zoetrope and those of its parts,
# zoetrope::pictures and so on, for which all is found that they need.

include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-dependencies.cmake")
if(zoetrope_missing)
  set(zoetrope_FOUND FALSE)
  set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing}")
  return()
endif()

if(NOT TARGET zoetrope::zoetrope)
  include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-targets.cmake")
endif()

set(zoetrope_parts pictures
                   video
                   cudnn)
foreach(part IN LISTS zoetrope_parts)
  if(NOT zoetrope_missing_${part})
    set(zoetrope_${part}_FOUND TRUE)
    if(NOT TARGET zoetrope::${part})
      include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-${part}-targets.cmake")
    endif()
  endif()
endforeach()

foreach(component IN LISTS zoetrope_FIND_COMPONENTS)
  if(zoetrope_FIND_REQUIRED_${component} AND NOT zoetrope_${component}_FOUND)
    set(zoetrope_FOUND FALSE)
    if(component IN_LIST zoetrope_parts)
      set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing_${component}}")
    else()
      list(JOIN zoetrope_parts ", " names)
      set(zoetrope_NOT_FOUND_MESSAGE "zoetrope has no component '${component}'; it has ${names}.")
    endif()
  endif()
endforeach()
