/// @file
/// What went wrong, as the library says it.
#pragma once

#include "zoetrope/core/error.hpp"

#include <string>

namespace zoetrope::test {

/// What() of the Error that @p action throws; empty where it throws none.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

} // namespace zoetrope::test
