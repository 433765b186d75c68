/// @file
/// Which files of a folder are films: videos, animated pictures, and folders of numbered pictures.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/mapped_file.hpp"
#include "zoetrope/io/png_chunks.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace zoetrope {

/// One film as files: a single one, or pictures in the order of their numbers.
struct FilmFiles {
  std::filesystem::path path; ///< the file, or the folder of the pictures
  std::vector<std::filesystem::path> pictures = {};
};

/// What find_film_files() found.
struct FoundFilms {
  std::vector<FilmFiles> films;               ///< in the order of their names
  std::vector<std::filesystem::path> ignored; ///< files of other kinds
};

namespace detail {

/// Whether @p first comes before @p second where numbers count as such: a2 before a10.
inline bool before_by_numbers(std::string_view first, std::string_view second) {
  const auto digit = [](std::string_view text, std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  std::size_t a = 0, b = 0;
  while (a < first.size() && b < second.size()) {
    if (digit(first, a) && digit(second, b)) {
      const auto number = [&digit](std::string_view text, std::size_t& at) {
        std::size_t end = at;
        while (digit(text, end)) ++end;
        std::string_view digits = text.substr(at, end - at);
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        at = end;
        return digits;
      };
      const std::string_view left = number(first, a), right = number(second, b);
      if (left != right) return left.size() != right.size() ? left.size() < right.size() : left < right;
    } else {
      if (first[a] != second[b]) return static_cast<unsigned char>(first[a]) < static_cast<unsigned char>(second[b]);
      ++a, ++b;
    }
  }
  return std::pair(first.size() - a, first) < std::pair(second.size() - b, second);
}

/// @p path's ending in lower case, with its dot.
inline std::string ending(const std::filesystem::path& path) {
  std::string text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

inline constexpr std::array video_endings{".mp4", ".m4v",  ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg",
                                          ".ts",  ".m2ts", ".mts", ".wmv", ".asf",  ".flv", ".ogv", ".3gp",
                                          ".3g2", ".gif",  ".y4m", ".mxf", ".nut",  ".dv",  ".vob", ".apng"};
inline constexpr std::array picture_endings{".png",  ".jpg", ".jpeg", ".bmp", ".tif", ".tiff",
                                            ".webp", ".ppm", ".pgm",  ".pnm", ".pbm"};

} // namespace detail

/// The films that are at @p path: the file itself, or all in a folder and in those in it. There, every video and every
/// animated picture is a film, and the still pictures that lie in one folder are one together, in the order of the
/// numbers in their names. Links are followed; what begins with a dot is passed over. Throws Error where there is
/// nothing at @p path, a folder cannot be read or has no film.
[[nodiscard]] inline FoundFilms find_film_files(const std::filesystem::path& path) {
  std::error_code problem;
  const auto kind = std::filesystem::status(path, problem).type();
  require(kind != std::filesystem::file_type::not_found, "there is no file or folder '", path.string(), "'");
  if (kind != std::filesystem::file_type::directory) return {{{path}}, {}};

  FoundFilms result;
  std::map<std::filesystem::path, std::vector<std::filesystem::path>> pictures;
  const auto has = [](const auto& endings, const std::string& ending) {
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
  };
  using Walk = std::filesystem::recursive_directory_iterator;
  std::set<std::filesystem::path> seen{std::filesystem::canonical(path, problem)}; // links may lead in circles
  std::filesystem::path last = path;
  for (Walk at(path, std::filesystem::directory_options::follow_directory_symlink, problem), end; !problem && at != end;
       at.increment(problem)) {
    const std::filesystem::path file = last = at->path();
    std::error_code unknown;
    const bool hidden = file.filename().string().starts_with('.');
    if (at->is_directory(unknown)) {
      if (hidden || !seen.insert(std::filesystem::canonical(file, unknown)).second) at.disable_recursion_pending();
      continue;
    }
    if (hidden) continue;
    const std::string ending = detail::ending(file);
    if (!at->is_regular_file(unknown))
      result.ignored.push_back(file);
    else if (has(detail::video_endings, ending) || (ending == ".png" && is_animated_png(MappedFile(file).bytes())))
      result.films.push_back({file});
    else if (has(detail::picture_endings, ending))
      pictures[file.parent_path()].push_back(file);
    else
      result.ignored.push_back(file);
  }
  if (problem) fail("the folder '", last.string(), "' cannot be read: ", problem.message());

  const auto by_numbers = [](const std::filesystem::path& a, const std::filesystem::path& b) {
    return detail::before_by_numbers(a.string(), b.string());
  };
  for (auto& [folder, files] : pictures) {
    std::sort(files.begin(), files.end(), by_numbers);
    result.films.push_back({folder, std::move(files)});
  }
  std::sort(result.films.begin(), result.films.end(),
            [&](const FilmFiles& a, const FilmFiles& b) { return by_numbers(a.path, b.path); });
  std::sort(result.ignored.begin(), result.ignored.end(), by_numbers);
  require(!result.films.empty(), "expected videos, animated pictures or numbered pictures in '", path.string(),
          "', found ", result.ignored.size(), " other files",
          result.ignored.empty() ? "" : " such as '" + result.ignored.front().filename().string() + "'");
  return result;
}

} // namespace zoetrope
