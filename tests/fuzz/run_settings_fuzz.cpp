// The settings of a run that a file remembers: what parse_run() takes is said again by to_text().
#include "fuzz.hpp"
#include "settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  fuzz::accepts([&] {
    const std::string said = to_text(program::parse_run(text, "a file"));
    fuzz::expect(to_text(program::parse_run(said, "a file")) == said, "settings are what they were written as");
  });
  return 0;
}
