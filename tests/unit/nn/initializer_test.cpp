#include "support/numbers.hpp"
#include "support/thread_setting.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/initializer.hpp"
#include "zoetrope/nn/lstm.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace zoetrope;

namespace {

struct Layered {
  using Layers = Sequential<Shape<8, 16>, layer::Convolution<32, Extents<4>, Extents<1>, Extents<2>>, layer::BatchNorm,
                            layer::TransposedConvolution<5, Extents<3>, Extents<1>, Extents<1>>, layer::Linear<7>,
                            layer::Lstm<6, 2, true>>;
};
using Net = Network<Layered, backend::Eigen<float>>;

Net make(int members) { return Net(std::make_shared<backend::Eigen<float>>(), members); }

std::vector<float> copy_of(const eigen::Buffer<float>& buffer) {
  return {buffer.data(), buffer.data() + buffer.size()};
}

double deviation(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values) squares += double{value} * value;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

} // namespace

TEST_CASE("initial values depend on the seed and the stream alone") {
  auto one = make(3), two = make(3), other_seed = make(3), other_stream = make(3);
  initialize(one, NormalWeights{}, 5, Stream::frame_discriminator_weights);
  initialize(two, NormalWeights{}, 5, Stream::frame_discriminator_weights);
  initialize(other_seed, NormalWeights{}, 6, Stream::frame_discriminator_weights);
  initialize(other_stream, NormalWeights{}, 5, Stream::sequence_discriminator_weights);
  CHECK(copy_of(one.parameters()) == copy_of(two.parameters()));
  CHECK(copy_of(one.parameters()) != copy_of(other_seed.parameters()));
  CHECK(copy_of(one.parameters()) != copy_of(other_stream.parameters()));
}

TEST_CASE("a member's initial values do not depend on how many members there are, and differ between members") {
  auto three = make(3), two = make(2);
  initialize(three, NormalWeights{}, 5, Stream::frame_discriminator_weights);
  initialize(two, NormalWeights{}, 5, Stream::frame_discriminator_weights);
  const auto in_three = three.located_parameters(), in_two = two.located_parameters();
  REQUIRE(in_three.size() == in_two.size());
  for (std::size_t i = 0; i < in_two.size(); ++i) {
    CAPTURE(in_two[i].info.name);
    for (int member = 0; member < 2; ++member)
      CHECK(three.get(three.parameters(), in_three[i], member) == two.get(two.parameters(), in_two[i], member));
    if (in_two[i].info.role == ParameterInfo::Role::weight)
      CHECK(two.get(two.parameters(), in_two[i], 0) != two.get(two.parameters(), in_two[i], 1));
  }
}

TEST_CASE("normal initial weights have deviation 0.02, biases 0, batch norm 1 and 0") {
  auto network = make(2);
  initialize(network, NormalWeights{}, 5, Stream::frame_discriminator_weights);
  using Role = ParameterInfo::Role;
  std::vector<float> weights;
  for (const auto& located : network.located_parameters()) {
    for (int member = 0; member < 2; ++member) {
      const auto values = network.get(network.parameters(), located, member);
      if (located.info.role == Role::weight)
        weights.insert(weights.end(), values.begin(), values.end());
      else
        CHECK(values == std::vector<float>(values.size(), located.info.role == Role::norm_weight ? 1.0F : 0.0F));
    }
  }
  REQUIRE(weights.size() > 4000);
  // Within four standard errors.
  CHECK(deviation(weights) == doctest::Approx(0.02).epsilon(4 / std::sqrt(2.0 * static_cast<double>(weights.size()))));
}

TEST_CASE("uniform initial values reach the bound of PyTorch's fan-in and not beyond") {
  auto network = make(8);
  initialize(network, UniformByFanIn{}, 5, Stream::sequence_generator_weights);
  // Of a transposed convolution PyTorch counts the output channels; of an LSTM the hidden size everywhere.
  const std::vector<std::pair<std::string, int>> fan_in{{"0.weight", 8 * 4}, {"0.bias", 8 * 4}, {"2.weight", 5 * 3},
                                                        {"2.bias", 5 * 3},   {"3.weight", 5},   {"3.bias", 5}};
  for (const auto& located : network.located_parameters()) {
    const std::string& name = located.info.name;
    CAPTURE(name);
    std::vector<float> values;
    for (int member = 0; member < 8; ++member) {
      const auto one = network.get(network.parameters(), located, member);
      values.insert(values.end(), one.begin(), one.end());
    }
    const float largest = std::abs(
        *std::max_element(values.begin(), values.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
    if (located.info.role == ParameterInfo::Role::norm_weight || located.info.role == ParameterInfo::Role::norm_bias) {
      CHECK(values == std::vector<float>(values.size(), name == "1.weight" ? 1.0F : 0.0F));
      continue;
    }
    const auto known = std::find_if(fan_in.begin(), fan_in.end(), [&](const auto& one) { return one.first == name; });
    const double bound = 1 / std::sqrt(static_cast<double>(known == fan_in.end() ? 6 : known->second));
    CHECK(largest <= bound * (1 + 1e-6));
    CHECK(largest >= bound * 0.8);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    CHECK(*least < 0);
    CHECK(*most > 0);
  }
}

TEST_CASE("running statistics begin at mean 0, variance 1 and no batch") {
  auto network = make(3);
  std::fill_n(network.statistics().data(), network.statistics().size(), 9.0F);
  initialize(network, NormalWeights{}, 5, Stream::user);
  const auto located = network.located_statistics();
  REQUIRE(located.size() == 3);
  const std::vector<std::pair<std::string, float>> expected{
      {"1.running_mean", 0.0F}, {"1.running_var", 1.0F}, {"1.num_batches_tracked", 0.0F}};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(located[i].info.name == expected[i].first);
    for (int member = 0; member < 3; ++member)
      for (const float value : network.get(network.statistics(), located[i], member))
        CHECK(value == expected[i].second);
  }
}

TEST_CASE("set and get speak PyTorch's element order, and touch one member alone") {
  auto network = make(3);
  const auto located = network.located_parameters()[0];
  CHECK(located.info.name == "0.weight");
  CHECK(located.info.shape == std::vector<std::int64_t>{32, 8, 4});
  const auto before = copy_of(network.parameters());
  const auto values = support::normals<float>(located.info.size(), 1);
  network.set(network.parameters(), located, 1, values.data());
  CHECK(network.get(network.parameters(), located, 1) == values);
  const float* member = network.parameters().data() + located.offset + located.info.size();
  // (output 5, input 2, tap 3) of PyTorch's is [tap 3][input 2][output 5] in memory.
  CHECK(member[(3 * 8 + 2) * 32 + 5] == values[(5 * 8 + 2) * 4 + 3]);
  const auto after = copy_of(network.parameters());
  const auto size = static_cast<std::size_t>(located.info.size());
  bool others = true;
  for (std::size_t i = 0; i < after.size(); ++i)
    if (i < size || i >= 2 * size) others &= after[i] == before[i];
  CHECK(others);
}

TEST_CASE("initial values do not depend on the number of threads, nor on how many members are drawn at once") {
  const support::ThreadSetting setting;
  std::vector<std::vector<float>> found;
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    auto net = make(4);
    initialize(net, NormalWeights{}, 5, Stream::frame_discriminator_weights);
    found.push_back(copy_of(net.parameters()));
  }
  CHECK(found[0] == found[1]);
  CHECK(found[0] == found[2]);
}

TEST_CASE("an initializer's error reaches whoever called initialize()") {
  struct Refusing {
    void operator()(const ParameterInfo& info, const RandomStream&, std::span<double>) const {
      fail("no values for ", info.name);
    }
  };
  auto net = make(3);
  CHECK_THROWS_WITH_AS(initialize(net, Refusing{}, 5, Stream::frame_discriminator_weights), "no values for 0.weight",
                       Error);
}
