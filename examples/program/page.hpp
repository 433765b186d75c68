/// @file
/// A page of HTML that holds all it shows, so that one file can be given away.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace program {

/// @p bytes in base64 (RFC 4648, section 4).
std::string base64(std::span<const std::byte> bytes);

/// Texts are plain: the page escapes them.
class Page {
public:
  using Row = std::vector<std::string>;

  explicit Page(std::string title) : title_(std::move(title)) {}

  /// How a picture fits a narrow screen: as a whole, or wide enough to be read, so that one scrolls along it.
  enum class Fit { whole, scrolled };

  /// @p anchor is what link() takes.
  void section(const std::string& heading, const std::string& anchor = "");
  void paragraph(const std::string& text);
  /// A paragraph of its own that leads to a section of this page.
  void link(const std::string& text, const std::string& anchor);
  /// A PNG or GIF file, whose bytes go into the page. Throws zoetrope::Error where it cannot be read.
  void picture(const std::filesystem::path& path, const std::string& caption, Fit fit = Fit::whole);
  /// The first cell of a row names it, the others are numbers.
  void table(const Row& head, const std::vector<Row>& rows, const std::string& caption);
  /// What our documents use of Markdown: headings, paragraphs, tables, bold text and code; of links, the text.
  void markdown(const std::string& text);
  [[nodiscard]] std::string html() const;

private:
  std::string title_;
  std::string body_;
};

} // namespace program
