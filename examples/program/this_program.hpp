/// @file
/// What a program that is made of these parts says of itself: each defines all of it, in a folder of its own.
#pragma once

#include "data.hpp"
#include "film_sizes.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "width.hpp"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace zoetrope {
struct Picture;
} // namespace zoetrope

namespace CLI {
class App;
} // namespace CLI

namespace program {

struct RunNumbers;

/// Its name on the command line, before every error.
std::string program_name();
/// What it does, in a sentence.
std::string program_purpose();
/// The films that its networks are compiled for.
FilmSizes built_for();

/// What its report is, in a sentence.
std::string report_purpose();
/// Whether a run of its may learn films that lie in files.
bool learns_files();

/// Where a run of this preset goes unless a folder is named.
std::string default_folder(const std::string& preset);

/// Its presets, the one that is taken where none is named first.
std::vector<Run> presets();
/// What each preset is good for: "demo (default, minutes), ...".
std::string presets_summary();

/// The networks that it is compiled for, and what they are, in a few lines.
std::vector<Width> networks();
std::string networks_text();

/// The options of `train` that say what is learnt, in the group @p group.
void add_data_options(CLI::App& train_app, RunNumbers& numbers, const std::string& group);
/// What @p run learns, in few words: "balls 1". Empty for a preset that does not say.
std::string data_text(const Run& run);

/// What is to be expected of a run whose numbers go badly together, in a sentence; empty where nothing is.
std::string remark(const Run& run);
/// Throws zoetrope::Error, which begins with @p where, for a run whose data this program cannot have made.
void check_data(const Run& run, const std::string& where);
/// Throws zoetrope::Error where the films cannot be read.
std::unique_ptr<Data> make_data(
    const Run& run, const OnShare& on_share = [](double) {});

/// Writes @p frames as videos of this path, with .mp4 and .webm, where the program has what that takes.
void write_videos(const std::filesystem::path& path, std::span<const zoetrope::Picture> frames);

/// Throws zoetrope::Error for a width, a variant or a device that there is not.
std::unique_ptr<Session> make_session(const Run& run, const DeviceChoice& device_choice);

} // namespace program
