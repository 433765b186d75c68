#include "proposal.hpp"

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
#include <cstdint>
#include <vector>

namespace films {

namespace {

/// Networks take films of 8 to 64 frames; of so many pixels a side most is known.
constexpr int least_frames = 8, usual_frames = 16, usual_side = 32, least_side = 16;
constexpr std::uint64_t films_looked_at = 20;
constexpr int frames_looked_at = 200;

/// What was seen of some films.
struct Seen {
  std::uint64_t films = 0;
  int shortest = frames_looked_at;
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
  void look_for_colour(const std::vector<Value>& frame, int channels) {
    for (std::size_t i = 0; channels >= 3 && !colour && i + 2 < frame.size(); i += static_cast<std::size_t>(channels))
      colour = frame[i] != frame[i + 1] || frame[i] != frame[i + 2];
  }
};

template <zoetrope::FilmArchive Archive>
Seen look_at(const Archive& archive) {
  Seen seen;
  for (std::uint64_t film = 0; film < std::min(archive.size(), films_looked_at); ++film) {
    const auto sizes = archive.sizes(film);
    seen.add(archive.frames(film), sizes.height, sizes.width);
    std::vector<float> frame(sizes.values());
    if (archive.frames(film) > 0) archive.read_frame(film, 0, frame);
    seen.look_for_colour(frame, sizes.channels);
  }
  return seen;
}

#ifdef FILMS_VIDEO
/// Films that cannot be read count for nothing here: training says what is wrong with each.
Seen look_at_files(const std::filesystem::path& path, const program::FilesRun& files) {
  Seen seen;
  const auto found = zoetrope::find_film_files(path);
  std::string first_error;
  for (const auto& film : found.films) {
    if (seen.films >= films_looked_at) break;
    try {
      zoetrope::VideoFile file(film.pictures.empty() ? film.path : film.pictures.front());
      int frames = 0, height = 0, width = 0;
      bool rests = false;
      while (!rests) {
        const auto picture = file.next();
        if (!picture) break;
        if (frames++ == 0) {
          height = picture->height;
          width = picture->width;
          seen.look_for_colour(std::vector<std::uint8_t>(picture->values.begin(), picture->values.end()),
                               picture->channels);
        }
        rests = frames >= frames_looked_at || !film.pictures.empty();
      }
      if (!film.pictures.empty())
        frames = static_cast<int>(std::min<std::size_t>(film.pictures.size(), frames_looked_at));
      if (files.skip_bad && frames < least_frames * files.stride) continue;
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
  zoetrope::FilmArraySettings array{.axes = files.axes};
  if (files.range.size() == 2) array.range = {files.range[0], files.range[1]};
  switch (kind_of(path)) {
  case FilmKind::npy:
    return look_at(zoetrope::NpyArchive(path, array));
  case FilmKind::hdf5:
#ifdef FILMS_HDF5
    return look_at(zoetrope::Hdf5Archive(path, {.dataset = files.dataset, .array = array}));
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
  const int frames = (seen.shortest - 1) / files.stride + 1;
  zoetrope::require(frames >= least_frames, "the shortest film of '", files.path, "' gives ", frames,
                    " frames at a stride of ", files.stride, ", and clips take at least ", least_frames,
                    ": --skip-bad goes on without films that are too short");
  const int side = std::min(seen.height, seen.width) < usual_side ? least_side : usual_side;
  return {.sizes = {.channels = seen.colour ? 3 : 1,
                    .length = std::min(usual_frames, frames),
                    .height = side,
                    .width = side},
          .found = std::to_string(seen.films) + (seen.films == films_looked_at ? " or more" : "") +
                   (seen.films == 1 ? " film" : " films") + " of " + std::to_string(seen.width) + "x" +
                   std::to_string(seen.height) + (seen.colour ? " in colour, " : " in grey, ") +
                   std::to_string(seen.shortest) + (seen.shortest == frames_looked_at ? " or more" : "") + " frames"};
}

} // namespace films
