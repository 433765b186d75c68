/// @file
/// A data set of clips of one shape, cut from films of any length and size.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/shape.hpp"
#include "zoetrope/data/film_archive.hpp"
#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/data/frame_fit.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// How clips are cut from films.
struct ClipSettings {
  int stride = 1; ///< a clip takes every stride-th frame of its film
  Crop crop = Crop::center;
  bool mirrored = false;   ///< every clip once more, left and right exchanged
  bool skip_short = false; ///< leave out films that are too short for a clip, instead of refusing them
};

inline namespace ZOETROPE_INSTRUCTION_SET {

/// Every clip of @p Film's length that an archive's films hold, resized to @p Film's frames. A film of n frames holds
/// n - (length - 1) * stride of them, one for each frame that a clip can begin with, so a clip drawn at random by its
/// index begins anywhere, and long films are drawn more often.
template <FilmShape FilmType, FilmArchive Archive>
class Clips {
public:
  using Film = FilmType;
  using Frame = FrameOf<Film>;
  static_assert(Film::channels == 1 || Film::channels == 3,
                "films are grey, of 1 channel, or in colour, of 3 channels");

  /// Throws Error where the archive has no film, a film is too short (unless these are skipped), its frames are of no
  /// size or a number of channels other than 1 to 4, or the stride is not positive.
  explicit Clips(Archive archive, const ClipSettings& settings = {})
      : archive_(std::move(archive)), settings_(settings) {
    require(settings_.stride >= 1, "clips expected a stride of at least 1, got ", settings_.stride);
    const std::string found = archive_.description();
    require(archive_.size() > 0, "clips expected at least one film in ", found);
    const std::int64_t needed = reach();
    std::uint64_t skipped = 0;
    for (std::uint64_t film = 0; film < archive_.size(); ++film) {
      const std::int64_t frames = archive_.frames(film);
      if (frames < needed) {
        require(settings_.skip_short, name_of(film), " has ", frames, " frames, and a clip of ", length,
                " at a stride of ", settings_.stride, " needs ", needed);
        ++skipped;
        continue;
      }
      const FrameSizes sizes = archive_.sizes(film);
      require(sizes.height > 0 && sizes.width > 0 && sizes.channels >= 1 && sizes.channels <= 4, name_of(film),
              " expected frames of 1 to 4 channels, got ", sizes.height, "x", sizes.width, "x", sizes.channels);
      const auto fit =
          std::find_if(fits_.begin(), fits_.end(), [&](const auto& known) { return known.sizes() == sizes; });
      films_.push_back({clips_, film, static_cast<std::size_t>(fit - fits_.begin())});
      if (fit == fits_.end()) fits_.emplace_back(sizes, wanted, settings_.crop);
      clips_ += static_cast<std::uint64_t>(frames - needed + 1);
    }
    require(clips_ > 0, "all ", skipped, " films of ", found, " are too short for a clip of ", length,
            " frames at a stride of ", settings_.stride);
  }

  [[nodiscard]] std::uint64_t size() const { return settings_.mirrored ? 2 * clips_ : clips_; }
  /// How many of the archive's films hold a clip.
  [[nodiscard]] std::uint64_t films() const { return films_.size(); }
  [[nodiscard]] const Archive& archive() const { return archive_; }
  /// How many frames of its film a clip reaches over, from its first frame to its last.
  [[nodiscard]] std::int64_t reach() const { return std::int64_t{length - 1} * settings_.stride + 1; }

  [[nodiscard]] std::string description() const {
    constexpr const char* crops[] = {"cropped", "stretched", "between borders"};
    return archive_.description() + ", " + std::to_string(size()) + " clips of " + std::to_string(length) +
           " frames at a stride of " + std::to_string(settings_.stride) +
           (settings_.mirrored ? ", mirrored too, " : ", ") + crops[static_cast<std::size_t>(settings_.crop)] + " to " +
           std::to_string(wanted.height) + "x" + std::to_string(wanted.width) + "x" + std::to_string(wanted.channels);
  }

  /// Where clip @p index is. Throws Error if there is no such clip.
  struct Origin {
    std::uint64_t film; ///< of the archive
    int begin;          ///< frame of that film
    bool mirrored;
  };
  [[nodiscard]] Origin origin(std::uint64_t index) const {
    const Place place = place_of(index);
    return {place.film->film, place.begin, place.mirrored};
  }

  /// Writes clip @p index to @p out, [time, height, width, channels]. Throws Error if either does not fit, or where the
  /// archive cannot be read.
  void film(std::uint64_t index, std::span<float> out) const {
    require(std::ssize(out) == Film::size, "expected room for a film of ", Film::size, " values, got ", out.size());
    const Place from = place_of(index);
    for (int time = 0; time < length; ++time)
      write(from, time, out.subspan(static_cast<std::size_t>(time) * Frame::size, Frame::size));
  }

  /// Writes frame @p time of clip @p index to @p out, [height, width, channels]. Throws Error as film() does.
  void frame(std::uint64_t index, int time, std::span<float> out) const {
    require(time >= 0 && time < length, "expected a time from 0 to ", length - 1, ", got ", time);
    require(std::ssize(out) == Frame::size, "expected room for a frame of ", Frame::size, " values, got ", out.size());
    write(place_of(index), time, out);
  }

private:
  static constexpr int length = film_length<Film>;
  static constexpr FrameSizes wanted{Frame::extents::sizes[0], Frame::extents::sizes[1], Frame::channels};

  [[nodiscard]] std::string name_of(std::uint64_t film) const {
    if constexpr (requires {
                    { archive_.name(film) } -> std::convertible_to<std::string>;
                  })
      return archive_.name(film);
    else
      return "film " + std::to_string(film) + " of " + archive_.description();
  }

  struct Entry {
    std::uint64_t first_clip, film;
    std::size_t fit; ///< which of fits_
  };

  struct Place {
    const Entry* film;
    int begin;
    bool mirrored;
  };
  [[nodiscard]] Place place_of(std::uint64_t index) const {
    require(index < size(), "there is no clip ", index, " among ", size());
    const bool mirrored = index >= clips_;
    if (mirrored) index -= clips_;
    const auto after = std::upper_bound(films_.begin(), films_.end(), index,
                                        [](std::uint64_t at, const Entry& entry) { return at < entry.first_clip; });
    const Entry& entry = *(after - 1);
    return {&entry, static_cast<int>(index - entry.first_clip), mirrored};
  }

  void write(const Place& from, int time, std::span<float> out) const {
    const detail::FrameFit& fit = fits_[from.film->fit];
    const int at = from.begin + time * settings_.stride;
    if (fit.sizes() == wanted) {
      archive_.read_frame(from.film->film, at, out);
    } else {
      std::vector<float> found(fit.sizes().values());
      archive_.read_frame(from.film->film, at, found);
      fit.template apply<float>(found, -1.0F, out);
    }
    if (!from.mirrored) return;
    constexpr std::size_t row = static_cast<std::size_t>(wanted.width) * wanted.channels;
    for (std::size_t first = 0; first < out.size(); first += row)
      for (std::size_t left = 0, right = wanted.width - 1; left < right; ++left, --right)
        for (std::size_t c = 0; c < wanted.channels; ++c)
          std::swap(out[first + left * wanted.channels + c], out[first + right * wanted.channels + c]);
  }

  Archive archive_;
  ClipSettings settings_;
  std::vector<Entry> films_;
  std::vector<detail::FrameFit> fits_; ///< one for each size of frame
  std::uint64_t clips_ = 0;
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
