// A run's table of losses, as `report` reads it.
#include "fuzz.hpp"
#include "loss_curves.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input;
  fuzz::accepts([&] {
    for (const int rows : {1, 7}) {
      const std::string thinned = program::thinned_losses(input.with(bytes, size), rows);
      fuzz::expect(thinned.ends_with('\n'), "a table ends with its last line");
    }
  });
  return 0;
}
