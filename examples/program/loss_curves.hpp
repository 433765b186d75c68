/// @file
/// The losses of a run as curves.
#pragma once

#include <filesystem>
#include <string>

namespace program {

/// @p losses, a run's losses.csv, with at most @p rows rows a stage, each the average of its steps. Throws
/// zoetrope::Error where the file is not one that a run wrote.
std::string thinned_losses(const std::filesystem::path& losses, int rows);

/// Writes loss-curves.csv, which is @p losses thinned, into @p folder and draws loss-curves.svg and loss-curves.png.
/// True where these show diversity too.
bool draw_losses(const std::filesystem::path& losses, const std::filesystem::path& folder);

} // namespace program
