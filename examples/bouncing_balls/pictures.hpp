/// @file
/// What a run shows: pictures of its frames and films.
#pragma once

#include "sampled_films.hpp"
#include "session.hpp"
#include "settings.hpp"

#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace bouncing_balls {

/// frames.png: 64 samples of G_F (Fig. 2).
void write_frames_picture(Session& session, const Run& run, const std::filesystem::path& folder);

/// films.png: three real above three generated films, a row each, time from left to right (Fig. 3).
void write_films_picture(Session& session, const Run& run, const std::filesystem::path& folder);

/// Films [count, 30, 30, 30] as @p path with .png, a row each, time from left to right, and with .gif, side by side.
void write_film_rows(std::span<const float> films, const std::filesystem::path& path);

/// Whether @p write wrote its pictures. Where it throws a zoetrope::Error, @p before is called and a warning says why:
/// pictures can be drawn again.
[[nodiscard]] bool warn_of_pictures(
    const std::function<void()>& write, const std::function<void()>& before = [] {});

/// "film-0.gif" for 0.
std::string film_name(int number);

/// film-0.gif ...: @p film_count generated films, films.gif: up to 64 of them side by side, and films.npy: all of them
/// in bytes [film, time, height, width].
void write_films(
    Session& session, const Run& run, int film_count, const std::filesystem::path& folder,
    const OnShare& on_share = [](double) {});

} // namespace bouncing_balls
