// How the paper's convolutions go on to other shapes, for every size there may be.

#include "zoetrope/gan/paper.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace zoetrope;
using arch::detail::Downward;
using arch::detail::Upward;
using arch::detail::Window;

namespace {

constexpr int deepest = 6;

constexpr bool grows_to(Upward side) {
  for (int layers = side.depth(); layers <= deepest; ++layers) {
    if (side.size(0, layers) != 2 || side.size(layers, layers) != side.side) return false;
    for (int layer = 0; layer < layers; ++layer) {
      const Window w = side.window(layer, layers);
      const int from = side.size(layer, layers), to = side.size(layer + 1, layers);
      if (w.stride != 2 || w.stride * (from - 1) + w.kernel - 2 * w.padding != to) return false;
      // All but the last are even, and no layer throws away more than one value at each edge of twice its input.
      if ((to % 2 != 0 && layer + 1 < layers) || w.padding < 1 || 2 * from - to > 3) return false;
    }
  }
  return true;
}

/// Down to one value, past sizes of at least 2, and every value is seen on the way.
constexpr bool shrinks_to_one(Downward dimension) {
  for (int layers = std::max(3, dimension.depth()); layers <= deepest; ++layers) {
    int size = dimension.size;
    for (int layer = 0; layer <= layers; ++layer) {
      const Window w = dimension.window(layer, layers);
      const int after = w.after(size);
      if (w.padding < 0 || w.padding >= w.kernel || w.stride * (after - 1) + w.kernel < size + w.padding) return false;
      if (layer < layers ? after < 2 || after > size : after != 1) return false;
      if (layer == layers && size > dimension.end) return false;
      size = after;
    }
  }
  return true;
}

constexpr bool every_size() {
  for (int side = 16; side <= 128; ++side) {
    const bool right =
        grows_to({side}) && shrinks_to_one({side / 2, 2, 2, 1}) && shrinks_to_one({(side - 1) / 3, 2, 1, 1});
    if (!right) return false;
  }
  for (int steps = 8; steps <= 64; ++steps)
    if (!shrinks_to_one({steps, 4, 1, 0})) return false;
  return true;
}
static_assert(every_size());
static_assert(!grows_to({1}) && !shrinks_to_one({1, 2, 2, 1}), "the checks can fail");

constexpr std::array<int, 4> depths{Upward{16}.depth(), Upward{30}.depth(), Upward{64}.depth(), Upward{128}.depth()};
static_assert(depths == std::array{3, 4, 5, 6});

// Each side on its own, odd ones too.
template <int Height, int Width>
using FrameOfColour = Shape<3, Height, Width>;
static_assert(std::is_same_v<arch::DcganFrame<64, 7, FrameOfColour<17, 127>>::Layers::Output, FrameOfColour<17, 127>>);
static_assert(std::is_same_v<arch::DcganFrame<64, 7, FrameOfColour<128, 16>>::Layers::Output, FrameOfColour<128, 16>>);
static_assert(DiscriminatorArchitecture<arch::FrameDiscriminator<64, DiscriminatorNorm::none, FrameOfColour<17, 127>>>);
static_assert(DiscriminatorArchitecture<arch::FilmDiscriminator<64, DiscriminatorNorm::none, Shape<3, 64, 128, 16>>>);
static_assert(std::is_same_v<arch::BiLstmSequence<64, 3, LatentOutput::tanh, 7, 9, 5>::Layers::Input, Shape<5>> &&
              std::is_same_v<arch::BiLstmSequence<64, 3, LatentOutput::tanh, 7, 9, 5>::Layers::Output, Shape<7, 9>>);

} // namespace

TEST_CASE("descriptions name a shape where it is not the paper's") {
  CHECK(arch::DcganFrame<8>::description() == "DcganFrame, latent 100, widths / 8");
  CHECK(arch::DcganFrame<1, 100, Shape<3, 48, 64>>::description() == "DcganFrame, latent 100, shape 3x48x64");
  CHECK(arch::FrameDiscriminator<8, DiscriminatorNorm::batch>::description() ==
        "FrameDiscriminator, widths / 8, batch norm");
  CHECK(arch::FrameDiscriminator<8, DiscriminatorNorm::none, Shape<3, 48, 64>>::description() ==
        "FrameDiscriminator, shape 3x48x64, widths / 8");
  CHECK(arch::FilmDiscriminator<>::description() == "VideoDiscriminator");
  CHECK(arch::FilmDiscriminator<8, DiscriminatorNorm::batch, Shape<1, 16, 30, 30>>::description() ==
        "VideoDiscriminator, shape 1x16x30x30, widths / 8, batch norm");
  CHECK(arch::BiLstmSequence<8, 32>::description() == "BiLstmSequence, hidden 32, latent 100, tanh, widths / 8");
  CHECK(arch::BiLstmSequence<1, 32, LatentOutput::scaled, 7, 16, 5>::description() ==
        "BiLstmSequence, hidden 32, latent 7, 16 time steps, film latent 5, scaled 3");
  CHECK(arch::BiLstmSequence<1, 32, LatentOutput::normalized>::description() ==
        "BiLstmSequence, hidden 32, latent 100, normalized");
}
