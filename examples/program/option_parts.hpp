/// @file
/// What the subcommands' options are made of. CLI11's own checks let negative and enormous numbers wrap around, NaN
/// pass, and print limits of 300 digits.
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace CLI {
class App;
class Validator;
} // namespace CLI

namespace program {

inline constexpr std::uint64_t max_seed = std::numeric_limits<std::uint64_t>::max();

/// The group of options that help does not show. CLI11's own way, a group without a name, takes an option's name out of
/// error messages too.
inline constexpr const char* hidden_group = "hidden";

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
CLI::Validator positive_number();
/// 1e-6 to 1e6, or 0 for none.
CLI::Validator norm_bound();
/// At least 0 and below 1.
CLI::Validator share();
CLI::Validator one_of(const std::vector<std::string>& names);

/// --threads; 0 where it is not given.
void add_threads_option(CLI::App& app, int& threads);

/// --device and --precision. A program knows both, to say what is missing, and offers what it was built with.
void add_device_options(CLI::App& app, DeviceChoice& device_choice);

} // namespace program
