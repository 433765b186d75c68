/// @file
/// A locale in which numbers look otherwise, for as long as a test wants it.
#pragma once

#include <clocale>
#include <cstdlib>
#include <locale>
#include <string>

namespace support {

/// A decimal comma and points between thousands, for streams always and for C's functions where the machine has such a
/// locale.
class ForeignLocale {
public:
  ForeignLocale() : old_cpp_(std::locale::global(std::locale(std::locale(), new Punctuation))) {
    old_c_ = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE"})
      if (std::setlocale(LC_ALL, name) != nullptr) break;
  }
  ForeignLocale(const ForeignLocale&) = delete;
  ForeignLocale& operator=(const ForeignLocale&) = delete;
  ~ForeignLocale() {
    std::locale::global(old_cpp_);
    std::setlocale(LC_ALL, old_c_.c_str());
  }

private:
  struct Punctuation : std::numpunct<char> {
    [[nodiscard]] char do_decimal_point() const override { return ','; }
    [[nodiscard]] char do_thousands_sep() const override { return '.'; }
    [[nodiscard]] std::string do_grouping() const override { return "\3"; }
  };
  std::locale old_cpp_;
  std::string old_c_;
};

} // namespace support
