/// @file
/// What each unit's training came to, as text.
#pragma once

#include <string>

std::string trained_native();
std::string trained_portable();
