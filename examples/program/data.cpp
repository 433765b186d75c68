#include "data.hpp"

#include <zoetrope/core/parallel_throwing.hpp>

#include <cstddef>

namespace program {

const std::vector<std::string>& Data::left_out() const {
  static const std::vector<std::string> none;
  return none;
}

std::string Data::printed(std::string_view) const { return {}; }
std::string Data::table_note() const { return {}; }
std::vector<CheckedMeasure> Data::checks(std::span<const float>) const { return {}; }
Data::Nearest Data::nearest(std::span<const float>, Session&, std::uint64_t, const OnShare&) const { return {}; }

std::vector<float> real_films(const Data& data, int count, int skipped) {
  const std::size_t size = data.sizes().film();
  std::vector<float> films(static_cast<std::size_t>(count) * size);
  zoetrope::parallel_for_throwing(count, [&](std::ptrdiff_t i) {
    data.real_film(static_cast<std::uint64_t>(skipped + i),
                   std::span(films).subspan(static_cast<std::size_t>(i) * size, size));
  });
  return films;
}

std::vector<float> real_frames(const Data& data, int count) {
  const std::size_t size = data.sizes().frame();
  std::vector<float> frames(static_cast<std::size_t>(count) * size);
  for (int i = 0; i < count; ++i)
    data.real_frame(static_cast<std::uint64_t>(i), i % data.sizes().length,
                    std::span(frames).subspan(static_cast<std::size_t>(i) * size, size));
  return frames;
}

} // namespace program
