/// @file
/// A page of HTML that holds all it shows, so that one file can be given away.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace bouncing_balls {

/// @p bytes in base64 (RFC 4648, section 4).
std::string base64(std::span<const std::byte> bytes);

/// Texts are plain: the page escapes them.
class Page {
public:
  using Row = std::vector<std::string>;

  explicit Page(std::string title) : title_(std::move(title)) {}

  void section(const std::string& heading);
  void paragraph(const std::string& text);
  /// A PNG or GIF file, whose bytes go into the page. Throws zoetrope::Error where it cannot be read.
  void picture(const std::filesystem::path& path, const std::string& caption);
  /// The first cell of a row names it, the others are numbers.
  void table(const Row& head, const std::vector<Row>& rows, const std::string& caption);
  [[nodiscard]] std::string html() const;

private:
  std::string title_;
  std::string body_;
};

} // namespace bouncing_balls
