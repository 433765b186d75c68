# find_package(zoetrope [version] [COMPONENTS pictures video hdf5 cudnn]): the target zoetrope::zoetrope and, where what it
# needs is found, one for each component:
#   zoetrope::pictures   stb and giflib
#   zoetrope::video      FFmpeg's libraries
#   zoetrope::hdf5       HDF5
#   zoetrope::cudnn      CUDA and cuDNN

include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-dependencies.cmake")
if(zoetrope_missing)
  set(zoetrope_FOUND FALSE)
  set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing}")
  return()
endif()

if(NOT TARGET zoetrope::zoetrope)
  include("${CMAKE_CURRENT_LIST_DIR}/zoetrope-targets.cmake")
endif()

set(zoetrope_components
    pictures
    video
    hdf5
    cudnn)

foreach(part IN LISTS zoetrope_components)
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
    if(component IN_LIST zoetrope_components)
      set(zoetrope_NOT_FOUND_MESSAGE "${zoetrope_missing_${component}}")
    else()
      list(JOIN zoetrope_components ", " has)
      set(zoetrope_NOT_FOUND_MESSAGE "zoetrope has no component '${component}'; it has ${has}.")
    endif()
  endif()
endforeach()
