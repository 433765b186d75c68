/// @file
/// Plots, drawn by gnuplot from CSV files.
#pragma once

#include <filesystem>
#include <string>

namespace program {

/// Throws zoetrope::Error where gnuplot is missing: better before long work than after it.
void require_gnuplot();

/// Draws `name.svg` and `name.png` in @p folder. @p commands are gnuplot's, from "set" to "plot"; file names in them
/// are relative to @p folder. They stay there as `name.gnuplot`, for whoever wants to draw the plot another way. Throws
/// zoetrope::Error where gnuplot is missing or fails.
void draw_plot(const std::filesystem::path& folder, const std::string& name, int width, int height,
               const std::string& commands);

} // namespace program
