// Of a .npy file that NpyArchive accepts every frame can be read, or a sentence says why not.
#include "fuzz.hpp"
#include "zoetrope/data/npy_films.hpp"

#include <algorithm>
#include <vector>

using namespace zoetrope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input;
  const auto& path = input.with(bytes, size);
  for (const char* axes : {"", "tfhw", "fhwtc"})
    fuzz::accepts([&] {
      const NpyArchive archive(path, {.axes = axes});
      std::vector<float> frame(archive.sizes(0).values());
      // The first and the last: what lies between them lies within.
      archive.read_frame(0, 0, frame);
      archive.read_frame(archive.size() - 1, archive.frames(0) - 1, frame);
      fuzz::expect(std::all_of(frame.begin(), frame.end(), [](float value) { return value >= -1 && value <= 1; }),
                   "values lie from -1 to 1");
    });
  return 0;
}
