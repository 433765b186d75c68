/// @file
/// The report of a trained pair of generators: every figure and table of the paper, and the measures that it lacked.
#pragma once

#include "data.hpp"
#include "run_folder.hpp"

#include <filesystem>

namespace program {

struct ReportSettings {
  int films = 300; ///< generated films, and twice as many real ones, for the measures
};

inline constexpr const char* report_name = "report.html";

/// Writes report.html, which shows everything of a run that learnt from @p data, and beside it each picture as PNG, SVG
/// or GIF and each table as CSV, into @p folder. @p frames_of has the frame generator for figure 4, of another run,
/// where there is one; @p losses is the run's losses.csv, which may be missing. A line on standard output for each
/// part. Throws zoetrope::Error.
void write_report(Trained& trained, const Data& data, Trained* frames_of, const std::filesystem::path& losses,
                  const std::filesystem::path& folder, const ReportSettings& settings);

} // namespace program
