/// @file
/// The networks that a program is compiled for, by name.
#pragma once

#include "settings.hpp"

#include <string>
#include <vector>

namespace program {

std::vector<std::string> width_divisors();
/// Their variants' names.
std::vector<std::string> variants();

/// What divides the widths of @p run's sequence stage. Throws zoetrope::Error for networks that there are not.
int sequence_divisor(const Run& run);

/// Whether @p run's sequence stage has discriminators of single frames. Throws as sequence_divisor().
bool judges_frames(const Run& run);

/// @p run with networks of another width, of its own variant where there are such. Throws zoetrope::Error for a width
/// that there is not.
Run with_width(Run run, int divisor);

/// @p run with networks of this variant, of its own width where there are such and otherwise of one that has them.
Run with_networks(Run run, const std::string& variant);

} // namespace program
