/// @file
/// Reading the films of a run, with a word on what is found.
#pragma once

#include "data.hpp"
#include "run_folder.hpp"
#include "settings.hpp"

#include <filesystem>
#include <memory>

namespace program {

/// The data of @p run; where films lie in files, says how far it is, what was found and what was left out. Throws
/// zoetrope::Error.
std::unique_ptr<Data> read_data(const Run& run);

/// The data of a run that was trained; @p moved is where its films lie now, empty for where they lay. Throws
/// zoetrope::Error where they are not there, and where they are others.
std::unique_ptr<Data> read_data_of(const Trained& trained, const std::filesystem::path& moved);

} // namespace program
