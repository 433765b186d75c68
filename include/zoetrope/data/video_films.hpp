/// @file
/// A data set of the films in video files, animated pictures and folders of numbered pictures. Opt-in: a program that
/// includes this links zoetrope::video.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/data/clips.hpp"
#include "zoetrope/data/film_archive.hpp"
#include "zoetrope/data/film_files.hpp"
#include "zoetrope/data/frame_fit.hpp"
#include "zoetrope/io/checksum.hpp"
#include "zoetrope/io/scratch_bytes.hpp"
#include "zoetrope/io/video_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// How films are read from files.
struct VideoSettings {
  /// 0: every frame as it is stored. Otherwise each film shows the frame of every 1 / frames_per_second seconds;
  /// folders of pictures, which have no times, are taken as they are.
  double frames_per_second = 0;
  bool skip_bad = false;        ///< leave out what cannot be read, see VideoArchive::bad(), instead of refusing it
  ScratchSettings scratch = {}; ///< for all frames in the size wanted: a byte for each value
  /// Called with how much has been read, from 0 to 1, by one thread at a time.
  std::function<void(double share)> progress = {};
};

inline namespace ZOETROPE_INSTRUCTION_SET {

/// The films at a path, as find_film_files() finds them: each is decoded once, its frames are cut and resized to one
/// size and kept as bytes. A FilmArchive.
class VideoArchive {
public:
  /// A film that was left out, and why.
  struct Bad {
    std::filesystem::path path;
    std::string reason;
  };

  /// Throws Error where there is no film, and, unless these are skipped, for all that cannot be read to their end, hold
  /// frames of several sizes or none: one sentence for each of the first ten.
  VideoArchive(const std::filesystem::path& path, const FrameSizes& wanted, Crop crop,
               const VideoSettings& settings = {})
      : name_(name_of(path)), wanted_(wanted), frames_per_second_(settings.frames_per_second),
        pixels_(std::make_shared<ScratchBytes>(settings.scratch)) {
    require(std::isfinite(frames_per_second_) && frames_per_second_ >= 0 && frames_per_second_ <= 1000,
            "expected 0 to 1000 frames per second, got ", number_text(frames_per_second_));
    FoundFilms found = find_film_files(path);
    ignored_ = std::move(found.ignored);
    read_all(found.films, crop, settings);
    require(!films_.empty(), "none of the ", bad_.size(), " films in ", name_, " can be read; ",
            bad_.empty() ? "" : bad_.front().reason);
    bytes_ = pixels_->bytes();
    for (const Film& film : films_) frames_ += film.frames;
    checksum_ = sample_checksum();
  }

  [[nodiscard]] std::uint64_t size() const { return films_.size(); }
  [[nodiscard]] int frames(std::uint64_t film) const { return static_cast<int>(known(film).frames); }
  [[nodiscard]] FrameSizes sizes(std::uint64_t) const { return wanted_; }
  [[nodiscard]] std::string name(std::uint64_t film) const { return "'" + known(film).path.string() + "'"; }
  /// The films that were left out, where VideoSettings::skip_bad asks for that.
  [[nodiscard]] const std::vector<Bad>& bad() const { return bad_; }
  /// The files that are no films.
  [[nodiscard]] const std::vector<std::filesystem::path>& ignored() const { return ignored_; }

  /// Two archives of one description have as many films and frames, and the same values in those that a sample takes.
  [[nodiscard]] std::string description() const {
    return name_ + ", " + std::to_string(size()) + " films with " + std::to_string(frames_) + " frames" +
           (frames_per_second_ > 0 ? ", " + number_text(frames_per_second_) + " per second" : "") + ", checksum " +
           checksum_;
  }

  /// Throws Error for a film, a time or a span that does not fit.
  void read_frame(std::uint64_t film, int time, std::span<float> out) const {
    require(time >= 0 && time < frames(film), name(film), ": there is no frame ", time, " among ", frames(film));
    require(out.size() == wanted_.values(), name(film), ": expected room for a frame of ", wanted_.values(),
            " values, got ", out.size());
    const auto frame = frame_bytes(films_[film], static_cast<std::uint64_t>(time));
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<float>(std::to_integer<int>(frame[i]) / 127.5 - 1);
  }

private:
  /// The same wherever the folder with the films is, and however the path to them is written.
  static std::string name_of(const std::filesystem::path& path) {
    const auto whole = std::filesystem::absolute(path).lexically_normal();
    return "'" + (whole.has_filename() ? whole : whole.parent_path()).filename().string() + "'";
  }

  /// Frames lie in groups, since several films are read at once.
  static constexpr std::uint64_t group = 64, most_frames = 100'000'000;
  static constexpr double longest_pause = 600; ///< seconds that one frame may be shown

  struct Film {
    std::filesystem::path path;
    std::uint64_t frames = 0;
    std::vector<std::uint64_t> groups = {}; ///< where each begins
  };

  [[nodiscard]] const Film& known(std::uint64_t film) const {
    require(film < size(), "there is no film ", film, " among ", size(), " in ", name_);
    return films_[film];
  }
  [[nodiscard]] std::span<const std::byte> frame_bytes(const Film& film, std::uint64_t time) const {
    return bytes_.subspan(film.groups[time / group] + time % group * wanted_.values(), wanted_.values());
  }

  struct Stopped {};

  void read_all(const std::vector<FilmFiles>& files, Crop crop, const VideoSettings& settings) {
    std::vector<Film> films(files.size());
    std::vector<std::string> reasons(files.size());
    std::mutex mutex;
    double read = 0;         // in films
    std::exception_ptr ours; // not a film's fault: no room for the frames, or what progress throws
    // Films side by side, or else the frames of one.
    const int threads = std::ssize(files) >= thread_count() ? 1 : thread_count();
    parallel_for(std::ssize(files), [&](std::ptrdiff_t i) {
      const auto at = static_cast<std::size_t>(i);
      double read_here = 0;
      // Keeps the frames, up to @p share of the film, and gives where they are; nothing after a fault of ours.
      const auto keep = [&](std::span<const std::byte> frames, double share) -> std::uint64_t {
        const std::scoped_lock lock(mutex);
        if (ours) throw Stopped{};
        try {
          read += share - read_here;
          read_here = share;
          if (settings.progress) settings.progress(std::min(1.0, read / static_cast<double>(files.size())));
          pixels_->append(frames);
        } catch (...) {
          ours = std::current_exception();
          throw Stopped{};
        }
        return pixels_->size() - frames.size();
      };
      try {
        films[at] = read_film(files[at], crop, threads, keep);
      } catch (const Stopped&) {
      } catch (const std::exception& error) {
        reasons[at] = error.what();
      }
      try {
        (void)keep({}, 1);
      } catch (const Stopped&) {
      }
    });
    if (ours) std::rethrow_exception(ours);

    for (std::size_t i = 0; i < files.size(); ++i) {
      if (reasons[i].empty())
        films_.push_back(std::move(films[i]));
      else
        bad_.push_back({files[i].path, reasons[i]});
    }
    if (!settings.skip_bad && !bad_.empty()) refuse(files.size());
  }

  [[noreturn]] void refuse(std::size_t all) const {
    if (all == 1) fail(bad_.front().reason);
    std::string text =
        std::to_string(bad_.size()) + " of " + std::to_string(all) + " films in " + name_ + " cannot be used:";
    constexpr std::size_t shown = 10;
    for (std::size_t i = 0; i < std::min(shown, bad_.size()); ++i) text += "\n  " + bad_[i].reason;
    if (bad_.size() > shown) text += "\n  and " + std::to_string(bad_.size() - shown) + " more";
    fail(text);
  }

  /// Fits frames as they come, and hands on whole groups.
  template <class Keep>
  class Writer {
  public:
    Writer(const FrameSizes& wanted, Crop crop, const Keep& keep)
        : wanted_(wanted), crop_(crop), keep_(keep), floats_(wanted.values()) {}

    /// @p share of the film, from 0 to 1, has been read with this picture.
    void use(const VideoPicture& picture, const std::string& name, double share) {
      share_ = share;
      const FrameSizes sizes{picture.height, picture.width, picture.channels};
      if (!fit_ || fit_->sizes() != sizes) {
        if (fit_)
          require(fit_->sizes().height == sizes.height && fit_->sizes().width == sizes.width, name,
                  ": expected frames of one size, got ", sizes.width, "x", sizes.height, " after ", fit_->sizes().width,
                  "x", fit_->sizes().height);
        fit_.emplace(sizes, wanted_, crop_);
      }
      fit_->template apply<std::uint8_t>(picture.values, 0.0F, floats_);
      fitted_.resize(floats_.size());
      std::transform(floats_.begin(), floats_.end(), fitted_.begin(), [](float value) {
        return static_cast<std::byte>(std::clamp(static_cast<int>(value + 0.5F), 0, 255));
      });
    }
    /// Writes the frame that use() had last.
    void repeat(Film& film) {
      require(film.frames < most_frames, "'", film.path.string(), "': expected at most ", most_frames, " frames");
      waiting_.insert(waiting_.end(), fitted_.begin(), fitted_.end());
      if (++film.frames % group == 0) flush(film);
    }
    void flush(Film& film) {
      if (waiting_.empty()) return;
      film.groups.push_back(keep_(waiting_, share_));
      waiting_.clear();
    }

  private:
    FrameSizes wanted_;
    Crop crop_;
    const Keep& keep_;
    double share_ = 0;
    std::optional<detail::FrameFit> fit_;
    std::vector<float> floats_;
    std::vector<std::byte> fitted_, waiting_;
  };

  template <class Keep>
  [[nodiscard]] Film read_film(const FilmFiles& files, Crop crop, int threads, const Keep& keep) const {
    Film film{files.path};
    Writer<Keep> writer(wanted_, crop, keep);
    if (!files.pictures.empty()) {
      for (const auto& path : files.pictures) {
        VideoFile file(path);
        const auto picture = file.next();
        require(!file.next(), file.name(),
                " has more than one frame, where one of the pictures of a film was expected");
        writer.use(*picture, file.name(),
                   static_cast<double>(film.frames) / static_cast<double>(files.pictures.size()));
        writer.repeat(film);
      }
    } else {
      VideoFile file(files.path, threads);
      if (frames_per_second_ > 0)
        read_at_rate(file, writer, film);
      else
        while (const auto picture = file.next()) {
          writer.use(*picture, file.name(), file.position());
          writer.repeat(film);
        }
    }
    writer.flush(film);
    return film;
  }

  /// A frame is shown until the next one is; the last one for as long as the one before it.
  template <class Keep>
  void read_at_rate(VideoFile& file, Writer<Keep>& writer, Film& film) const {
    std::optional<VideoPicture> picture = file.next();
    const double begin = picture->seconds;
    double shown = 1 / frames_per_second_;
    while (picture) {
      writer.use(*picture, file.name(), file.position());
      std::optional<VideoPicture> following = file.next();
      if (following) shown = following->seconds - picture->seconds;
      require(shown >= 0 && shown <= longest_pause, file.name(), ": expected times of frames that rise, by at most ",
              longest_pause, " seconds, got ", number_text(picture->seconds), " and then ",
              number_text(picture->seconds + shown));
      const double until = picture->seconds + shown - begin - 1e-6;
      while (static_cast<double>(film.frames) / frames_per_second_ < until) writer.repeat(film);
      picture = std::move(following);
    }
    if (film.frames == 0) writer.repeat(film);
  }

  [[nodiscard]] std::string sample_checksum() const {
    constexpr std::uint64_t most = 64;
    Checksum sum;
    for (const Film& film : films_) sum.add(film.frames);
    const std::uint64_t count = std::min(most, size());
    for (std::uint64_t i = 0; i < count; ++i) {
      const Film& film = films_[size() / count * i + size() % count * i / count];
      sum.add(frame_bytes(film, 0));
      sum.add(frame_bytes(film, film.frames / 2));
    }
    return sum.text();
  }

  std::string name_;
  FrameSizes wanted_;
  double frames_per_second_;
  std::shared_ptr<ScratchBytes> pixels_;
  std::span<const std::byte> bytes_;
  std::vector<Film> films_;
  std::vector<Bad> bad_;
  std::vector<std::filesystem::path> ignored_;
  std::uint64_t frames_ = 0;
  std::string checksum_;
};

/// Clips of the shape @p FilmType from the videos, animated pictures and folders of numbered pictures at a path.
template <FilmShape FilmType>
class VideoFilms : public Clips<FilmType, VideoArchive> {
public:
  /// Throws Error as VideoArchive and Clips do.
  explicit VideoFilms(const std::filesystem::path& path, const ClipSettings& clips = {},
                      const VideoSettings& settings = {})
      : Clips<FilmType, VideoArchive>(VideoArchive(path, wanted, clips.crop, settings), clips) {}

private:
  using Frame = FrameOf<FilmType>;
  static constexpr FrameSizes wanted{Frame::extents::sizes[0], Frame::extents::sizes[1], Frame::channels};
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
