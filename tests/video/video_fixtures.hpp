// What make_video_fixtures.py wrote, and a folder for files of a test's own.
#pragma once

#include "zoetrope/io/video_file.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

namespace zoetrope::test {

inline std::filesystem::path video_fixture(const std::string& name) {
  return std::filesystem::path(ZOETROPE_FIXTURES) / "video" / name;
}

/// Frame @p time of the fixtures without loss, [16, 24, 3].
inline std::vector<std::uint8_t> written_frame(int time) {
  std::vector<std::uint8_t> values;
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 24; ++x)
      for (int c = 0; c < 3; ++c)
        values.push_back(static_cast<std::uint8_t>(((31 * time + 7 * y + 3 * x) % 256 + 50 * c) % 256));
  return values;
}

inline std::vector<VideoPicture> pictures_of(const std::filesystem::path& path) {
  std::vector<VideoPicture> pictures;
  VideoFile file(path);
  while (auto picture = file.next()) pictures.push_back(std::move(*picture));
  return pictures;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder that goes with the test.
struct VideoFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("zoetrope_video_test_" + std::to_string(::getpid()));
  VideoFolder() { std::filesystem::create_directories(path); }
  ~VideoFolder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }
  [[nodiscard]] std::filesystem::path copy(const std::string& fixture, const std::string& name) const {
    return write(name, bytes_of(video_fixture(fixture)));
  }
};

} // namespace zoetrope::test
