# Headers only, and no path of this machine: the installed folder can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_DATADIR}/cmake/zoetrope")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

install(TARGETS zoetrope EXPORT zoetrope-targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT zoetrope-targets NAMESPACE zoetrope:: DESTINATION "${package_folder}")
foreach(part pictures video hdf5 cudnn)
  install(TARGETS zoetrope_${part} EXPORT zoetrope-${part}-targets)
  install(EXPORT zoetrope-${part}-targets NAMESPACE zoetrope:: DESTINATION "${package_folder}")
endforeach()

write_basic_package_version_file("${PROJECT_BINARY_DIR}/zoetrope-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/zoetrope-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/zoetrope-config.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/zoetrope-dependencies.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindRandom123.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindRapidJSON.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindStb.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindFFmpeg.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindHdf5.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindCUDNN.cmake"
        DESTINATION "${package_folder}")
