/// @file
/// The only place that states zoetrope's version; CMake reads it from here.
#pragma once

#define ZOETROPE_VERSION_MAJOR 0
#define ZOETROPE_VERSION_MINOR 1
#define ZOETROPE_VERSION_PATCH 0
