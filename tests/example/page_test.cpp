#include "page.hpp"

#include <doctest/doctest.h>

#include "unit/io/temporary_folder.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"

#include <string_view>

using program::base64;
using program::Page;
using zoetrope::test::TemporaryFolder;

TEST_CASE("base64 as in RFC 4648, section 10") {
  const auto encoded = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foob") == "Zm9vYg==");
  CHECK(encoded("fooba") == "Zm9vYmE=");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe\xfd\xfc") == "//79/A==");
}

TEST_CASE("a page escapes what is text and holds the bytes of its pictures") {
  const TemporaryFolder folder;
  zoetrope::write_text(folder / "a.png", "foobar");
  zoetrope::write_text(folder / "b.gif", "foob");
  Page page("a < b");
  page.section("one & two");
  page.paragraph("\"three\"");
  page.table({"name", "<i>"}, {{"x", "1"}, {"y", "a>b"}}, "four");
  page.picture(folder / "a.png", "five", Page::Fit::scrolled);
  page.picture(folder / "b.gif", "six");
  const std::string html = page.html();
  for (const std::string text :
       {"<title>a &lt; b</title>", "<h2>one &amp; two</h2>", "<p>&quot;three&quot;</p>", "<th>&lt;i&gt;</th>",
        "<tr><td>y</td><td>a&gt;b</td></tr>", "<figcaption>four</figcaption>", "src=\"data:image/png;base64,Zm9vYmFy\"",
        "src=\"data:image/gif;base64,Zm9vYg==\"", "<figcaption>six</figcaption>"}) {
    CAPTURE(text);
    CHECK(html.find(text) != html.npos);
  }
  // On a narrow screen what is too wide is scrolled, not shrunk.
  CHECK(html.find("<div class=\"scroll\"><table>") != html.npos);
  CHECK(html.find("<div class=\"scroll\"><img alt=\"five\"") != html.npos);
  CHECK(html.find("<div><img class=\"film\" alt=\"six\"") != html.npos);
  // One file that opens offline asks for nothing else.
  CHECK(html.find("http") == html.npos);
  CHECK_THROWS_AS(page.picture(folder / "none.png", ""), zoetrope::Error);
}

TEST_CASE("a page leads to its own sections, and shows Markdown") {
  Page page("title");
  page.link("what it means", "meaning");
  page.section("Meaning", "meaning");
  page.markdown("# How\n\nOne **bold `a < b`** and [two](other.md)\nof three.\n\n## Next\ntext [x] ** here\n\n"
                "| a | b c |\n|---|---|\n| 1 | **2** |\n| 3 | |\n\nlast");
  const std::string html = page.html();
  for (const std::string text :
       {"<p><a href=\"#meaning\">what it means</a></p>", "<h2 id=\"meaning\">Meaning</h2>", "<h3>How</h3>",
        "<p>One <b>bold <code>a &lt; b</code></b> and two\nof three.</p>", "<h3>Next</h3>\n<p>text [x] ** here</p>",
        "<thead><tr><th>a</th><th>b c</th></tr>\n</thead>", "<tr><td>3</td><td></td></tr>", "<p>last</p>"}) {
    CAPTURE(text);
    CHECK(html.find(text) != html.npos);
  }
  CHECK(html.find("---") == html.npos);
}
