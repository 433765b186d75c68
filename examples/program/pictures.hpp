/// @file
/// What a run shows: pictures of its frames and films.
#pragma once

#include "data.hpp"
#include "sampled_films.hpp"
#include "session.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace program {

/// frames.png: 64 samples of G_F (Fig. 2).
void write_frames_picture(Session& session, std::uint64_t seed, const std::filesystem::path& folder);

/// films.png: three real above three generated films, a row each, time from left to right (Fig. 3). Without @p data
/// there are no real ones.
void write_films_picture(Session& session, const Data* data, std::uint64_t seed, const std::filesystem::path& folder);

/// Films [count, length, height, width, channels] as @p path with .png, a row each, time from left to right, and with
/// .gif, side by side.
void write_film_rows(std::span<const float> films, const FilmSizes& sizes, const std::filesystem::path& path);

/// Whether @p write wrote its pictures. Where it throws a zoetrope::Error, @p before is called and a warning says why:
/// pictures can be drawn again.
[[nodiscard]] bool warn_of_pictures(
    const std::function<void()>& write, const std::function<void()>& before = [] {});

/// "film-0.gif" for 0.
std::string film_name(int number);

/// film-0.gif ...: @p film_count generated films, films.gif: up to 64 of them side by side, films.mp4 and films.webm
/// where the program has what writes them, and films.npy: all of them in bytes [film, time, height, width], and the
/// channels of colour.
void write_films(
    Session& session, std::uint64_t seed, int film_count, const std::filesystem::path& folder,
    const OnShare& on_share = [](double) {});

} // namespace program
