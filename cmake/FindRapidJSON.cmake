# RapidJSON's own package names a folder and no target. Gives the target RapidJSON::RapidJSON.
find_path(RapidJSON_INCLUDE_DIR rapidjson/reader.h)
mark_as_advanced(RapidJSON_INCLUDE_DIR)

if(RapidJSON_INCLUDE_DIR)
  file(STRINGS "${RapidJSON_INCLUDE_DIR}/rapidjson/rapidjson.h" lines REGEX "^#define RAPIDJSON_(MAJOR|MINOR|PATCH)_VERSION ")
  list(TRANSFORM lines REPLACE "[^0-9]+" "")
  list(JOIN lines "." RapidJSON_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RapidJSON REQUIRED_VARS RapidJSON_INCLUDE_DIR VERSION_VAR RapidJSON_VERSION)

if(RapidJSON_FOUND AND NOT TARGET RapidJSON::RapidJSON)
  add_library(RapidJSON::RapidJSON INTERFACE IMPORTED)
  set_target_properties(RapidJSON::RapidJSON PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${RapidJSON_INCLUDE_DIR}")
endif()
