#include "files_data.hpp"

#include "film_measures.hpp"

#include <cmath>
#include <filesystem>

namespace films {

std::string FilesData::title() const {
  const std::filesystem::path path(files_.path);
  return "films of " + (path.has_filename() ? path : path.parent_path()).filename().string();
}

std::string FilesData::real_text() const {
  return "It learnt from " + description() +
         ". Real films below are drawn from these; where real films are compared with others, they are of a part of "
         "the "
         "films that the others are not of.";
}

std::vector<program::MeasureRow> FilesData::measures(program::Session& session, std::uint64_t seed, int count,
                                                     const program::OnShare& on_share) const {
  return measure(session, *clips_, seed, count, on_share);
}

std::string FilesData::measures_note() const {
  std::string note = "Changes are mean squared differences of values from -1 to 1, lags are in frames. \"none\" where "
                     "there are too few films for a comparison.";
  if (parts_share_films(*clips_))
    note +=
        " There are so few films that each was cut into parts, which have much in common: films that have not would "
        "be further apart than the column \"real\" says.";
  return note;
}

program::Data::Nearest FilesData::nearest(std::span<const float> films, program::Session& session, std::uint64_t seed,
                                          const program::OnShare& on_share) const {
  return nearest_clips(films, session, *clips_, seed, on_share);
}

std::uint64_t FilesData::spread_out(std::uint64_t index) const {
  // Multiples of the golden ratio, as a fraction of 2^64, lie evenly between 0 and 1 (Weyl).
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;
  const auto fraction = static_cast<double>(((index + 1) * golden) >> 11);
  return static_cast<std::uint64_t>(std::ldexp(fraction, -53) * static_cast<double>(clips_->size()));
}

} // namespace films
