/// @file
/// What a run or an export left in a folder, and when a command may write over it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace program {

/// The file of a run or an export, or a picture of either, that @p folder holds; none where it holds no such file. A
/// table of losses alone does not count: a run that was killed before it first saved leaves one.
std::optional<std::string> held_result(const std::filesystem::path& folder);

/// Throws zoetrope::Error where @p folder, which @p run is not, holds another run's generators or checkpoint.
void require_no_other_run(const std::filesystem::path& folder, const std::filesystem::path& run);

/// Removes what a run left in its folder, the checkpoint first, so that nothing of it can be taken for the new run's.
/// Throws zoetrope::Error.
void remove_results(const std::filesystem::path& folder);

} // namespace program
