#include "page.hpp"

#include <zoetrope/core/error.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>

namespace bouncing_balls {

namespace {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char character : text) switch (character) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += character;
    }
  return result;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  zoetrope::require(file.good() && !bytes.empty(), "'", path.string(), "' cannot be read");
  return bytes;
}

constexpr const char* style = R"(
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; padding-bottom: .3rem; }
p { max-width: 48rem; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; height: auto; }
img.film { width: 30rem; image-rendering: pixelated; }
figcaption, caption { color: #555; font-size: .9rem; text-align: left; max-width: 48rem; padding: .3rem 0; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .9rem; border-bottom: 1px solid #ddd; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { border-bottom: 2px solid #888; vertical-align: bottom; }
)";

} // namespace

std::string base64(std::span<const std::byte> bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t first = 0; first < bytes.size(); first += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = first; i < first + 3; ++i)
      group = group << 8 | (i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) text += first + i > bytes.size() ? '=' : digits[group >> (18 - 6 * i) & 63];
  }
  return text;
}

void Page::section(const std::string& heading) { body_ += "<h2>" + escaped(heading) + "</h2>\n"; }

void Page::paragraph(const std::string& text) { body_ += "<p>" + escaped(text) + "</p>\n"; }

void Page::picture(const std::filesystem::path& path, const std::string& caption) {
  const std::string bytes = bytes_of(path);
  const bool film = path.extension() == ".gif";
  const std::string type = film ? "image/gif" : "image/png";
  body_ += "<figure>\n<img" + std::string(film ? " class=\"film\"" : "") + " alt=\"" + escaped(caption) +
           "\" src=\"data:" + type + ";base64," + base64(std::as_bytes(std::span(bytes))) + "\">\n<figcaption>" +
           escaped(caption) + "</figcaption>\n</figure>\n";
}

void Page::table(const Row& head, const std::vector<Row>& rows, const std::string& caption) {
  const auto line = [](const Row& row, const std::string& tag) {
    std::string cells;
    for (const auto& cell : row) cells += "<" + tag + ">" + escaped(cell) + "</" + tag + ">";
    return "<tr>" + cells + "</tr>\n";
  };
  body_ += "<table>\n<caption>" + escaped(caption) + "</caption>\n<thead>" + line(head, "th") + "</thead>\n<tbody>\n";
  for (const auto& row : rows) body_ += line(row, "td");
  body_ += "</tbody>\n</table>\n";
}

std::string Page::html() const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title_) + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<h1>" + escaped(title_) +
         "</h1>\n" + body_ + "</body>\n</html>\n";
}

} // namespace bouncing_balls
