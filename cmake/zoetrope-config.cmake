# find_package(zoetrope [version] [COMPONENTS pictures cudnn]): the targets zoetrope::zoetrope and, where stb and giflib
# are found, zoetrope::pictures, and where CUDA and cuDNN are, zoetrope::cudnn.

include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-dependencies.cmake")
if(zoetrope_missing)
  set(zoetrope_FOUND FALSE)
  set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing}")
  return()
endif()

if(NOT TARGET zoetrope::zoetrope)
  include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-targets.cmake")
endif()

foreach(part pictures cudnn)
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
    if(component MATCHES "^(pictures|cudnn)$")
      set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing_${component}}")
    else()
      set(zoetrope_NOT_FOUND_MESSAGE "zoetrope has no component '${component}'; it has 'pictures' and 'cudnn'.")
    endif()
  endif()
endforeach()
