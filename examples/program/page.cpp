#include "page.hpp"

#include <zoetrope/core/error.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>

namespace program {

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

/// @p text with what stands between pairs of @p mark in an element @p tag.
std::string marked(const std::string& text, const std::string& mark, const std::string& tag) {
  std::string result;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t open = text.find(mark, begin), close = text.find(mark, open + mark.size());
    if (open == text.npos || close == text.npos) return result + text.substr(begin);
    result += text.substr(begin, open - begin) + "<" + tag + ">" +
              text.substr(open + mark.size(), close - open - mark.size()) + "</" + tag + ">";
    begin = close + mark.size();
  }
}

/// The text of "[text](address)".
std::string without_addresses(std::string text) {
  for (std::size_t middle = 0; (middle = text.find("](", middle)) != text.npos;) {
    const std::size_t open = text.rfind('[', middle), close = text.find(')', middle);
    if (open == text.npos || close == text.npos) break;
    text.erase(middle, close + 1 - middle).erase(open, 1);
  }
  return text;
}

std::string inline_markdown(const std::string& text) {
  return marked(marked(escaped(without_addresses(text)), "**", "b"), "`", "code");
}

/// The cells of "| a | b |".
Page::Row cells_of(const std::string& line) {
  Page::Row cells;
  for (std::size_t begin = line.find('|'), end = 0; (end = line.find('|', begin + 1)) != line.npos; begin = end) {
    const std::string cell = line.substr(begin + 1, end - begin - 1);
    const std::size_t first = cell.find_first_not_of(' ');
    cells.push_back(first == cell.npos ? "" : cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
  }
  return cells;
}

constexpr const char* style = R"(
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; padding-bottom: .3rem; }
p, figcaption { max-width: 48rem; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; height: auto; display: block; }
img.film { width: 30rem; image-rendering: pixelated; }
.scroll { overflow-x: auto; }
.scroll img { max-width: none; }
figcaption { color: #555; font-size: .9rem; padding: .3rem 0; }
table { border-collapse: collapse; }
th, td { padding: .3rem .9rem; border-bottom: 1px solid #ddd; text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 7rem; }
thead th { border-bottom: 2px solid #888; vertical-align: bottom; white-space: normal; }
@media (max-width: 48rem) {
  body { margin: 1rem auto; }
  th, td { padding: .3rem; font-size: .8rem; }
  th:first-child, td:first-child { min-width: 5.5rem; }
}
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

void Page::section(const std::string& heading, const std::string& anchor) {
  body_ += "<h2" + (anchor.empty() ? "" : " id=\"" + escaped(anchor) + "\"") + ">" + escaped(heading) + "</h2>\n";
}

void Page::paragraph(const std::string& text) { body_ += "<p>" + escaped(text) + "</p>\n"; }

void Page::link(const std::string& text, const std::string& anchor) {
  body_ += "<p><a href=\"#" + escaped(anchor) + "\">" + escaped(text) + "</a></p>\n";
}

void Page::picture(const std::filesystem::path& path, const std::string& caption, Fit fit) {
  const std::string bytes = bytes_of(path);
  const bool film = path.extension() == ".gif";
  const std::string type = film ? "image/gif" : "image/png";
  body_ += std::string("<figure>\n<div") + (fit == Fit::scrolled ? " class=\"scroll\"" : "") + "><img" +
           (film ? " class=\"film\"" : "") + " alt=\"" + escaped(caption) + "\" src=\"data:" + type + ";base64," +
           base64(std::as_bytes(std::span(bytes))) + "\"></div>\n<figcaption>" + escaped(caption) +
           "</figcaption>\n</figure>\n";
}

void Page::table(const Row& head, const std::vector<Row>& rows, const std::string& caption) {
  const auto line = [](const Row& row, const std::string& tag) {
    std::string cells;
    for (const auto& cell : row) cells += "<" + tag + ">" + escaped(cell) + "</" + tag + ">";
    return "<tr>" + cells + "</tr>\n";
  };
  body_ += "<figure>\n";
  if (!caption.empty()) body_ += "<figcaption>" + escaped(caption) + "</figcaption>\n";
  body_ += "<div class=\"scroll\"><table>\n<thead>" + line(head, "th") + "</thead>\n<tbody>\n";
  for (const auto& row : rows) body_ += line(row, "td");
  body_ += "</tbody>\n</table></div>\n</figure>\n";
}

void Page::markdown(const std::string& text) {
  std::istringstream lines(text + "\n\n");
  std::string line, block;
  std::vector<Row> rows;
  while (std::getline(lines, line)) {
    const bool heading = line.starts_with("#"), in_table = line.starts_with("|");
    if ((line.empty() || heading || in_table) && !block.empty()) {
      body_ += "<p>" + inline_markdown(block) + "</p>\n";
      block.clear();
    }
    if (!in_table && rows.size() > 2) table(rows.front(), {rows.begin() + 2, rows.end()}, "");
    if (in_table)
      rows.push_back(cells_of(line));
    else
      rows.clear();
    if (heading)
      body_ += "<h3>" + inline_markdown(line.substr(std::min(line.size(), line.find_first_not_of("# ")))) + "</h3>\n";
    else if (!in_table && !line.empty())
      block += (block.empty() ? "" : "\n") + line;
  }
}

std::string Page::html() const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title_) + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<h1>" + escaped(title_) +
         "</h1>\n" + body_ + "</body>\n</html>\n";
}

} // namespace program
