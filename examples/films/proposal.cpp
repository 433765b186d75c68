#include "proposal.hpp"

#include "array_settings.hpp"
#include "film_kind.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/data/npy_films.hpp>
#ifdef FILMS_HDF5
#include <zoetrope/data/hdf5_films.hpp>
#endif
#ifdef FILMS_VIDEO
#include <zoetrope/io/video_file.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace films {

namespace {

/// Networks take films of 8 to 64 frames; of so many pixels a side most is known.
constexpr int least_frames = 8, usual_frames = 16, usual_side = 32, least_side = 16;
constexpr std::uint64_t films_looked_at = 20;

/// The frames that a clip of @p length reaches over.
int reach(int length, const program::FilesRun& files) { return (length - 1) * files.stride + 1; }

/// What was seen of some films.
struct Seen {
  std::uint64_t films = 0;
  int shortest = std::numeric_limits<int>::max();
  int height = 0, width = 0; ///< of the smallest frames
  bool colour = false;

  void add(int frames, int film_height, int film_width) {
    shortest = std::min(shortest, frames);
    if (films == 0 || std::min(film_height, film_width) < std::min(height, width)) {
      height = film_height;
      width = film_width;
    }
    ++films;
  }
  /// Whether one of the pixels of a frame of @p channels values each has a colour.
  template <class Value>
  void look_for_colour(std::span<const Value> frame, int channels) {
    for (std::size_t i = 0; channels >= 3 && !colour && i + 2 < frame.size(); i += static_cast<std::size_t>(channels))
      colour = frame[i] != frame[i + 1] || frame[i] != frame[i + 2];
  }
};

template <zoetrope::FilmArchive Archive>
Seen look_at(const Archive& archive, const program::FilesRun& files) {
  constexpr int frames_looked_at = 8;
  Seen seen;
  for (std::uint64_t film = 0; film < std::min(archive.size(), films_looked_at); ++film) {
    const auto sizes = archive.sizes(film);
    const int frames = archive.frames(film);
    if (files.skip_bad && frames < reach(least_frames, files)) continue;
    seen.add(frames, sizes.height, sizes.width);
    std::vector<float> frame(sizes.values());
    for (int i = 0; i < std::min(frames, frames_looked_at); ++i) {
      archive.read_frame(film, i * frames / frames_looked_at, frame);
      seen.look_for_colour<float>(frame, sizes.channels);
    }
  }
  return seen;
}

#ifdef FILMS_VIDEO
/// Frames of a film at the rate that is asked for, as far as a clip needs them.
int count_frames(zoetrope::VideoFile& file, const program::FilesRun& files, Seen& seen, int& height, int& width) {
  const double rate = files.frames_per_second;
  int frames = 0;
  double begin = 0;
  while (frames < reach(usual_frames, files)) {
    const auto picture = file.next();
    if (!picture) break;
    if (height == 0) {
      height = picture->height;
      width = picture->width;
      begin = picture->seconds;
    }
    seen.look_for_colour<std::uint8_t>(picture->values, picture->channels);
    frames = rate > 0 ? static_cast<int>((picture->seconds - begin) * rate) + 1 : frames + 1;
  }
  return frames;
}

/// Films that cannot be read count for nothing here: training says what is wrong with each.
Seen look_at_files(const std::filesystem::path& path, const program::FilesRun& files) {
  Seen seen;
  const auto found = zoetrope::find_film_files(path);
  std::string first_error;
  for (const auto& film : found.films) {
    if (seen.films >= films_looked_at) break;
    try {
      int frames = 0, height = 0, width = 0;
      if (film.pictures.empty()) {
        zoetrope::VideoFile file(film.path);
        frames = count_frames(file, files, seen, height, width);
      } else {
        for (const auto& picture : film.pictures) {
          zoetrope::VideoFile file(picture);
          frames += count_frames(file, program::FilesRun{}, seen, height, width);
          if (frames >= reach(usual_frames, files)) break;
        }
      }
      if (files.skip_bad && frames < reach(least_frames, files)) continue;
      seen.add(frames, height, width);
    } catch (const zoetrope::Error& error) {
      if (first_error.empty()) first_error = error.what();
    }
  }
  zoetrope::require(seen.films > 0,
                    first_error.empty() ? "all films of '" + path.string() + "' are too short" : first_error);
  return seen;
}
#endif

Seen look(const program::FilesRun& files) {
  const std::filesystem::path path = files.path;
  const auto array = array_settings(files);
  switch (kind_of(path)) {
  case FilmKind::npy:
    return look_at(zoetrope::NpyArchive(path, array), files);
  case FilmKind::hdf5:
#ifdef FILMS_HDF5
    return look_at(zoetrope::Hdf5Archive(path, {.dataset = files.dataset, .array = array}), files);
#else
    zoetrope::fail("'", path.string(), "' needs HDF5's library: install libhdf5-dev");
#endif
  case FilmKind::videos:
    break;
  }
#ifdef FILMS_VIDEO
  return look_at_files(path, files);
#else
  zoetrope::fail("'", path.string(),
                 "' needs FFmpeg's libraries: install libavformat-dev libavcodec-dev libswscale-dev");
#endif
}

} // namespace

Proposal propose(const program::FilesRun& files) {
  const Seen seen = look(files);
  zoetrope::require(seen.films > 0, "all films of '", files.path, "' are too short");
  const int frames = (seen.shortest - 1) / files.stride + 1;
  zoetrope::require(frames >= least_frames, "the shortest film of '", files.path, "' gives ", frames,
                    " frames at a stride of ", files.stride, ", and clips take at least ", least_frames,
                    ": --skip-bad goes on without films that are too short");
  const int side = std::min(seen.height, seen.width) < usual_side ? least_side : usual_side;
  const std::string more = seen.films == films_looked_at ? " or more" : "";
  return {.sizes = {.channels = seen.colour ? 3 : 1,
                    .length = std::min(usual_frames, frames),
                    .height = side,
                    .width = side},
          .found = std::to_string(seen.films) + more + (seen.films == 1 ? " film" : " films") + ", " +
                   (seen.colour ? "in colour" : "grey") + ", the smallest " + std::to_string(seen.height) + "x" +
                   std::to_string(seen.width) + " (height and width), each of " +
                   std::to_string(std::min(seen.shortest, reach(usual_frames, files))) + " frames or more"};
}

} // namespace films
