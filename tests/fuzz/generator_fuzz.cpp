// load_generator() takes all of a file or changes nothing.
#include "fuzz.hpp"
#include "mend_checksum.hpp"
#include "unit/train/tiny_networks.hpp"
#include "zoetrope/gan/generator_file.hpp"

#include <cmath>
#include <cstring>
#include <vector>

using namespace zoetrope;

namespace {

using FrameG = Generator<test::TinyFrame>;

std::vector<float> state_of(FrameG& generator) {
  auto& network = generator.network();
  std::vector<float> state(network.parameters().data(), network.parameters().data() + network.parameters().size());
  state.insert(state.end(), network.statistics().data(), network.statistics().data() + network.statistics().size());
  return state;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input;
  static FrameG generator = [] {
    set_thread_count(1);
    FrameG made;
    made.initialize(1, Stream::user);
    return made;
  }();
  const auto before = state_of(generator);
  const bool taken = fuzz::accepts([&] { load_generator(input.with(bytes, size), generator); });
  const auto after = state_of(generator);
  if (taken)
    for (const float value : after) fuzz::expect(std::isfinite(value), "what was loaded is finite");
  else
    fuzz::expect(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)) == 0,
                 "a file that is refused changes nothing");
  return 0;
}
