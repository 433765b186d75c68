/// @file
/// What a run depends on says what it is, for checkpoints to record and compare.
#pragma once

#include <concepts>
#include <string>

namespace zoetrope {

/// t.description() tells @p T from others of its kind, with all its settings that a run must not change on its way.
template <class T>
concept DescribesItself = requires(const T& t) {
  { t.description() } -> std::convertible_to<std::string>;
};

} // namespace zoetrope
