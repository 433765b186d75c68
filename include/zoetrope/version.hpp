/// @file
/// States zoetrope's version, nothing else does; CMake reads it from here.
#pragma once

#define ZOETROPE_VERSION_MAJOR 0
#define ZOETROPE_VERSION_MINOR 1
#define ZOETROPE_VERSION_PATCH 0
