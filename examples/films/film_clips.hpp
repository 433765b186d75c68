/// @file
/// The clips of a run's films, of whatever kind of file they come from.
#pragma once

#include "film_shape.hpp"
#include "sampled_films.hpp"
#include "settings.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace films {

/// A data set of clips, as zoetrope::Clips is one.
class FilmClips {
public:
  using Film = films::Film;
  /// As in zoetrope::Clips.
  struct Origin {
    std::uint64_t film;
    int begin;
    bool mirrored;
  };

  virtual ~FilmClips() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  [[nodiscard]] virtual std::string description() const = 0;
  virtual void film(std::uint64_t index, std::span<float> out) const = 0;
  virtual void frame(std::uint64_t index, int time, std::span<float> out) const = 0;
  [[nodiscard]] virtual Origin origin(std::uint64_t index) const = 0;
  [[nodiscard]] virtual std::int64_t reach() const = 0;

  /// A sentence for each film that was left out, and for files that are none.
  std::vector<std::string> left_out;
};

/// Reads what @p files names, an array or videos and pictures. Throws zoetrope::Error where it cannot be used.
std::unique_ptr<FilmClips> read_clips(const program::FilesRun& files, const program::OnShare& on_share);

} // namespace films
