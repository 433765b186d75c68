/// @file
/// Headers of NumPy's .npy files, versions 1 to 3 of the format (numpy.lib.format).
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/shown.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zoetrope {

/// What stands before the numbers.
struct NpyHeader {
  char byte_order = '|'; ///< '<' little-endian, '>' big-endian, '|' where there is none
  char kind = 'u';       ///< 'u' unsigned, 'i' signed, 'f' float, 'b' bool, ...
  std::uint64_t element_bytes = 1;
  bool fortran_order = false; ///< the first axis is the fastest
  std::vector<std::uint64_t> shape;
  std::size_t data_begin = 0; ///< the byte of the file with which the numbers begin
};

namespace detail {

/// Reads the few literals of Python that headers consist of.
class NpyReader {
public:
  NpyReader(std::string name, std::string_view text) : name_(std::move(name)), rest_(text) {}

  [[noreturn]] void wrong(const char* expected) const {
    fail(name_, ": the header of the .npy file expected ", expected, ", got '", shown(rest_.substr(0, 20)), "'");
  }
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  /// Whether @p text comes next; then it is behind.
  bool accept(std::string_view text) {
    skip_blanks();
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void expect(std::string_view text, const char* what) {
    if (!accept(text)) wrong(what);
  }
  std::string_view quoted(const char* what) {
    skip_blanks();
    const char quote = rest_.empty() ? ' ' : rest_.front();
    if (quote != '\'' && quote != '"') wrong(what);
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) wrong(what);
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::uint64_t number() {
    skip_blanks();
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (problem != std::errc()) wrong("a size");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  [[nodiscard]] bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

private:
  std::string name_;
  std::string_view rest_;
};

} // namespace detail

/// The header of the file that begins with @p bytes, of which messages speak as @p name. Throws Error where it is no
/// .npy file, or a header that NumPy does not write.
[[nodiscard]] inline NpyHeader read_npy_header(const std::string& name, std::span<const std::byte> bytes) {
  constexpr std::string_view magic = "\x93NUMPY";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  require(text.starts_with(magic) && text.size() >= 10, name, ": expected a .npy file, which begins with the bytes ",
          "93 'NUMPY' and a version");
  const auto byte_at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
  const std::size_t version = byte_at(6);
  require(version >= 1 && version <= 3, name, ": expected version 1, 2 or 3 of .npy files, got ", version);
  const std::size_t begin = version == 1 ? 10 : 12;
  require(text.size() >= begin, name, ": the .npy file ends in its header");
  std::size_t length = byte_at(8) | byte_at(9) << 8;
  if (version > 1) length |= byte_at(10) << 16 | byte_at(11) << 24;
  require(length <= text.size() - begin, name, ": the .npy file announces a header of ", length, " bytes, and has ",
          text.size() - begin);

  NpyHeader header;
  header.data_begin = begin + length;
  detail::NpyReader reader(name, text.substr(begin, length));
  bool has_type = false, has_order = false, has_shape = false;
  reader.expect("{", "'{'");
  while (!reader.accept("}")) {
    const std::string_view key = reader.quoted("a key");
    reader.expect(":", "':'");
    if (key == "descr") {
      if (reader.accept("[")) fail(name, ": expected an array of numbers, got one of structures");
      const std::string_view type = reader.quoted("a type");
      require(type.size() >= 2 && std::string_view("<>|=").find(type[0]) != std::string_view::npos, name,
              ": expected a type such as '<f4', got '", detail::shown(type), "'");
      header.byte_order = type[0] == '=' ? '<' : type[0];
      header.kind = type[1];
      const auto digits = type.substr(2);
      const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), header.element_bytes);
      require(problem == std::errc() && end == digits.data() + digits.size() && header.element_bytes > 0, name,
              ": expected a type such as '<f4', got '", detail::shown(type), "'");
      has_type = true;
    } else if (key == "fortran_order") {
      header.fortran_order = reader.accept("True");
      if (!header.fortran_order) reader.expect("False", "True or False");
      has_order = true;
    } else if (key == "shape") {
      reader.expect("(", "'('");
      header.shape.clear();
      while (!reader.accept(")")) {
        require(header.shape.size() < 64, name, ": expected an array of at most 64 axes");
        header.shape.push_back(reader.number());
        (void)reader.accept("L"); // as Python 2 wrote it
        if (!reader.accept(",")) {
          reader.expect(")", "',' or ')'");
          break;
        }
      }
      has_shape = true;
    } else {
      fail(name, ": the header of the .npy file has a key '", detail::shown(key), "' that the format does not know");
    }
    if (!reader.accept(",")) {
      reader.expect("}", "',' or '}'");
      break;
    }
  }
  if (!reader.at_end()) reader.wrong("nothing behind '}'");
  require(has_type && has_order && has_shape, name, ": the header of the .npy file expected the keys descr, ",
          "fortran_order and shape");
  return header;
}

} // namespace zoetrope
