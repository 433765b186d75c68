#include "reference/convolution.hpp"
#include "support/emulated_bf16.hpp"
#include "support/numbers.hpp"
#include "support/sanitized.hpp"
#include "support/thread_setting.hpp"
#include "zoetrope/backend/eigen.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

using namespace zoetrope;

namespace {

struct Case {
  ConvolutionGeometry geometry;
  int members = 1;
  int batch = 1;
};

template <class Scalar>
inline constexpr double convolution_tolerance = std::is_same_v<Scalar, float> ? 1e-5 : 1e-12;

ConvolutionGeometry with_output(ConvolutionGeometry g) {
  for (std::size_t d = 0; d < 3; ++d) g.output[d] = (g.input[d] + 2 * g.padding[d] - g.kernel[d]) / g.stride[d] + 1;
  return g;
}

std::int64_t products(const Case& c) {
  const auto& g = c.geometry;
  return std::int64_t{c.members} * c.batch * g.output_positions() * g.taps() * g.input_channels * g.output_channels;
}

/// Whether the loops are too slow for these numbers under the sanitizers, where the backend's memory is what matters.
bool too_slow_to_compare(const Case& c) { return support::sanitized && products(c) > 20'000; }

reference::Extents extents(const std::array<int, 3>& sizes) { return {sizes[0], sizes[1], sizes[2]}; }

reference::Convolution described(const Case& c) {
  const auto& g = c.geometry;
  return {c.batch,           g.input_channels,  g.output_channels, extents(g.input),
          extents(g.kernel), extents(g.stride), extents(g.padding)};
}

/// One member's activations [position][batch][channel] in the reference's order (batch, channel, position).
template <class Scalar>
reference::Values activations(const std::vector<Scalar>& values, std::ptrdiff_t member, std::ptrdiff_t positions,
                              int batch, int channels) {
  reference::Values result(static_cast<std::size_t>(positions * batch * channels));
  for (std::ptrdiff_t p = 0; p < positions; ++p)
    for (std::ptrdiff_t b = 0; b < batch; ++b)
      for (std::ptrdiff_t c = 0; c < channels; ++c)
        result[static_cast<std::size_t>((b * channels + c) * positions + p)] = static_cast<double>(
            values[static_cast<std::size_t>(((member * positions + p) * batch + b) * channels + c)]);
  return result;
}

/// One member's weights [tap][input channel][output channel] as (output channel, input channel, tap).
template <class Scalar>
reference::Values filter(const std::vector<Scalar>& values, std::ptrdiff_t member, const ConvolutionGeometry& g) {
  reference::Values result(static_cast<std::size_t>(g.taps() * g.input_channels * g.output_channels));
  for (std::ptrdiff_t tap = 0; tap < g.taps(); ++tap)
    for (std::ptrdiff_t i = 0; i < g.input_channels; ++i)
      for (std::ptrdiff_t o = 0; o < g.output_channels; ++o)
        result[static_cast<std::size_t>((o * g.input_channels + i) * g.taps() + tap)] =
            static_cast<double>(values[static_cast<std::size_t>(
                ((member * g.taps() + tap) * g.input_channels + i) * g.output_channels + o)]);
  return result;
}

template <class Scalar>
reference::Values biases(const std::vector<Scalar>& values, std::ptrdiff_t member, int channels) {
  const auto first = values.begin() + member * channels;
  return {first, first + channels};
}

/// Values behind an output that nothing may write.
constexpr std::ptrdiff_t guard = 70;
constexpr double untouched = -12345;

template <class Scalar>
std::vector<Scalar> guarded(std::vector<Scalar> values) {
  values.insert(values.end(), static_cast<std::size_t>(guard), static_cast<Scalar>(untouched));
  return values;
}
template <class Scalar>
bool guard_holds(const std::vector<Scalar>& values) {
  return std::all_of(values.end() - guard, values.end(), [](Scalar value) { return value == Scalar(untouched); });
}

/// |found - expected| / |expected|, or |found| where the expected values are all zero: a kernel that meets nothing but
/// padding.
double error(const reference::Values& found, const reference::Values& expected) {
  double norm = 0;
  for (const double value : found) norm += value * value;
  const bool zero = std::all_of(expected.begin(), expected.end(), [](double value) { return value == 0; });
  return zero ? std::sqrt(norm) : support::relative_error(found, expected);
}

/// What products make of their operands where they may be rounded.
template <class Scalar>
std::vector<Scalar> rounded(std::vector<Scalar> values) {
  for (auto& value : values)
    value = static_cast<Scalar>(std::bit_cast<float>(eigen::rounded_bits(static_cast<float>(value))));
  return values;
}

/// Every direction of one convolution against the loops.
template <class Scalar, class Precision>
void check(backend::Eigen<Scalar, Precision>& backend, const Case& c, Operands operands = Operands::rounded) {
  const auto& g = c.geometry;
  INFO("input ", g.input[0], "x", g.input[1], "x", g.input[2], ", kernel ", g.kernel[0], "x", g.kernel[1], "x",
       g.kernel[2], ", stride ", g.stride[0], "x", g.stride[1], "x", g.stride[2], ", padding ", g.padding[0], "x",
       g.padding[1], "x", g.padding[2], ", channels ", g.input_channels, " to ", g.output_channels, ", batch ", c.batch,
       ", members ", c.members);
  const eigen::ConvolutionPlan plan(g, operands);
  const auto described_case = described(c);
  const std::ptrdiff_t inputs = c.members * g.input_positions() * c.batch * g.input_channels;
  const std::ptrdiff_t outputs = c.members * g.output_positions() * c.batch * g.output_channels;
  const std::ptrdiff_t weight_count = c.members * g.taps() * g.input_channels * g.output_channels;
  const auto input = support::normals<Scalar>(inputs, 1), gradient = support::normals<Scalar>(outputs, 2),
             weights = support::normals<Scalar>(weight_count, 3),
             output_bias = support::normals<Scalar>(std::ptrdiff_t{c.members} * g.output_channels, 4),
             input_bias = support::normals<Scalar>(std::ptrdiff_t{c.members} * g.input_channels, 5),
             initial = support::normals<Scalar>(weight_count, 6);

  auto output = guarded(support::poison<Scalar>(outputs)), output_with_bias = output;
  auto data = guarded(support::poison<Scalar>(inputs)), data_with_bias = data;
  auto filter_gradient = guarded(initial), new_filter_gradient = guarded(support::poison<Scalar>(weight_count));
  backend.convolution_forward(plan, c.members, c.batch, input.data(), weights.data(), nullptr, output.data());
  backend.convolution_forward(plan, c.members, c.batch, input.data(), weights.data(), output_bias.data(),
                              output_with_bias.data());
  backend.convolution_data_gradient(plan, c.members, c.batch, gradient.data(), weights.data(), nullptr, data.data());
  backend.convolution_data_gradient(plan, c.members, c.batch, gradient.data(), weights.data(), input_bias.data(),
                                    data_with_bias.data());
  backend.convolution_filter_gradient(plan, c.members, c.batch, input.data(), gradient.data(), WriteMode::add,
                                      filter_gradient.data());
  backend.convolution_filter_gradient(plan, c.members, c.batch, input.data(), gradient.data(), WriteMode::replace,
                                      new_filter_gradient.data());
  CHECK(guard_holds(output));
  CHECK(guard_holds(output_with_bias));
  CHECK(guard_holds(data));
  CHECK(guard_holds(data_with_bias));
  CHECK(guard_holds(filter_gradient));
  CHECK(guard_holds(new_filter_gradient));
  if (too_slow_to_compare(c)) return;

  const bool rounds = !std::is_same_v<Precision, Fp32> && plan.rounds_operands();
  const auto as_multiplied = [&](const std::vector<Scalar>& values) { return rounds ? rounded(values) : values; };
  for (std::ptrdiff_t m = 0; m < c.members; ++m) {
    CAPTURE(m);
    const auto x = activations(as_multiplied(input), m, g.input_positions(), c.batch, g.input_channels);
    const auto dy = activations(as_multiplied(gradient), m, g.output_positions(), c.batch, g.output_channels);
    const auto w = filter(as_multiplied(weights), m, g);
    const auto to_outputs = [&](const std::vector<Scalar>& values) {
      return activations(values, m, g.output_positions(), c.batch, g.output_channels);
    };
    const auto to_inputs = [&](const std::vector<Scalar>& values) {
      return activations(values, m, g.input_positions(), c.batch, g.input_channels);
    };
    const auto y = reference::convolve(described_case, x, w);
    auto with_bias = y;
    const std::size_t volume = static_cast<std::size_t>(g.output_positions());
    const auto output_biases = biases(output_bias, m, g.output_channels);
    for (std::size_t i = 0; i < with_bias.size(); ++i)
      with_bias[i] += output_biases[i / volume % static_cast<std::size_t>(g.output_channels)];
    CHECK(error(to_outputs(output), y) <= convolution_tolerance<Scalar>);
    CHECK(error(to_outputs(output_with_bias), with_bias) <= convolution_tolerance<Scalar>);

    const auto dx = reference::convolve_gradient_to_data(described_case, dy, w);
    auto transposed = dx;
    const std::size_t input_volume = static_cast<std::size_t>(g.input_positions());
    const auto input_biases = biases(input_bias, m, g.input_channels);
    for (std::size_t i = 0; i < transposed.size(); ++i)
      transposed[i] += input_biases[i / input_volume % static_cast<std::size_t>(g.input_channels)];
    CHECK(error(to_inputs(data), dx) <= convolution_tolerance<Scalar>);
    CHECK(error(to_inputs(data_with_bias), transposed) <= convolution_tolerance<Scalar>);

    auto dw = reference::convolve_gradient_to_filter(described_case, x, dy);
    CHECK(error(filter(new_filter_gradient, m, g), dw) <= convolution_tolerance<Scalar>);
    // What the filter gradient was before counts too where it is added to.
    const auto before = filter(initial, m, g);
    for (std::size_t i = 0; i < dw.size(); ++i) dw[i] += before[i];
    CHECK(error(filter(filter_gradient, m, g), dw) <= convolution_tolerance<Scalar>);
  }
}

/// A grid's cell at random; those that would take the loops too long are left out.
std::vector<Case> random_cases(std::size_t count) {
  if (support::sanitized) count /= 5;
  const RandomStream random(2024, Stream::user, 50);
  std::uint64_t draw = 0;
  const auto pick = [&](std::initializer_list<int> values) {
    return values.begin()[random.below(draw++, values.size())];
  };
  std::vector<Case> cases;
  while (cases.size() < count) {
    Case c{{}, pick({1, 1, 3}), pick({1, 3, 9, 17})};
    auto& g = c.geometry;
    g.input_channels = pick({1, 2, 3, 7, 8, 17, 33, 40});
    g.output_channels = pick({1, 2, 3, 7, 8, 17, 33, 40});
    for (std::size_t d = 3 - static_cast<std::size_t>(pick({1, 2, 3})); d < 3; ++d) {
      g.input[d] = pick({1, 2, 3, 5, 6, 7, 9});
      g.kernel[d] = pick({1, 2, 3, 4, 5});
      g.stride[d] = pick({1, 2, 3});
      g.padding[d] = pick({0, 1, 2, 3});
    }
    bool fits = true;
    for (std::size_t d = 0; d < 3; ++d) fits &= g.input[d] + 2 * g.padding[d] >= g.kernel[d];
    g = with_output(g);
    if (fits && products(c) <= 80'000) cases.push_back(c);
  }
  return cases;
}

ConvolutionGeometry geometry(std::array<int, 3> input, std::array<int, 3> kernel, std::array<int, 3> stride,
                             std::array<int, 3> padding, int input_channels, int output_channels) {
  return with_output({.input = input,
                      .kernel = kernel,
                      .stride = stride,
                      .padding = padding,
                      .input_channels = input_channels,
                      .output_channels = output_channels});
}

/// Several groups of taps: taps times channels exceed what a group keeps in the cache, 1024.
std::vector<Case> cases_of_several_groups() {
  return {
      {geometry({1, 4, 5}, {1, 4, 4}, {1, 1, 1}, {0, 2, 1}, 129, 5), 1, 3},
      {geometry({1, 2, 2}, {1, 2, 2}, {1, 1, 1}, {0, 1, 1}, 700, 3), 2, 1},
      {geometry({1, 1, 3}, {1, 1, 2}, {1, 1, 1}, {0, 0, 0}, 1030, 9), 1, 2},
      {geometry({1, 3, 2}, {1, 3, 2}, {1, 1, 1}, {0, 1, 1}, 8, 520), 1, 2},
      {geometry({1, 3, 3}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, 200, 10), 3, 2},
  };
}

/// Wide layers, which take fewer products than pairs that meet, each by other forms.
std::vector<Case> wide_cases() {
  return {
      {geometry({1, 4, 4}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, 128, 160), 1, 23},
      {geometry({1, 1, 8}, {1, 1, 4}, {1, 1, 2}, {0, 0, 1}, 160, 128), 2, 64},
      {geometry({1, 1, 3}, {1, 1, 4}, {1, 1, 1}, {0, 0, 1}, 128, 128), 2, 67},
      {geometry({3, 3, 3}, {4, 4, 4}, {2, 1, 1}, {1, 1, 1}, 128, 128), 1, 26},
      // Input positions that no tap meets.
      {geometry({1, 7, 4}, {1, 1, 3}, {1, 3, 1}, {0, 0, 1}, 128, 128), 1, 67},
      {geometry({1, 16, 16}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, 128, 128), 1, 17},
  };
}

std::vector<Case> edge_cases() {
  return {
      // Many taps.
      {geometry({4, 5, 6}, {3, 5, 5}, {1, 1, 1}, {1, 2, 2}, 8, 9), 1, 3},
      {geometry({1, 9, 9}, {1, 9, 9}, {1, 1, 1}, {0, 4, 4}, 9, 2), 3, 1},
      {geometry({4, 5, 6}, {3, 5, 5}, {1, 1, 1}, {1, 2, 2}, 3, 9), 1, 3},
      {geometry({1, 12, 12}, {1, 8, 8}, {1, 2, 2}, {0, 3, 3}, 1, 48), 1, 5},
      // More positions than one call of the product takes, and a batch above the pairs' share of the cache.
      {geometry({1, 12, 11}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 8, 9), 1, 2},
      {geometry({1, 1, 2}, {1, 1, 2}, {1, 1, 1}, {0, 0, 1}, 9, 10), 1, 600},
      {geometry({1, 1, 3}, {1, 1, 2}, {1, 1, 1}, {0, 0, 1}, 2, 5), 2, 600},
      // More samples than are transposed at once where there are few channels, and vectors that are not full.
      {geometry({1, 6, 5}, {1, 3, 3}, {1, 2, 1}, {0, 1, 1}, 1, 9), 2, 131},
      {geometry({1, 6, 5}, {1, 3, 3}, {1, 2, 1}, {0, 1, 1}, 2, 16), 1, 64},
      {geometry({1, 5, 4}, {1, 2, 3}, {1, 1, 1}, {0, 0, 1}, 3, 6), 1, 49},
      // Bands of what is transposed, some of which read nothing, and one member after the other.
      {geometry({1, 30, 30}, {1, 4, 4}, {1, 2, 2}, {0, 2, 2}, 1, 32), 1, 40},
      {geometry({1, 40, 40}, {1, 1, 2}, {1, 3, 3}, {0, 0, 0}, 1, 16), 1, 64},
      {geometry({9, 9, 9}, {2, 4, 4}, {2, 2, 2}, {1, 1, 1}, 2, 24), 3, 70},
      // Weights that are read where they are, at the limits of that: 256 rows, 256 columns.
      {geometry({1, 4, 4}, {1, 2, 2}, {1, 1, 1}, {0, 0, 1}, 9, 256), 2, 17},
      {geometry({1, 4, 4}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 9, 64), 2, 16},
      {geometry({1, 4, 4}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 9, 272), 1, 3},
      // Filter gradients whose right panels are copied, the last one narrower.
      {geometry({1, 1, 2}, {1, 1, 2}, {1, 1, 1}, {0, 0, 1}, 530, 137), 1, 5},
      {geometry({1, 1, 2}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 1024, 144), 1, 3},
      // Kernel positions that meet nothing but padding, and input positions that no kernel position meets.
      {geometry({1, 1, 1}, {1, 1, 1}, {1, 3, 3}, {0, 3, 3}, 9, 5), 1, 3},
      {geometry({1, 2, 1}, {1, 3, 2}, {1, 3, 3}, {0, 3, 3}, 2, 5), 3, 9},
      {geometry({1, 1, 1}, {1, 1, 1}, {1, 2, 2}, {0, 1, 1}, 3, 5), 1, 3},
      {geometry({1, 7, 9}, {1, 1, 1}, {1, 3, 3}, {0, 0, 0}, 10, 3), 2, 5},
      {geometry({1, 7, 9}, {1, 1, 2}, {1, 3, 3}, {0, 0, 0}, 3, 3), 2, 5},
      // A kernel larger than the input.
      {geometry({2, 3, 1}, {5, 4, 4}, {1, 2, 1}, {2, 2, 3}, 8, 7), 1, 3},
      {geometry({2, 3, 1}, {5, 4, 4}, {1, 2, 1}, {2, 2, 3}, 1, 17), 3, 3},
      // The paper's projection of frames, and its film discriminators' shapes.
      {geometry({1, 30, 30}, {1, 8, 8}, {1, 2, 2}, {0, 3, 3}, 1, 3), 1, 2},
      {geometry({4, 30, 30}, {1, 8, 8}, {1, 3, 3}, {0, 2, 2}, 1, 3), 1, 1},
      {geometry({3, 6, 5}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, 2, 5), 1, 20},
      {geometry({6, 3, 3}, {4, 4, 4}, {2, 1, 1}, {1, 1, 1}, 8, 16), 2, 3},
  };
}

} // namespace

using Double = backend::Eigen<double>;
using Float = backend::Eigen<float>;
using Short = backend::Eigen<float, Bf16>;
using Paired = backend::Eigen<float, support::EmulatedBf16>;
using Tiled = backend::Eigen<float, support::EmulatedUnitBf16>;
using Unit = eigen::MatrixUnit<support::EmulatedUnitPair>;

/// Channels and samples by whole tiles of a matrix unit, by more than two, and by tiles and a rest.
std::vector<Case> cases_of_a_matrix_unit() {
  return {
      {geometry({1, 4, 4}, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}, 32, 32), 1, 32},
      {geometry({1, 3, 3}, {1, 2, 2}, {1, 1, 1}, {0, 1, 1}, 64, 48), 2, 16},
      {geometry({1, 1, 3}, {1, 1, 2}, {1, 1, 1}, {0, 0, 0}, 16, 80), 1, 67},
      {geometry({1, 2, 3}, {1, 2, 2}, {1, 1, 1}, {0, 1, 0}, 96, 33), 1, 49},
      {geometry({1, 2, 2}, {1, 2, 2}, {1, 1, 1}, {0, 0, 0}, 24, 16), 3, 15},
      {geometry({1, 2, 2}, {1, 2, 2}, {1, 1, 1}, {0, 0, 0}, 640, 16), 1, 32},
  };
}

TEST_CASE_TEMPLATE("convolutions agree with loops in every direction over a grid of shapes", B, Double, Float, Short,
                   Paired, Tiled) {
  B backend;
  int few = 0;
  const auto cases = random_cases(300);
  for (const auto& c : cases) {
    check(backend, c);
    few += eigen::ConvolutionPlan(c.geometry).has_few_input_channels();
  }
  CHECK(few > std::ssize(cases) / 4);
  CHECK(few < std::ssize(cases) * 3 / 4);
}

TEST_CASE_TEMPLATE("convolutions agree with loops where groups, pairs and padding have their limits", B, Double, Float,
                   Short, Paired, Tiled) {
  B backend;
  for (const auto& c : edge_cases()) check(backend, c);
}

TEST_CASE_TEMPLATE("a wide convolution of fewer products agrees with loops", B, Double, Float, Paired) {
  B backend;
  const Case c{geometry({1, 1, 3}, {1, 1, 4}, {1, 1, 1}, {0, 0, 1}, 128, 128), 1, 65};
  CHECK(eigen::ConvolutionPlan(c.geometry).transformed_for(c.batch));
  check(backend, c, Operands::exact);
}

TEST_CASE("fewer products are taken where there are channels and samples enough to gain") {
  const auto taken = [](int channels, int batch) {
    return eigen::ConvolutionPlan(geometry({1, 8, 8}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, channels, 128))
               .transformed_for(batch) != nullptr;
  };
  CHECK(taken(128, 64));
  CHECK_FALSE(taken(96, 64));
  CHECK_FALSE(taken(144, 64)); // not whole panels of every processor's
  CHECK_FALSE(taken(128, 1));
  // As many products as pairs that meet.
  CHECK_FALSE(eigen::ConvolutionPlan(geometry({1, 4, 4}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, 128, 128)).transformed);
}

TEST_CASE_TEMPLATE("fewer products agree with the direct ones and are the same on any number of threads", Scalar,
                   double, float) {
  for (const auto& c : wide_cases()) {
    const auto& g = c.geometry;
    CAPTURE(extents(g.input));
    CAPTURE(extents(g.kernel));
    const eigen::ConvolutionPlan plan(g);
    REQUIRE(plan.transformed_for(c.batch));
    auto direct_plan = plan;
    direct_plan.transformed.reset();
    const std::ptrdiff_t inputs = c.members * g.input_positions() * c.batch * g.input_channels;
    const std::ptrdiff_t outputs = c.members * g.output_positions() * c.batch * g.output_channels;
    const std::ptrdiff_t weight_count = c.members * g.taps() * g.input_channels * g.output_channels;
    const auto input = support::normals<Scalar>(inputs, 1), gradient = support::normals<Scalar>(outputs, 2),
               weights = support::normals<Scalar>(weight_count, 3),
               output_bias = support::normals<Scalar>(std::ptrdiff_t{c.members} * g.output_channels, 4),
               input_bias = support::normals<Scalar>(std::ptrdiff_t{c.members} * g.input_channels, 5),
               initial = support::normals<Scalar>(weight_count, 6);
    const auto compute = [&](const eigen::ConvolutionPlan& used) {
      backend::Eigen<Scalar> backend;
      std::array results{support::poison<Scalar>(outputs),
                         support::poison<Scalar>(outputs),
                         support::poison<Scalar>(inputs),
                         support::poison<Scalar>(inputs),
                         initial,
                         support::poison<Scalar>(weight_count)};
      for (auto& values : results) values = guarded(values);
      backend.convolution_forward(used, c.members, c.batch, input.data(), weights.data(), nullptr, results[0].data());
      backend.convolution_forward(used, c.members, c.batch, input.data(), weights.data(), output_bias.data(),
                                  results[1].data());
      backend.convolution_data_gradient(used, c.members, c.batch, gradient.data(), weights.data(), nullptr,
                                        results[2].data());
      backend.convolution_data_gradient(used, c.members, c.batch, gradient.data(), weights.data(), input_bias.data(),
                                        results[3].data());
      backend.convolution_filter_gradient(used, c.members, c.batch, input.data(), gradient.data(), WriteMode::add,
                                          results[4].data());
      backend.convolution_filter_gradient(used, c.members, c.batch, input.data(), gradient.data(), WriteMode::replace,
                                          results[5].data());
      for (auto& values : results) {
        CHECK(guard_holds(values));
        values.resize(values.size() - static_cast<std::size_t>(guard));
      }
      return results;
    };
    const support::ThreadSetting setting;
    set_thread_count(1);
    const auto direct = compute(direct_plan), fewer = compute(plan);
    for (std::size_t i = 0; i < fewer.size(); ++i) {
      CAPTURE(i);
      CHECK(fewer[i] != direct[i]);
      CHECK(support::relative_error(fewer[i], direct[i]) <= convolution_tolerance<Scalar>);
    }
    for (const int threads : {2, 3}) {
      set_thread_count(threads);
      CHECK(compute(plan) == fewer);
    }
    // Some samples and some panels at a time, and as few of both as there may be.
    const std::ptrdiff_t two_panels = 2 * 4 * eigen::tile_columns<Scalar> * 128;
    for (const std::ptrdiff_t at_once : {two_panels, std::ptrdiff_t{1}}) {
      CAPTURE(at_once);
      auto in_pieces = plan;
      in_pieces.transformed->values_at_once = at_once;
      const auto pieces = compute(in_pieces);
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        CAPTURE(i);
        if (i < 4)
          CHECK(pieces[i] == fewer[i]);
        else // sums over the samples
          CHECK(support::relative_error(pieces[i], direct[i]) <= convolution_tolerance<Scalar>);
      }
    }
  }
}

TEST_CASE(
    "a matrix unit computes what the loops do, and what it does not take, or the system does not give, others do") {
  Tiled backend;
  for (const bool granted : {true, false}) {
    Unit::granted = granted;
    Unit::products = 0;
    for (const auto& c : cases_of_a_matrix_unit()) check(backend, c);
    CHECK((Unit::products > 0) == (granted && eigen::tile_columns<float> >= eigen::unit_size));
  }
  Unit::granted = true;
}

TEST_CASE("rounding is to the nearest, ties to even, and NaN stays NaN") {
  const auto rounded_to = [](float value) { return std::bit_cast<float>(eigen::rounded_bits(value)); };
  CHECK(rounded_to(1.0F) == 1.0F);
  CHECK(rounded_to(1.0F + 0x1p-8F) == 1.0F); // a tie
  CHECK(rounded_to(1.0F + 0x1p-8F + 0x1p-20F) == 1.0F + 0x1p-7F);
  CHECK(rounded_to(1.0F + 3 * 0x1p-8F) == 1.0F + 0x1p-6F); // a tie
  CHECK(rounded_to(-1.0F - 3 * 0x1p-8F) == -1.0F - 0x1p-6F);
  CHECK(rounded_to(0x1.fffffep127F) == std::numeric_limits<float>::infinity());
  CHECK(rounded_to(-std::numeric_limits<float>::infinity()) == -std::numeric_limits<float>::infinity());
  for (const std::uint32_t bits : {0x7f800001u, 0xffffffffu, 0x7fc00000u})
    CHECK(std::isnan(rounded_to(std::bit_cast<float>(bits))));
  CHECK(std::signbit(rounded_to(-0.0F)));
}

TEST_CASE("operands that must be exact are not rounded") {
  Short backend;
  for (const auto& c : cases_of_several_groups()) check(backend, c, Operands::exact);
}

TEST_CASE_TEMPLATE("convolutions of several groups of taps agree with loops, whichever thread packs the weights", B,
                   Double, Float, Short, Paired, Tiled) {
  B backend;
  const support::ThreadSetting setting;
  for (const int threads : {1, 2, 3, 4}) {
    set_thread_count(threads);
    for (const auto& c : cases_of_several_groups()) check(backend, c);
  }
}

TEST_CASE_TEMPLATE("a convolution of shared samples is each member's own, and its gradient their sum", Scalar, double,
                   float) {
  backend::Eigen<Scalar> backend;
  auto cases = random_cases(150);
  for (const auto& more : {cases_of_several_groups(), edge_cases()})
    cases.insert(cases.end(), more.begin(), more.end());
  for (const auto& c : cases) {
    const auto& g = c.geometry;
    CAPTURE(g.input_channels);
    CAPTURE(g.output_channels);
    CAPTURE(c.batch);
    const typename backend::Eigen<Scalar>::SharedConvolutionPlan plan(g);
    const std::ptrdiff_t members = g.output_channels, output_positions = g.output_positions();
    const auto samples = support::normals<Scalar>(g.input_positions() * c.batch * g.input_channels, 1);
    const auto weights = support::normals<Scalar>(g.taps() * g.input_channels * members, 2);
    const auto view_gradients = support::normals<Scalar>(members * output_positions * c.batch, 3);
    auto views = guarded(support::poison<Scalar>(members * output_positions * c.batch));
    auto gradient = guarded(support::poison<Scalar>(std::ssize(samples)));
    backend.shared_convolution_forward(plan, c.batch, samples.data(), weights.data(), views.data());
    backend.shared_convolution_data_gradient(plan, c.batch, view_gradients.data(), weights.data(), gradient.data());
    CHECK(guard_holds(views));
    CHECK(guard_holds(gradient));
    if (too_slow_to_compare(c)) continue;

    // The loops know one convolution to as many channels: [member][position][batch] as [position][batch][member].
    const auto as_channels = [&](const std::vector<Scalar>& values) {
      std::vector<Scalar> result(static_cast<std::size_t>(members * output_positions * c.batch));
      for (std::ptrdiff_t member = 0; member < members; ++member)
        for (std::ptrdiff_t row = 0; row < output_positions * c.batch; ++row)
          result[static_cast<std::size_t>(row * members + member)] =
              values[static_cast<std::size_t>(member * output_positions * c.batch + row)];
      return result;
    };
    const auto x = activations(samples, 0, g.input_positions(), c.batch, g.input_channels);
    const auto w = filter(weights, 0, g);
    const auto channels = [&](const std::vector<Scalar>& values) {
      return activations(as_channels(values), 0, output_positions, c.batch, g.output_channels);
    };
    CHECK(error(channels(views), reference::convolve(described(c), x, w)) <= convolution_tolerance<Scalar>);
    CHECK(error(activations(gradient, 0, g.input_positions(), c.batch, g.input_channels),
                reference::convolve_gradient_to_data(described(c), channels(view_gradients), w)) <=
          convolution_tolerance<Scalar>);
  }
}

TEST_CASE_TEMPLATE("the data gradient is the transposed convolution of the loops", Scalar, double, float) {
  backend::Eigen<Scalar> backend;
  int compared = 0;
  const auto cases = random_cases(150);
  for (const auto& c : cases) {
    const auto& g = c.geometry;
    // Where the stride leaves a rest, no transposed convolution makes this input.
    const reference::Convolution transposed{c.batch,           g.output_channels, g.input_channels,  extents(g.output),
                                            extents(g.kernel), extents(g.stride), extents(g.padding)};
    if (transposed.transposed_output() != extents(g.input)) continue;
    ++compared;
    const typename backend::Eigen<Scalar>::ConvolutionPlan plan(g);
    const auto x = support::normals<Scalar>(c.members * g.output_positions() * c.batch * g.output_channels, 1);
    const auto weights = support::normals<Scalar>(c.members * g.taps() * g.input_channels * g.output_channels, 2);
    const auto bias = support::normals<Scalar>(std::ptrdiff_t{c.members} * g.input_channels, 3);
    auto output = support::poison<Scalar>(c.members * g.input_positions() * c.batch * g.input_channels);
    backend.convolution_data_gradient(plan, c.members, c.batch, x.data(), weights.data(), bias.data(), output.data());
    for (std::ptrdiff_t m = 0; m < c.members; ++m)
      CHECK(error(activations(output, m, g.input_positions(), c.batch, g.input_channels),
                  reference::transposed_convolve(
                      transposed, activations(x, m, g.output_positions(), c.batch, g.output_channels),
                      filter(weights, m, g), biases(bias, m, g.input_channels))) <= convolution_tolerance<Scalar>);
  }
  CHECK(compared > std::ssize(cases) / 5);
}
