#include "reference/batch_norm.hpp"
#include "reference/lstm.hpp"
#include "support/numbers.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/network.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace zoetrope;

namespace {

template <class Scalar>
inline constexpr double layer_tolerance = std::is_same_v<Scalar, float> ? 1e-5 : 1e-12;

template <class Scalar>
std::vector<double> slice(const std::vector<Scalar>& values, std::ptrdiff_t part, std::ptrdiff_t size) {
  return {values.begin() + part * size, values.begin() + (part + 1) * size};
}

struct TwoLayers {
  using Layers = Sequential<Shape<5, 6>, layer::Lstm<9, 2, true>>;
};

} // namespace

TEST_CASE_TEMPLATE("batch norm in training agrees with loops", Scalar, double, float) {
  backend::Eigen<Scalar> backend;
  // Less than a block of 16 rows, blocks that are not full, several parts that are summed side by side, and few of all.
  struct Sizes {
    int members, rows, channels;
  };
  for (const auto& sizes : {Sizes{3, 2, 5}, Sizes{1, 131, 7}, Sizes{2, 65, 67}, Sizes{17, 6, 130}, Sizes{1, 9, 1},
                            Sizes{1, 3001, 21}, Sizes{2, 1037, 48}}) {
    const int members = sizes.members, rows = sizes.rows, channels = sizes.channels;
    CAPTURE(members);
    CAPTURE(rows);
    CAPTURE(channels);
    const std::ptrdiff_t size = std::ptrdiff_t{members} * channels;
    auto input = support::normals<Scalar>(size * rows, 1);
    for (auto& value : input) value = value * Scalar(0.5) + Scalar(3); // a mean that a careless variance would drown in
    const auto weight = support::normals<Scalar>(size, 2), bias = support::normals<Scalar>(size, 3);
    const auto old_mean = support::normals<Scalar>(size, 4);
    auto old_variance = support::normals<Scalar>(size, 5);
    for (auto& value : old_variance) value = value * value;
    auto mean = support::poison<Scalar>(size), inverse = mean;
    auto running_mean = old_mean, running_variance = old_variance;
    auto output = support::poison<Scalar>(size * rows);
    const BatchNormArguments<Scalar> arguments{members,     rows,        channels,      weight.data(),
                                               bias.data(), mean.data(), inverse.data()};
    backend.batch_norm_statistics(arguments, input.data(), 1e-5, 0.1, running_mean.data(), running_variance.data());
    backend.batch_norm_apply(arguments, input.data(), output.data());
    for (int m = 0; m < members; ++m) {
      // Rows of channels are a batch of vectors.
      const auto expected =
          reference::batch_norm(static_cast<std::size_t>(rows), static_cast<std::size_t>(channels), 1,
                                slice(input, m, rows * channels), slice(weight, m, channels), slice(bias, m, channels),
                                slice(old_mean, m, channels), slice(old_variance, m, channels));
      CHECK(support::relative_error(slice(output, m, rows * channels), expected.output) <= layer_tolerance<Scalar>);
      CHECK(support::relative_error(slice(running_mean, m, channels), expected.running_mean) <=
            layer_tolerance<Scalar>);
      CHECK(support::relative_error(slice(running_variance, m, channels), expected.running_variance) <=
            layer_tolerance<Scalar>);
    }
  }
}

TEST_CASE_TEMPLATE("batch norm's gradient agrees with its definition over many rows", Scalar, double, float) {
  backend::Eigen<Scalar> backend;
  for (const bool training : {true, false}) {
    CAPTURE(training);
    const std::ptrdiff_t members = 2, rows = 1'037, channels = 37;
    const auto input = support::normals<Scalar>(members * rows * channels, 1),
               dy = support::normals<Scalar>(members * rows * channels, 2),
               weight = support::normals<Scalar>(members * channels, 3),
               before = support::normals<Scalar>(members * channels, 4);
    auto mean = support::normals<Scalar>(members * channels, 5),
         inverse = support::normals<Scalar>(members * channels, 6);
    auto gradient = dy, weight_gradient = before, bias_gradient = before;
    backend.batch_norm_gradient(BatchNormArguments<Scalar>{static_cast<int>(members), rows, static_cast<int>(channels),
                                                           weight.data(), nullptr, mean.data(), inverse.data()},
                                input.data(), training, gradient.data(), WriteMode::add, weight_gradient.data(),
                                bias_gradient.data());
    std::vector<double> expected(dy.size()), of_weight(before.begin(), before.end()), of_bias = of_weight;
    const auto at = [&](std::ptrdiff_t m, std::ptrdiff_t row, std::ptrdiff_t c) {
      return static_cast<std::size_t>((m * rows + row) * channels + c);
    };
    for (std::ptrdiff_t m = 0; m < members; ++m) {
      for (std::ptrdiff_t c = 0; c < channels; ++c) {
        const auto one = static_cast<std::size_t>(m * channels + c);
        const double centre = static_cast<double>(mean[one]), scale = static_cast<double>(inverse[one]);
        double sum = 0, product = 0;
        for (std::ptrdiff_t row = 0; row < rows; ++row) {
          const double g = static_cast<double>(dy[at(m, row, c)]);
          sum += g;
          product += g * (static_cast<double>(input[at(m, row, c)]) - centre) * scale;
        }
        of_bias[one] += sum;
        of_weight[one] += product;
        for (std::ptrdiff_t row = 0; row < rows; ++row) {
          const double normal = (static_cast<double>(input[at(m, row, c)]) - centre) * scale;
          const double taken = training ? (sum + normal * product) / static_cast<double>(rows) : 0;
          expected[at(m, row, c)] =
              (static_cast<double>(dy[at(m, row, c)]) - taken) * scale * static_cast<double>(weight[one]);
        }
      }
    }
    const auto doubles = [](const std::vector<Scalar>& values) {
      return std::vector<double>(values.begin(), values.end());
    };
    CHECK(support::relative_error(doubles(gradient), expected) <= layer_tolerance<Scalar>);
    CHECK(support::relative_error(doubles(weight_gradient), of_weight) <= layer_tolerance<Scalar>);
    CHECK(support::relative_error(doubles(bias_gradient), of_bias) <= layer_tolerance<Scalar>);
  }
}

TEST_CASE("a batch's variance survives a mean ten thousand times its deviation") {
  backend::Eigen<float> backend;
  const int rows = 5'000, channels = 19;
  auto input = support::normals<float>(rows * channels, 1);
  for (auto& value : input) value += 1e4F;
  std::vector<float> mean(channels), inverse(channels), running_mean(channels), running_variance(channels);
  backend.batch_norm_statistics(
      BatchNormArguments<float>{1, rows, channels, nullptr, nullptr, mean.data(), inverse.data()}, input.data(), 0, 1,
      running_mean.data(), running_variance.data());
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < rows; ++row) sum += static_cast<double>(input[row * channels + c]);
    for (std::size_t row = 0; row < rows; ++row)
      squares += std::pow(static_cast<double>(input[row * channels + c]) - sum / rows, 2);
    CHECK(running_variance[c] == doctest::Approx(squares / (rows - 1)).epsilon(1e-4));
  }
}

TEST_CASE_TEMPLATE("batch norm in evaluation uses the running statistics and leaves them alone", Scalar, double,
                   float) {
  backend::Eigen<Scalar> backend;
  const int members = 2, rows = 5, channels = 19;
  const std::ptrdiff_t size = members * channels;
  const auto input = support::normals<Scalar>(size * rows, 1), weight = support::normals<Scalar>(size, 2),
             bias = support::normals<Scalar>(size, 3), running_mean = support::normals<Scalar>(size, 4);
  auto running_variance = support::normals<Scalar>(size, 5);
  for (auto& value : running_variance) value = value * value;
  auto mean = support::poison<Scalar>(size), inverse = mean, output = support::poison<Scalar>(size * rows);
  const BatchNormArguments<Scalar> arguments{members,     rows,        channels,      weight.data(),
                                             bias.data(), mean.data(), inverse.data()};
  backend.batch_norm_running_statistics(arguments, 1e-5, running_mean.data(), running_variance.data());
  backend.batch_norm_apply(arguments, input.data(), output.data());
  std::vector<double> expected;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::size_t c = i / (rows * channels) * channels + i % channels;
    expected.push_back(static_cast<double>(weight[c]) * static_cast<double>(input[i] - running_mean[c]) /
                           std::sqrt(static_cast<double>(running_variance[c]) + 1e-5) +
                       static_cast<double>(bias[c]));
  }
  CHECK(support::relative_error(output, expected) <= layer_tolerance<Scalar>);
}

TEST_CASE_TEMPLATE("a two-layer bidirectional LSTM agrees with loops, for each member", Scalar, double, float) {
  const int members = 2, batch = 3;
  const std::size_t channels = 5, steps = 6, hidden = 9;
  const auto backend = std::make_shared<backend::Eigen<Scalar>>();
  Network<TwoLayers, backend::Eigen<Scalar>> network(backend, members);
  std::vector<std::vector<double>> parameters;
  std::uint32_t seed = 0;
  const auto located = network.located_parameters();
  for (int m = 0; m < members; ++m) {
    for (const auto& one : located) {
      auto values = support::normals<Scalar>(one.info.size(), ++seed);
      for (auto& value : values) value *= Scalar(0.5);
      network.set(network.parameters(), one, m, values.data());
      parameters.emplace_back(values.begin(), values.end());
    }
  }
  auto host = support::normals<Scalar>(static_cast<std::ptrdiff_t>(members * batch * steps * channels), 99);
  const auto one_input = static_cast<std::ptrdiff_t>(batch * steps * channels);
  auto input = support::poison<Scalar>(members * one_input);
  for (int m = 0; m < members; ++m)
    backend->import_samples(batch, steps, channels, host.data() + m * one_input, input.data() + m * one_input);
  const Scalar* output = network.forward(batch, input.data(), Mode::training);
  const auto one_output = static_cast<std::ptrdiff_t>(batch * steps * 2 * hidden);
  for (int m = 0; m < members; ++m) {
    std::vector<reference::BidirectionalLstmParameters> layers;
    const std::size_t first = static_cast<std::size_t>(m) * located.size();
    for (std::size_t i = first; i < first + 16; i += 8)
      layers.push_back({{parameters[i], parameters[i + 1], parameters[i + 2], parameters[i + 3]},
                        {parameters[i + 4], parameters[i + 5], parameters[i + 6], parameters[i + 7]}});
    const auto expected = reference::bidirectional_lstm({static_cast<std::size_t>(batch), steps, channels, hidden},
                                                        slice(host, m, one_input), layers);
    auto found = support::poison<Scalar>(one_output);
    backend->export_samples(batch, steps, 2 * hidden, output + m * one_output, found.data());
    CHECK(support::relative_error(found, expected) <= layer_tolerance<Scalar>);
  }
}

TEST_CASE_TEMPLATE("leaky ReLU and its gradient agree with loops", Scalar, double, float) {
  backend::Eigen<Scalar> backend;
  using Signs = typename backend::Eigen<Scalar>::Signs;
  constexpr std::ptrdiff_t width = Signs::width, block = Signs::block;
  Signs signs; // that of the sizes before: what it held must not matter
  for (const std::ptrdiff_t size : {5 * block + 3 * width + 5, std::ptrdiff_t{1}, width - 1, width, width + 1,
                                    block - 1, block, block + 1, 4 * block + width}) {
    for (const Scalar slope : {Scalar(0), Scalar(0.2)}) {
      CAPTURE(size);
      auto values = support::normals<Scalar>(size, 1);
      for (std::size_t i = 0; i < values.size(); i += 7) values[i] = 0;
      const auto gradients = support::normals<Scalar>(size, 2);
      auto outputs = values, found = gradients;
      signs.reserve(size);
      backend.leaky_relu(size, slope, outputs.data(), signs);
      backend.leaky_relu_gradient(size, slope, nullptr, signs, found.data());
      bool same = true;
      for (std::size_t i = 0; i < values.size(); ++i) {
        same &= outputs[i] == (values[i] > 0 ? values[i] : slope * values[i]);
        same &= found[i] == (values[i] > 0 ? gradients[i] : slope * gradients[i]);
      }
      CHECK(same);
    }
  }
}

TEST_CASE("sum_rows adds to its sums or replaces them") {
  backend::Eigen<double> backend;
  const int members = 2, rows = 650, channels = 67;
  const auto values = support::normals(members * rows * channels, 1), before = support::normals(members * channels, 2);
  auto sums = before, expected = before, alone = support::poison<double>(members * channels);
  for (int i = 0; i < members * rows * channels; ++i)
    expected[static_cast<std::size_t>(i / (rows * channels) * channels + i % channels)] +=
        values[static_cast<std::size_t>(i)];
  backend.sum_rows(members, rows, channels, values.data(), false, WriteMode::add, sums.data());
  CHECK(support::relative_error(sums, expected) < 1e-12);
  backend.sum_rows(members, rows, channels, values.data(), false, WriteMode::replace, alone.data());
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] -= before[i];
  CHECK(support::relative_error(alone, expected) < 1e-12);
}

TEST_CASE("all_finite finds a single NaN or infinity anywhere") {
  backend::Eigen<float> backend;
  std::vector<float> values(70'001, 1e30F);
  CHECK(backend.all_finite(std::ssize(values), values.data()));
  CHECK(backend.all_finite(0, values.data()));
  for (const std::size_t index : {std::size_t{0}, std::size_t{65'535}, std::size_t{65'536}, values.size() - 1}) {
    for (const float bad :
         {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
      values[index] = bad;
      CHECK_FALSE(backend.all_finite(std::ssize(values), values.data()));
      values[index] = 0;
    }
  }
}

TEST_CASE("changes of layout put every value where it belongs, and back") {
  backend::Eigen<float> backend;
  const int batch = 3, channels = 5, members = 2, time = 7;
  const std::ptrdiff_t positions = 4;
  const auto sequence = [](std::ptrdiff_t size) {
    std::vector<float> values(static_cast<std::size_t>(size));
    std::iota(values.begin(), values.end(), 0.0F);
    return values;
  };
  const auto index = [](std::ptrdiff_t value) { return static_cast<std::size_t>(value); };

  SUBCASE("samples") {
    const auto from = sequence(batch * positions * channels);
    auto to = support::poison<float>(std::ssize(from)), back = to;
    backend.import_samples(batch, positions, channels, from.data(), to.data());
    backend.export_samples(batch, positions, channels, to.data(), back.data());
    CHECK(to[index((2 * batch + 1) * channels + 4)] == from[index((1 * positions + 2) * channels + 4)]);
    CHECK(back == from);
  }
  SUBCASE("views") {
    for (const bool channels_first : {true, false}) {
      const auto from = sequence(members * batch * positions * channels);
      auto to = support::poison<float>(std::ssize(from)), back = to;
      backend.split_positions(members, batch, positions, channels, channels_first, from.data(), to.data());
      backend.merge_positions(members, batch, positions, channels, channels_first, to.data(), back.data());
      const std::ptrdiff_t feature = channels_first ? 4 * positions + 3 : 3 * channels + 4;
      CHECK(to[index(((1 * positions + 3) * batch + 2) * channels + 4)] ==
            from[index((1 * batch + 2) * positions * channels + feature)]);
      CHECK(back == from);
    }
  }
  SUBCASE("films") {
    const auto from = sequence(positions * time * batch * channels);
    auto to = support::poison<float>(std::ssize(from)), back = to;
    backend.frames_to_films(time, batch, positions, channels, from.data(), to.data());
    backend.films_to_frames(time, batch, positions, channels, to.data(), back.data());
    CHECK(to[index(((6 * positions + 3) * batch + 2) * channels + 1)] ==
          from[index(((3 * time + 6) * batch + 2) * channels + 1)]);
    CHECK(back == from);
  }
  SUBCASE("a sum over members") {
    const std::ptrdiff_t rows = 1'639, size = rows * channels;
    const auto from = sequence(3 * size);
    auto to = support::poison<float>(size);
    backend.sum_members(3, rows, channels, from.data(), to.data());
    bool same = true;
    for (std::ptrdiff_t i = 0; i < size; ++i)
      same &= to[index(i)] == from[index(i)] + from[index(size + i)] + from[index(2 * size + i)];
    CHECK(same);
  }
}
