// What counts as a layer, a network's description and an initializer; shapes and sizes of layers.

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/initializer.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/view.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <vector>

using namespace zoetrope;

namespace {

template <class L, class In>
using OutputOf = typename L::template Bind<In>::Output;

using Odd = layer::Convolution<7, Extents<4, 3>, Extents<2, 3>, Extents<1, 0>>;
static_assert(std::is_same_v<OutputOf<Odd, Shape<5, 15, 11>>, Shape<7, 7, 3>>);
static_assert(Odd::Bind<Shape<5, 15, 11>>::parameter_count == 7 * 5 * 12 + 7);
using Up = layer::TransposedConvolution<7, Extents<4, 3>, Extents<2, 3>, Extents<1, 0>, Bias::no>;
static_assert(std::is_same_v<OutputOf<Up, Shape<5, 1, 2>>, Shape<7, 2, 6>>);
static_assert(Up::Bind<Shape<5, 1, 2>>::parameter_count == 7 * 5 * 12);
// DCGAN's own first layer: the kernel is larger than the input, which a transposed convolution may be.
using FromVector = layer::TransposedConvolution<8, Extents<4, 4>, Extents<1, 1>, Extents<0, 0>>;
static_assert(std::is_same_v<OutputOf<FromVector, Shape<100, 1, 1>>, Shape<8, 4, 4>>);
static_assert(std::is_same_v<OutputOf<layer::Linear<9>, Shape<4>>, Shape<9>>);
static_assert(std::is_same_v<OutputOf<layer::Linear<9>, Shape<4, 30>>, Shape<9, 30>>);
static_assert(layer::Linear<9>::Bind<Shape<4, 30>>::parameter_count == 4 * 9 + 9);
static_assert(std::is_same_v<OutputOf<layer::Lstm<6, 2, true>, Shape<4, 30>>, Shape<12, 30>>);
static_assert(layer::Lstm<6, 2, true>::Bind<Shape<4, 30>>::parameter_count ==
              2 * 24 * (4 + 6 + 2) + 2 * 24 * (12 + 6 + 2));
static_assert(layer::BatchNorm::Bind<Shape<4, 30>>::parameter_count == 8);
static_assert(layer::BatchNorm::Bind<Shape<4, 30>>::statistic_count == 9);
using StepNorm = layer::BatchNormOfPositions;
static_assert(std::is_same_v<OutputOf<StepNorm, Shape<4, 30>>, Shape<4, 30>>);
static_assert(StepNorm::Bind<Shape<4, 30>>::parameter_count == 240);
static_assert(StepNorm::Bind<Shape<4, 30>>::statistic_count == 241);
static_assert(std::is_same_v<OutputOf<layer::ViewAsGrid<3, 2, 5>, Shape<30>>, Shape<3, 2, 5>>);
static_assert(std::is_same_v<OutputOf<layer::ViewAsSequence<6, 5>, Shape<30>>, Shape<5, 6>>);

static_assert(LayerFor<layer::LeakyRelu, Shape<3, 4>> && LayerFor<layer::Linear<3>, Shape<3>>);
static_assert(!LayerFor<int, Shape<3>> && !LayerFor<layer::LeakyRelu, int> && !LayerFor<Shape<3>, Shape<3>>);
struct Shapeless {
  template <class In>
  struct Bind : StatelessLayer {
    using Output = int;
    static constexpr InPlace in_place = InPlace::never;
    static constexpr bool gradient_in_place = false;
  };
};
struct Silent {
  template <class In>
  struct Bind : StatelessLayer {
    using Output = In;
    static constexpr InPlace in_place = InPlace::never;
  };
};
static_assert(!LayerFor<Shapeless, Shape<3>> && !LayerFor<Silent, Shape<3>>);

using Row = Sequential<Shape<30>, layer::Linear<12>, layer::BatchNorm, layer::Relu, layer::ViewAsGrid<3, 2, 2>>;
static_assert(LayerSequence<Row> && !LayerSequence<layer::Relu> && !LayerSequence<int>);
static_assert(Row::parameter_count == 30 * 12 + 12 + 24 && Row::statistic_count == 25 && Row::layer_count == 4);
static_assert(std::is_same_v<Row::Output, Shape<3, 2, 2>>);
struct Described {
  using Layers = Row;
};
struct WrongLayers {
  using Layers = layer::Relu;
};
static_assert(detail::HasLayers<Described> && !detail::HasLayers<WrongLayers> && !detail::HasLayers<Row> &&
              !detail::HasLayers<int>);

/// A layer of a program's own, whose cache has no initial values of its own, and whose parameters() may be asked for
/// more.
struct Counting {
  template <class In>
  struct Bind : StatelessLayer {
    using Input = In;
    using Output = In;
    static constexpr InPlace in_place = InPlace::never;
    static constexpr bool gradient_in_place = false;
    static std::vector<ParameterInfo> parameters(int = 0) { return {}; }
    template <Backend B>
    struct Cache {
      int calls;
      void reserve(int, int) {}
    };
    template <Backend B, class C>
    static void forward(const LayerCall<B>& call, C& cache, const typename B::Scalar* input,
                        typename B::Scalar* output) {
      for (std::ptrdiff_t i = 0; i < call.members * call.batch * In::size; ++i)
        output[i] = input[i] + static_cast<typename B::Scalar>(cache.calls);
      ++cache.calls;
    }
    template <Backend B, class C>
    static void backward(const LayerCall<B>&, C&, const typename B::Scalar*, const typename B::Scalar*,
                         typename B::Scalar*, typename B::Scalar*) {}
  };
};
struct Counted {
  using Layers = Sequential<Shape<3>, Counting>;
};

struct Unfilled {
  void operator()(const ParameterInfo&, const RandomStream&) const {}
};
static_assert(Initializer<NormalWeights> && Initializer<UniformByFanIn> && !Initializer<Unfilled> && !Initializer<int>);

} // namespace

TEST_CASE("a network refuses a number of members and a batch that are not positive") {
  using Net = Network<Described, backend::Eigen<float>>;
  const auto backend = std::make_shared<backend::Eigen<float>>();
  CHECK_THROWS_AS(Net(backend, 0), Error);
  CHECK_THROWS_AS(Net(backend, -1), Error);
  Net network(backend, 1);
  const std::vector<float> input(60, 1.0F);
  CHECK_THROWS_AS(network.forward(0, input.data(), Mode::training), Error);
  CHECK_THROWS_AS(network.forward(-3, input.data(), Mode::training), Error);
  CHECK_THROWS_WITH_AS(network.forward(1, input.data(), Mode::training),
                       "batch norm in training expected more than one value to normalise, got a batch of 1", Error);
  CHECK_NOTHROW(network.forward(1, input.data(), Mode::evaluation));
  CHECK_NOTHROW(network.forward(2, input.data(), Mode::training));
}

TEST_CASE("the cache of a layer begins with zeros") {
  using Net = Network<Counted, backend::Eigen<float>>;
  alignas(Net) std::array<unsigned char, sizeof(Net)> memory;
  memory.fill(0x5a);
  auto* network = new (memory.data()) Net(std::make_shared<backend::Eigen<float>>(), 1);
  const std::array<float, 3> input{1, 2, 3};
  for (const float calls : {0.0F, 1.0F}) {
    const float* output = network->forward(1, input.data(), Mode::evaluation);
    for (std::size_t i = 0; i < input.size(); ++i) CHECK(output[i] == input[i] + calls);
  }
  network->~Net();
}

TEST_CASE("a network goes back once through each forward pass") {
  Network<Described, backend::Eigen<float>> network(std::make_shared<backend::Eigen<float>>(), 1);
  const std::vector<float> input(60, 1.0F);
  const auto back = [&](int batch) {
    std::fill_n(network.output_gradient(), 2 * Described::Layers::Output::size, 1.0F);
    network.backward(batch, true, false);
  };
  network.forward(2, input.data(), Mode::training);
  CHECK_THROWS_WITH_AS(back(1), "backward() expected the batch of the last forward pass, 2, got 1", Error);
  CHECK_NOTHROW(back(2));
  CHECK_THROWS_WITH_AS(back(2), doctest::Contains("expected a forward pass before it"), Error);
  network.forward(2, input.data(), Mode::training);
  CHECK_NOTHROW(back(2));
  CHECK_THROWS_AS(network.forward(1, input.data(), Mode::training), Error);
  CHECK_THROWS_AS(back(1), Error);
}
