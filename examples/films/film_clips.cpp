#include "film_clips.hpp"

#include "array_settings.hpp"
#include "film_kind.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/data/npy_films.hpp>
#ifdef FILMS_HDF5
#include <zoetrope/data/hdf5_films.hpp>
#endif
#ifdef FILMS_VIDEO
#include <zoetrope/data/video_films.hpp>
#endif

#include <filesystem>
#include <utility>

namespace films {

namespace {

namespace fs = std::filesystem;

zoetrope::ClipSettings clip_settings(const program::FilesRun& files) {
  return {.stride = files.stride,
          .crop = files.crop == "borders"   ? zoetrope::Crop::borders
                  : files.crop == "stretch" ? zoetrope::Crop::stretch
                                            : zoetrope::Crop::center,
          .mirrored = files.mirrored,
          .skip_short = files.skip_bad};
}

template <class Clips>
class ClipsOf final : public FilmClips {
public:
  template <class... Arguments>
  explicit ClipsOf(Arguments&&... arguments) : clips_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] std::uint64_t size() const override { return clips_.size(); }
  [[nodiscard]] std::string description() const override { return clips_.description(); }
  void film(std::uint64_t index, std::span<float> out) const override { clips_.film(index, out); }
  void frame(std::uint64_t index, int time, std::span<float> out) const override { clips_.frame(index, time, out); }
  [[nodiscard]] Origin origin(std::uint64_t index) const override {
    const auto found = clips_.origin(index);
    return {found.film, found.begin, found.mirrored};
  }
  [[nodiscard]] std::int64_t reach() const override { return clips_.reach(); }
  [[nodiscard]] const Clips& clips() const { return clips_; }

private:
  Clips clips_;
};

/// Options that make no sense for the films are mistakes, not wishes to be passed over.
void require_unused(bool unused, const std::string& option, const fs::path& path, const char* kind) {
  zoetrope::require(unused, option, " is for ", kind, ", which '", path.string(), "' is not by its name");
}

} // namespace

std::unique_ptr<FilmClips> read_clips(const program::FilesRun& files,
                                      [[maybe_unused]] const program::OnShare& on_share) {
  const fs::path path = files.path;
  const FilmKind kind = kind_of(path);
  require_unused(kind == FilmKind::videos || files.frames_per_second == 0, "--frames-per-second", path,
                 "videos and animated pictures");
  require_unused(kind != FilmKind::videos || files.axes.empty(), "--axes", path, "arrays (.npy, .h5, .hdf5)");
  require_unused(kind != FilmKind::videos || files.range.empty(), "--range", path, "arrays (.npy, .h5, .hdf5)");
  require_unused(kind == FilmKind::hdf5 || files.dataset.empty(), "--dataset", path, "HDF5 files (.h5, .hdf5)");
  const auto clips = clip_settings(files);
  if (kind == FilmKind::npy)
    return std::make_unique<ClipsOf<zoetrope::NpyFilms<Film>>>(path, array_settings(files), clips);
  if (kind == FilmKind::hdf5) {
#ifdef FILMS_HDF5
    return std::make_unique<ClipsOf<zoetrope::Hdf5Films<Film>>>(
        path, zoetrope::Hdf5Settings{.dataset = files.dataset, .array = array_settings(files)}, clips);
#else
    zoetrope::fail("'", path.string(),
                   "' is an HDF5 file, for which this program was built without the library: install libhdf5-dev "
                   "and build it again");
#endif
  }
#ifdef FILMS_VIDEO
  auto found = std::make_unique<ClipsOf<zoetrope::VideoFilms<Film>>>(
      path, clips,
      zoetrope::VideoSettings{
          .frames_per_second = files.frames_per_second, .skip_bad = files.skip_bad, .progress = on_share});
  for (const auto& bad : found->clips().archive().bad()) found->left_out.push_back(bad.reason);
  for (const auto& file : found->clips().archive().ignored())
    found->left_out.push_back("'" + file.string() + "' is no film");
  return found;
#else
  zoetrope::fail("'", path.string(),
                 "' is read by FFmpeg's libraries, without which this program was built: install libavformat-dev "
                 "libavcodec-dev libswscale-dev and build it again");
#endif
}

} // namespace films
