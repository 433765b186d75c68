#include "zoetrope/core/number_text.hpp"

#include "support/error_of.hpp"
#include "support/foreign_locale.hpp"
#include "zoetrope/core/error.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <initializer_list>
#include <limits>
#include <string>

using namespace zoetrope;

namespace {

/// What printf says while the locale is still C.
std::string printed(bool fixed, int digits, double value) {
  char text[400];
  if (fixed)
    std::snprintf(text, sizeof text, "%.*f", digits, value);
  else
    std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

} // namespace

TEST_CASE("numbers are written as printf does in English") {
  for (const double value : {0.0, -0.0, 1.0, -1.0 / 3, 0.05, 2.5, 1e-300, 123456789.125, 1e22, 5e-324,
                             std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity()})
    for (const int digits : {0, 1, 3, 9, 17}) {
      CAPTURE(value);
      CAPTURE(digits);
      CHECK(rounded_text(value, digits) == printed(false, digits, value));
      CHECK(fixed_text(value, digits) == printed(true, digits, value));
    }
}

TEST_CASE("texts of numbers do not depend on the locale") {
  const support::ForeignLocale foreign;
  CHECK(number_text(1234.5) == "1234.5");
  CHECK(rounded_text(1234.5, 9) == "1234.5");
  CHECK(fixed_text(1234.5, 2) == "1234.50");
  CHECK(test::error_of([] { fail("got ", 1234.5, " of ", 1234567); }) == "got 1234.5 of 1234567");
}
