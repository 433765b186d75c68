/// @file
/// What every backend must show, whatever its layouts: bodies of tests for any backend of float, against plain loops
/// and against the Eigen backend.
#pragma once

#include "reference/convolution.hpp"
#include "support/numbers.hpp"
#include "unit/io/temporary_folder.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/gan/films_and_frames.hpp"
#include "zoetrope/gan/random_waves.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/train/trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace agreement {

using namespace zoetrope;

/// A vector of floats in a backend's memory.
template <class B>
typename B::Buffer upload(const B& backend, const std::vector<float>& values) {
  typename B::Buffer buffer(values.size());
  backend.copy_from_host(values.data(), values.size(), buffer.data());
  return buffer;
}
template <class B>
std::vector<float> download(const B& backend, const float* values, std::ptrdiff_t size) {
  auto result = support::poison<float>(size);
  backend.copy_to_host(values, result.size(), result.data());
  return result;
}

/// What is added up where it is needed.
template <class B>
void check_sums(const B& backend) {
  const auto first = support::normals<float>(1003, 1), second = support::normals<float>(1003, 2);
  const auto from = upload(backend, first);
  auto to = upload(backend, second);
  backend.add_to(from.data(), 1000, to.data());
  const auto sums = download(backend, to.data(), 1003);
  for (std::size_t i = 0; i < sums.size(); ++i) CHECK(sums[i] == (i < 1000 ? second[i] + first[i] : second[i]));
}

/// An average of vectors, over a few of them; what lies behind it stays.
template <class B>
void check_averages(B&& backend) {
  const double keep = 0.75;
  const auto first = support::normals<float>(1003, 1);
  std::vector<double> expected(first.begin(), first.end());
  auto average = upload(backend, first);
  for (std::uint32_t seed = 2; seed < 5; ++seed) {
    const auto values = support::normals<float>(1003, seed);
    const auto here = upload(backend, values);
    backend.add_to_average(1000, keep, here.data(), average.data());
    for (std::size_t i = 0; i < 1000; ++i) expected[i] = keep * expected[i] + (1 - keep) * double{values[i]};
  }
  const auto found = download(backend, average.data(), 1003);
  CHECK(support::relative_error(found, expected) < 1e-6);
  for (std::size_t i = 1000; i < found.size(); ++i) CHECK(double{found[i]} == expected[i]);
}

/// Members' matrices, of taps, zeros and others, under a bound: those of the Eigen backend and their vectors.
template <class B>
void check_spectral_norms(B&& backend, const ParameterBlock& block, double tolerance = 1e-5) {
  constexpr int members = 3;
  const double bound = 4;
  CAPTURE(block.columns);
  const auto size = static_cast<std::size_t>(block.size());
  auto weights = support::normals<float>(members * block.size(), 1);
  std::fill_n(weights.begin() + block.size(), size, 0.0F);
  for (std::size_t i = 2 * size; i < 3 * size; ++i) weights[i] *= 1e-3F; // below the bound
  auto vectors = support::normals<float>(members * block.columns, 2);
  auto expected = weights, expected_vectors = vectors;
  const auto arrange = [&](std::vector<float> from, bool back) {
    auto to = from;
    for (std::size_t member = 0; member < members; ++member)
      for (std::ptrdiff_t tap = 0; tap < block.taps; ++tap)
        for (std::ptrdiff_t row = 0; row < block.rows; ++row)
          for (std::ptrdiff_t column = 0; column < block.columns; ++column) {
            const auto there = member * size +
                               std::size_t(backend::Eigen<float>::parameter_offset(block, tap, row, column)),
                       here = member * size + std::size_t(std::decay_t<B>::parameter_offset(block, tap, row, column));
            to[back ? there : here] = from[back ? here : there];
          }
    return to;
  };
  auto here = upload(backend, arrange(weights, false)), vectors_here = upload(backend, vectors);
  backend::Eigen<float> there;
  for (int step = 0; step < 3; ++step) {
    backend.bound_spectral_norms(members, block, bound, here.data(), vectors_here.data());
    there.bound_spectral_norms(members, block, bound, expected.data(), expected_vectors.data());
    const auto found = arrange(download(backend, here.data(), std::ssize(weights)), true);
    CHECK(support::relative_error(found, expected) < tolerance);
    CHECK(std::equal(found.begin() + block.size(), found.end(), weights.begin() + block.size()));
    CHECK(support::relative_error(download(backend, vectors_here.data(), std::ssize(vectors)), expected_vectors) <
          tolerance);
  }
  CHECK(support::relative_error(expected, weights) > 0.1);
}
template <class B>
void check_spectral_norms() {
  for (const ParameterBlock block : {ParameterBlock{1, 40, 24}, {9, 8, 7}, {2, 33, 1}, {64, 16, 32}})
    check_spectral_norms(B(), block);
}

/// Sizes of activations, and where the value of one member, sample, position and channel lies in a backend.
struct Sizes {
  int members, batch;
  std::ptrdiff_t positions;
  int channels;
  [[nodiscard]] std::ptrdiff_t count() const { return members * batch * positions * channels; }

  /// Calls @p visit(offset in the backend, offset in [member][sample][position][channel]).
  template <class B, class Visit>
  void for_each(const Visit& visit) const {
    std::size_t plain = 0;
    for (std::ptrdiff_t m = 0; m < members; ++m)
      for (std::ptrdiff_t b = 0; b < batch; ++b)
        for (std::ptrdiff_t p = 0; p < positions; ++p)
          for (std::ptrdiff_t c = 0; c < channels; ++c, ++plain)
            visit(static_cast<std::size_t>(B::members_are_contiguous
                                               ? ((m * positions + p) * batch + b) * channels + c
                                               : ((b * positions + p) * members + m) * channels + c),
                  plain);
  }
};

/// Activations [member][sample][position][channel] in and out of a backend's layout.
template <class B>
typename B::Buffer import_members(const B& backend, const Sizes& sizes, const std::vector<float>& plain) {
  auto values = support::poison<float>(sizes.count());
  sizes.for_each<B>([&](std::size_t here, std::size_t there) { values[here] = plain[there]; });
  return upload(backend, values);
}
template <class B>
std::vector<float> export_members(const B& backend, const Sizes& sizes, const float* values) {
  const auto here = download(backend, values, sizes.count());
  auto plain = support::poison<float>(sizes.count());
  sizes.for_each<B>([&](std::size_t offset, std::size_t there) { plain[there] = here[offset]; });
  return plain;
}

// --- Convolution against loops ---

struct ConvolutionCase {
  ConvolutionGeometry geometry;
  int members, batch;
};

inline ConvolutionCase make_case(std::array<int, 3> input, std::array<int, 3> kernel, std::array<int, 3> stride,
                                 std::array<int, 3> padding, int input_channels, int output_channels, int members,
                                 int batch) {
  ConvolutionGeometry g{.input = input,
                        .kernel = kernel,
                        .stride = stride,
                        .padding = padding,
                        .input_channels = input_channels,
                        .output_channels = output_channels};
  for (std::size_t d = 0; d < 3; ++d) g.output[d] = (g.input[d] + 2 * g.padding[d] - g.kernel[d]) / g.stride[d] + 1;
  return {g, members, batch};
}

/// Channels by eights and odd ones, one to three dimensions, strides that leave a rest, kernels larger than the input.
inline std::vector<ConvolutionCase> convolution_cases() {
  return {
      make_case({1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 100, 37, 1, 9),
      make_case({1, 1, 6}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 24, 40, 2, 3),
      make_case({1, 1, 9}, {1, 1, 4}, {1, 1, 2}, {0, 0, 1}, 8, 16, 3, 5),
      make_case({1, 7, 7}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, 16, 24, 2, 3),
      make_case({1, 7, 5}, {1, 3, 4}, {1, 3, 1}, {0, 0, 2}, 8, 8, 1, 33),
      make_case({1, 4, 4}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, 32, 8, 5, 2),
      make_case({4, 3, 3}, {4, 4, 4}, {2, 1, 1}, {1, 1, 1}, 8, 16, 2, 3),
      make_case({2, 3, 1}, {5, 4, 4}, {1, 2, 1}, {2, 2, 3}, 8, 8, 1, 3),
      make_case({1, 15, 15}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, 1, 16, 3, 3),
      make_case({1, 12, 12}, {1, 8, 8}, {1, 2, 2}, {0, 3, 3}, 1, 48, 1, 5),
      make_case({4, 9, 9}, {1, 8, 8}, {1, 3, 3}, {0, 2, 2}, 1, 3, 1, 2),
      make_case({1, 2, 2}, {1, 2, 2}, {1, 1, 1}, {0, 0, 0}, 64, 1, 7, 4),
      // One output position: as the discriminators end, and where some inputs, or all, meet no tap.
      make_case({1, 2, 2}, {1, 4, 4}, {1, 1, 1}, {0, 1, 1}, 16, 1, 3, 5),
      make_case({4, 2, 2}, {4, 4, 4}, {1, 1, 1}, {0, 1, 1}, 24, 1, 2, 3),
      make_case({1, 3, 4}, {1, 2, 2}, {1, 2, 3}, {0, 0, 0}, 5, 3, 2, 3),
      make_case({1, 3, 2}, {1, 2, 2}, {1, 7, 7}, {0, 1, 0}, 6, 3, 2, 3),
      make_case({1, 2, 1}, {1, 1, 1}, {1, 9, 9}, {0, 1, 1}, 6, 3, 2, 3),
      make_case({2, 2, 2}, {2, 2, 2}, {1, 1, 1}, {0, 0, 0}, 33, 1, 2, 3),
      make_case({1, 6, 5}, {1, 4, 3}, {1, 2, 3}, {0, 1, 2}, 3, 7, 2, 3),
  };
}

/// First and last layers of colour: three channels, which products would round if nobody said otherwise.
inline std::vector<ConvolutionCase> exact_cases() {
  return {make_case({1, 15, 15}, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, 3, 16, 3, 3),
          make_case({4, 9, 9}, {4, 4, 4}, {2, 2, 2}, {1, 1, 1}, 3, 8, 2, 2),
          make_case({1, 2, 2}, {1, 4, 4}, {1, 1, 1}, {0, 1, 1}, 16, 3, 3, 5),
          make_case({1, 6, 6}, {1, 5, 5}, {1, 1, 1}, {0, 1, 1}, 3, 24, 2, 3)};
}

/// |found - expected| / |expected|; where nothing but zeros is expected, nothing else may be found.
inline void check_close(const std::string& what, const std::vector<float>& found, const std::vector<double>& expected,
                        double tolerance) {
  CAPTURE(what);
  if (std::all_of(expected.begin(), expected.end(), [](double value) { return value == 0; }))
    CHECK(std::all_of(found.begin(), found.end(), [](float value) { return value == 0; }));
  else
    CHECK(support::relative_error(found, expected) <= tolerance);
}

template <class B>
void check_convolution(B& backend, const ConvolutionCase& c, double tolerance, Operands operands = Operands::rounded) {
  const auto& g = c.geometry;
  INFO("channels ", g.input_channels, " to ", g.output_channels, ", kernel ", g.kernel[0], "x", g.kernel[1], "x",
       g.kernel[2], ", members ", c.members, ", batch ", c.batch);
  const auto extents = [](const std::array<int, 3>& s) { return reference::Extents{s[0], s[1], s[2]}; };
  const reference::Convolution loops{c.batch,           g.input_channels,  g.output_channels, extents(g.input),
                                     extents(g.kernel), extents(g.stride), extents(g.padding)};
  const Sizes inputs{c.members, c.batch, g.input_positions(), g.input_channels},
      outputs{c.members, c.batch, g.output_positions(), g.output_channels};
  const ParameterBlock block{g.taps(), g.input_channels, g.output_channels};
  const auto x = support::normals<float>(inputs.count(), 1), dy = support::normals<float>(outputs.count(), 2),
             w = support::normals<float>(c.members * block.size(), 3),
             output_bias = support::normals<float>(std::ptrdiff_t{c.members} * g.output_channels, 4),
             input_bias = support::normals<float>(std::ptrdiff_t{c.members} * g.input_channels, 5),
             before = support::normals<float>(c.members * block.size(), 6);
  // Filters are [member][output channel][input channel][tap] here, as the loops have them.
  const auto for_filter = [&](const auto& visit) {
    for (std::ptrdiff_t m = 0, plain = 0; m < c.members; ++m)
      for (std::ptrdiff_t column = 0; column < block.columns; ++column)
        for (std::ptrdiff_t row = 0; row < block.rows; ++row)
          for (std::ptrdiff_t tap = 0; tap < block.taps; ++tap, ++plain)
            visit(static_cast<std::size_t>(m * block.size() + B::parameter_offset(block, tap, row, column)),
                  static_cast<std::size_t>(plain));
  };
  const auto to_backend = [&](const std::vector<float>& plain) {
    auto values = support::poison<float>(std::ssize(plain));
    for_filter([&](std::size_t here, std::size_t there) { values[here] = plain[there]; });
    return upload(backend, values);
  };

  const typename B::ConvolutionPlan plan(g, operands);
  const auto x_here = import_members(backend, inputs, x), dy_here = import_members(backend, outputs, dy),
             w_here = to_backend(w), output_bias_here = upload(backend, output_bias),
             input_bias_here = upload(backend, input_bias);
  auto dw_here = to_backend(before), new_dw_here = to_backend(support::poison<float>(std::ssize(w)));
  auto y_here = upload(backend, support::poison<float>(outputs.count())),
       y_biased_here = upload(backend, support::poison<float>(outputs.count())),
       dx_here = upload(backend, support::poison<float>(inputs.count())),
       dx_biased_here = upload(backend, support::poison<float>(inputs.count()));
  backend.convolution_forward(plan, c.members, c.batch, x_here.data(), w_here.data(), nullptr, y_here.data());
  backend.convolution_forward(plan, c.members, c.batch, x_here.data(), w_here.data(), output_bias_here.data(),
                              y_biased_here.data());
  backend.convolution_filter_gradient(plan, c.members, c.batch, x_here.data(), dy_here.data(), WriteMode::replace,
                                      new_dw_here.data());
  backend.convolution_data_gradient(plan, c.members, c.batch, dy_here.data(), w_here.data(), nullptr, dx_here.data());
  backend.convolution_data_gradient(plan, c.members, c.batch, dy_here.data(), w_here.data(), input_bias_here.data(),
                                    dx_biased_here.data());
  // What a forward pass of fewer samples may keep is not what the next gradient needs.
  auto y_of_one = upload(backend, support::poison<float>(outputs.count()));
  backend.convolution_forward(plan, c.members, 1, x_here.data(), w_here.data(), nullptr, y_of_one.data());
  backend.convolution_filter_gradient(plan, c.members, c.batch, x_here.data(), dy_here.data(), WriteMode::add,
                                      dw_here.data());

  const auto y = export_members(backend, outputs, y_here.data()),
             y_biased = export_members(backend, outputs, y_biased_here.data()),
             dx = export_members(backend, inputs, dx_here.data()),
             dx_biased = export_members(backend, inputs, dx_biased_here.data());
  auto dw = support::poison<float>(std::ssize(w)), new_dw = dw;
  const auto dw_values = download(backend, dw_here.data(), std::ssize(w)),
             new_dw_values = download(backend, new_dw_here.data(), std::ssize(w));
  for_filter([&](std::size_t here, std::size_t there) {
    dw[there] = dw_values[here];
    new_dw[there] = new_dw_values[here];
  });

  for (std::ptrdiff_t m = 0; m < c.members; ++m) {
    const auto part = [&](const std::vector<float>& values, std::ptrdiff_t size) {
      return std::vector<float>(values.begin() + m * size, values.begin() + (m + 1) * size);
    };
    // The loops' order is (sample, channel, position).
    const auto transposed = [&](const std::vector<float>& values, const Sizes& s) {
      const auto own = part(values, s.count() / s.members);
      std::vector<float> result(own.size());
      for (std::ptrdiff_t b = 0; b < s.batch; ++b)
        for (std::ptrdiff_t p = 0; p < s.positions; ++p)
          for (std::ptrdiff_t channel = 0; channel < s.channels; ++channel)
            result[static_cast<std::size_t>((b * s.channels + channel) * s.positions + p)] =
                own[static_cast<std::size_t>((b * s.positions + p) * s.channels + channel)];
      return result;
    };
    const auto wide = [](const std::vector<float>& values) { return reference::Values(values.begin(), values.end()); };
    const auto biased = [&](reference::Values values, const Sizes& s, const std::vector<float>& bias) {
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] += double{
            bias[static_cast<std::size_t>(m * s.channels + static_cast<std::ptrdiff_t>(i) / s.positions % s.channels)]};
      return values;
    };
    const auto own_x = wide(transposed(x, inputs)), own_dy = wide(transposed(dy, outputs)),
               own_w = wide(part(w, block.size()));
    const auto expected_y = reference::convolve(loops, own_x, own_w);
    check_close("output", transposed(y, outputs), expected_y, tolerance);
    check_close("output with bias", transposed(y_biased, outputs), biased(expected_y, outputs, output_bias), tolerance);
    const auto expected_dx = reference::convolve_gradient_to_data(loops, own_dy, own_w);
    check_close("data gradient", transposed(dx, inputs), expected_dx, tolerance);
    check_close("data gradient with bias", transposed(dx_biased, inputs), biased(expected_dx, inputs, input_bias),
                tolerance);
    auto expected_dw = reference::convolve_gradient_to_filter(loops, own_x, own_dy);
    check_close("filter gradient written over others", part(new_dw, block.size()), expected_dw, tolerance);
    const auto own_before = part(before, block.size());
    for (std::size_t i = 0; i < expected_dw.size(); ++i) expected_dw[i] += double{own_before[i]};
    check_close("filter gradient added", part(dw, block.size()), expected_dw, tolerance);
  }
}

// --- Whole networks against the Eigen backend ---

inline std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

/// Outputs, gradients and statistics of one network on both backends, from the same numbers.
template <class Description, class B>
void check_network(std::shared_ptr<B> backend, int members, int batch, Mode mode, double tolerance) {
  CAPTURE(members);
  CAPTURE(batch);
  auto eigen = std::make_shared<backend::Eigen<float>>();
  Network<Description, B> here(backend, members);
  Network<Description, backend::Eigen<float>> there(eigen, members);
  std::uint32_t seed = 0;
  const auto set_both = [&](const std::vector<LocatedParameter>& located, auto& vector_here, auto& vector_there,
                            float scale, float shift) {
    for (const auto& one : located)
      for (int member = 0; member < members; ++member) {
        auto values = support::normals<float>(one.info.size(), ++seed);
        for (float& value : values) value = std::abs(shift) > 0 ? std::abs(value) + shift : scale * value;
        here.set(vector_here, one, member, values.data());
        there.set(vector_there, one, member, values.data());
      }
  };
  set_both(here.located_parameters(), here.parameters(), there.parameters(), 0.3F, 0.0F);
  set_both(here.located_statistics(), here.statistics(), there.statistics(), 1.0F, 0.5F);

  using Input = typename Network<Description, B>::Input;
  using Output = typename Network<Description, B>::Output;
  const Sizes inputs{members, batch, Input::positions, Input::channels},
      outputs{members, batch, Output::positions, Output::channels};
  // Gradients that are zero in theory (a bias before batch norm) have no norm of their own: all are compared at once.
  const auto gather = [&](auto& network, auto& vector, const std::vector<LocatedParameter>& located) {
    std::vector<float> result;
    for (const auto& one : located)
      for (int member = 0; member < members; ++member) {
        const auto values = network.get(vector, one, member);
        result.insert(result.end(), values.begin(), values.end());
      }
    return result;
  };
  const bool learns = mode != Mode::frozen;
  // Twice, since what a pass keeps must not be taken for what the next one is about.
  for (const std::uint32_t first : {1001u, 1003u}) {
    const auto x = support::normals<float>(inputs.count(), first),
               dy = support::normals<float>(outputs.count(), first + 1);
    const auto x_here = import_members(*backend, inputs, x);
    const auto x_there = import_members(*eigen, inputs, x);
    const float* y_here = here.forward(batch, x_here.data(), mode);
    const float* y_there = there.forward(batch, x_there.data(), mode);
    check_close("output", export_members(*backend, outputs, y_here), wide(export_members(*eigen, outputs, y_there)),
                tolerance);
    const auto dy_here = import_members(*backend, outputs, dy);
    const auto dy_there = import_members(*eigen, outputs, dy);
    backend->copy(dy_here.data(), dy_here.size(), here.output_gradient());
    eigen->copy(dy_there.data(), dy_there.size(), there.output_gradient());
    here.clear_gradients();
    there.clear_gradients();
    const float* dx_here = here.backward(batch, learns, true);
    const float* dx_there = there.backward(batch, learns, true);
    check_close("input gradient", export_members(*backend, inputs, dx_here),
                wide(export_members(*eigen, inputs, dx_there)), tolerance);

    if (learns)
      check_close("parameter gradients", gather(here, here.gradients(), here.located_parameters()),
                  wide(gather(there, there.gradients(), there.located_parameters())), tolerance);
  }
  if (here.statistics().size() > 0)
    check_close("statistics", gather(here, here.statistics(), here.located_statistics()),
                wide(gather(there, there.statistics(), there.located_statistics())), tolerance);
}

/// Packs have the channels of their samples, one after the other, and come apart again.
template <class B>
void check_packs() {
  B backend;
  const int members = 2, packs = 3, together = 2, channels = 3;
  const std::ptrdiff_t positions = 5;
  const Sizes apart{members, packs * together, positions, channels},
      packed{members, packs, positions, together * channels};
  const auto samples = support::normals<float>(apart.count(), 1);
  const auto here = import_members(backend, apart, samples);
  typename B::Buffer to, back;
  const float* joined = backend.pack_samples(members, positions, packs, together, channels, here.data(), to);
  const auto found = export_members(backend, packed, joined);
  const auto at = [&](std::ptrdiff_t m, std::ptrdiff_t sample, std::ptrdiff_t p, std::ptrdiff_t c) {
    return samples[static_cast<std::size_t>(((m * packs * together + sample) * positions + p) * channels + c)];
  };
  std::size_t plain = 0;
  for (int m = 0; m < members; ++m)
    for (int pack = 0; pack < packs; ++pack)
      for (std::ptrdiff_t p = 0; p < positions; ++p)
        for (int sample = 0; sample < together; ++sample)
          for (int c = 0; c < channels; ++c, ++plain) CHECK(found[plain] == at(m, pack * together + sample, p, c));
  const float* again = backend.unpack_samples(members, positions, packs, together, channels, joined, back);
  CHECK(export_members(backend, apart, again) == samples);
  CHECK(backend.pack_samples(members, positions, packs, 1, channels, here.data(), to) == here.data());
}

/// Chosen frames are those of their times, which go on from a film's beginning past its end, then those beside it, and
/// frames are added there.
template <class B>
void check_chosen_frames() {
  B backend;
  const FrameChoice choice{.time = 7, .each = 3, .beside = 2};
  constexpr int batch = 3, channels = 2;
  const std::ptrdiff_t positions = 5, size = positions * channels;
  const std::ptrdiff_t length = choice.time + choice.beside;
  const Sizes of_films{1, batch, length * positions, channels},
      of_frames{1, batch * choice.count(), positions, channels};
  const auto films = support::normals<float>(of_films.count(), 1),
             frames = support::normals<float>(of_frames.count(), 2);
  const auto films_here = import_members(backend, of_films, films),
             frames_here = import_members(backend, of_frames, frames);
  auto picked_here = upload(backend, support::poison<float>(of_frames.count())),
       sums_here = import_members(backend, of_films, films);
  backend.pick_frames(choice, batch, positions, channels, films_here.data(), picked_here.data());
  backend.add_frames(choice, batch, positions, channels, frames_here.data(), sums_here.data());
  auto expected_picked = frames, expected_sums = films;
  const std::ptrdiff_t times[batch][5] = {{0, 3, 6, 7, 8}, {1, 4, 0, 7, 8}, {2, 5, 1, 7, 8}};
  for (std::ptrdiff_t film = 0; film < batch; ++film)
    for (std::ptrdiff_t frame = 0; frame < choice.count(); ++frame)
      for (std::ptrdiff_t i = 0; i < size; ++i) {
        const auto in_frames = static_cast<std::size_t>((film * choice.count() + frame) * size + i),
                   in_films = static_cast<std::size_t>((film * length + times[film][frame]) * size + i);
        expected_picked[in_frames] = films[in_films];
        expected_sums[in_films] += frames[in_frames];
      }
  CHECK(export_members(backend, of_frames, picked_here.data()) == expected_picked);
  CHECK(export_members(backend, of_films, sums_here.data()) == expected_sums);
}

/// Samples with positions behind theirs, those of others or zeros, and without them again.
template <class B>
void check_appended_positions() {
  B backend;
  constexpr int batch = 3, channels = 2;
  const std::ptrdiff_t positions = 5, more = 3;
  const Sizes of_first{1, batch, positions, channels}, of_second{1, batch, more, channels},
      of_joined{1, batch, positions + more, channels};
  const auto first = support::normals<float>(of_first.count(), 1),
             second = support::normals<float>(of_second.count(), 2);
  const auto first_here = import_members(backend, of_first, first),
             second_here = import_members(backend, of_second, second);
  auto joined_here = upload(backend, support::poison<float>(of_joined.count()));
  auto padded_here = upload(backend, support::poison<float>(of_joined.count()));
  backend.append_positions(batch, positions, more, channels, first_here.data(), second_here.data(), joined_here.data());
  backend.append_positions(batch, positions, more, channels, first_here.data(), nullptr, padded_here.data());
  std::vector<float> joined, padded;
  for (std::ptrdiff_t sample = 0; sample < batch; ++sample)
    for (std::ptrdiff_t i = 0; i < (positions + more) * channels; ++i) {
      const bool is_first = i < positions * channels;
      joined.push_back(is_first
                           ? first[static_cast<std::size_t>(sample * positions * channels + i)]
                           : second[static_cast<std::size_t>(sample * more * channels + i - positions * channels)]);
      padded.push_back(is_first ? joined.back() : 0);
    }
  CHECK(export_members(backend, of_joined, joined_here.data()) == joined);
  CHECK(export_members(backend, of_joined, padded_here.data()) == padded);

  auto found_here = upload(backend, support::poison<float>(of_first.count()));
  backend.first_positions(batch, positions, more, channels, joined_here.data(), found_here.data());
  CHECK(export_members(backend, of_first, found_here.data()) == first);
  if (B::positions_are_outermost) {
    CHECK(export_members(backend, of_first, joined_here.data()) == first);
    backend.append_positions(batch, positions, more, channels, joined_here.data(), nullptr, joined_here.data());
    CHECK(export_members(backend, of_joined, joined_here.data()) == padded);
  }
}

/// Views of shared filters, seen over time by filters of several kinds, against loops; and the gradient of each by the
/// other's transpose.
template <class B>
void check_filters_over_time() {
  B backend;
  const int members = 2, channels = 3, steps = 7, batch = 3;
  const TapsOfKinds filters{2, 3, {0, 1, 0, -3, 2, 5}};
  const int seen = steps - filters.taps + 1, width = filters.kinds * channels;
  const Sizes before{members * channels, batch, steps, 1}, after{members, batch, seen, width};
  const auto from = support::normals<float>(before.count(), 1), gradient = support::normals<float>(after.count(), 2);
  const auto from_here = import_members(backend, before, from),
             gradient_here = import_members(backend, after, gradient);
  auto to_here = upload(backend, support::poison<float>(after.count())),
       from_gradient_here = upload(backend, support::poison<float>(before.count()));
  backend.filter_over_time(members, steps, batch, channels, filters, from_here.data(), to_here.data());
  backend.filter_over_time_gradient(members, steps, batch, channels, filters, gradient_here.data(),
                                    from_gradient_here.data());
  const auto to = export_members(backend, after, to_here.data()),
             from_gradient = export_members(backend, before, from_gradient_here.data());
  auto expected = std::vector<double>(to.size()), expected_gradient = std::vector<double>(from.size());
  for (int member = 0; member < members; ++member)
    for (int sample = 0; sample < batch; ++sample)
      for (int step = 0; step < seen; ++step)
        for (int kind = 0; kind < filters.kinds; ++kind)
          for (int channel = 0; channel < channels; ++channel)
            for (int tap = 0; tap < filters.taps; ++tap) {
              const auto source =
                  static_cast<std::size_t>(((member * channels + channel) * batch + sample) * steps + step + tap);
              const auto result = static_cast<std::size_t>(((member * batch + sample) * seen + step) * width +
                                                           kind * channels + channel);
              expected[result] += double{from[source]} * filters.values[kind * filters.taps + tap];
              expected_gradient[source] += double{gradient[result]} * filters.values[kind * filters.taps + tap];
            }
  check_close("views over time", to, expected, 1e-6);
  check_close("their gradient", from_gradient, expected_gradient, 1e-6);
}

/// Waves are the same ones on either backend, of one batch and then of a larger one, and so are their gradients.
template <class B>
void check_waves(double tolerance) {
  using Film = Shape<3, 7, 5, 6>;
  using Waves = projection::RandomWaves<3, 2, projection::TimeTaps<0, 1, 0>, projection::TimeTaps<2, -4, 2>>;
  using View = Waves::OutputOf<Film>;
  const int members = 2;
  const auto backend = std::make_shared<B>();
  typename Waves::Projector<Film, B> here(backend, members);
  Waves::Projector<Film, backend::Eigen<float>> there(std::make_shared<backend::Eigen<float>>(), members);
  here.initialize(3, Stream::sequence_projections);
  there.initialize(3, Stream::sequence_projections);
  for (const int batch : {2, 5}) {
    const Sizes films{1, batch, Film::positions, Film::channels},
        views{members, batch, View::positions, View::channels};
    const auto film = support::normals<float>(films.count(), 1), gradient = support::normals<float>(views.count(), 2);
    const auto film_here = import_members(*backend, films, film),
               gradient_here = import_members(*backend, views, gradient);
    const auto film_there = import_members(backend::Eigen<float>(), films, film),
               gradient_there = import_members(backend::Eigen<float>(), views, gradient);
    auto back_here = upload(*backend, support::poison<float>(films.count()));
    auto back_there = upload(backend::Eigen<float>(), support::poison<float>(films.count()));
    check_close("views", export_members(*backend, views, here.forward(batch, film_here.data())),
                wide(export_members(backend::Eigen<float>(), views, there.forward(batch, film_there.data()))),
                tolerance);
    here.backward(batch, gradient_here.data(), back_here.data());
    there.backward(batch, gradient_there.data(), back_there.data());
    check_close("gradient", export_members(*backend, films, back_here.data()),
                wide(export_members(backend::Eigen<float>(), films, back_there.data())), tolerance);
  }
}

// --- Training ---

/// Small networks for frames of 8x8 and films of four, with convolutions of every kind that a backend may compute in
/// its own way: channels by eights, single ones, pairs of packed films, and a filter of 64 taps. No bias stands before
/// batch norm, where its gradient would be rounding alone.
struct SmallFrame {
  template <int Channels, Bias HasBias>
  using Up = layer::TransposedConvolution<Channels, Extents<4, 4>, Extents<2, 2>, Extents<1, 1>, HasBias>;
  using Layers =
      Sequential<Shape<5>, layer::Linear<64, Bias::no>, layer::BatchNorm, layer::Relu, layer::ViewAsGrid<16, 2, 2>,
                 Up<8, Bias::no>, layer::BatchNorm, layer::Relu, Up<1, Bias::yes>, layer::Tanh>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "SmallFrame"; }
};
struct SmallSequence {
  using Layers = Sequential<Shape<5>, layer::Linear<12, Bias::no>, layer::BatchNorm, layer::Relu,
                            layer::ViewAsSequence<4, 3>, layer::Lstm<4, 1, true>, layer::Linear<5>, layer::Scale<3>>;
  static constexpr UniformByFanIn initializer{};
  static std::string description() { return "SmallSequence"; }
};
struct SmallFrameDiscriminator {
  using Sample = Shape<1, 8, 8>;
  using Layers =
      Sequential<Shape<1, 4, 4>, layer::Convolution<8, Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>, layer::LeakyRelu,
                 layer::Convolution<16, Extents<4, 4>, Extents<2, 2>, Extents<1, 1>, Bias::no>, layer::BatchNorm,
                 layer::LeakyRelu, layer::Convolution<1, Extents<2, 2>, Extents<1, 1>, Extents<0, 0>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "SmallFrameDiscriminator"; }
};
struct SmallFilmDiscriminator {
  using Sample = Shape<1, 4, 8, 8>;
  using Ones = Extents<1, 1, 1>;
  using Layers =
      Sequential<Shape<2, 4, 4, 4>, layer::Convolution<8, Extents<3, 3, 3>, Ones, Ones>, layer::LeakyRelu,
                 layer::Convolution<16, Extents<4, 4, 4>, Extents<2, 2, 2>, Ones, Bias::no>, layer::BatchNorm,
                 layer::LeakyRelu, layer::Convolution<1, Extents<2, 2, 2>, Ones, Extents<0, 0, 0>>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "SmallFilmDiscriminator"; }
};
using SmallFrameProjection = projection::UnitNormConvolution<Extents<4, 4>, Extents<2, 2>, Extents<1, 1>>;
using SmallFilmProjection =
    projection::Packed<projection::UnitNormConvolution<Extents<1, 4, 4>, Extents<1, 2, 2>, Extents<0, 1, 1>>, 2>;

template <class B>
using SmallFrameD = ProjectedDiscriminatorEnsemble<3, SmallFrameProjection, SmallFrameDiscriminator, B>;
template <class B>
using SmallFilmD = ProjectedDiscriminatorEnsemble<2, SmallFilmProjection, SmallFilmDiscriminator, B>;

template <class B, class Optimizer, class O = SumObjective, class Schedule = ConstantRate, class FilmD = SmallFilmD<B>>
using Trainer = TwoStageTrainer<Generator<SmallFrame, B>, Generator<SmallSequence, B>, SmallFrameD<B>, FilmD, O,
                                Optimizer, NonSaturating, Schedule>;

/// The same with film and frame discriminators in the sequence stage, for a frame generator that learns on.
template <class B, class O>
using LearningTrainer = Trainer<B, Adam, O, ConstantRate, FilmsAndFrames<SmallFilmD<B>, SmallFrameD<B>>>;

template <class Optimizer, class Schedule = ConstantRate>
TrainingSettings<Optimizer, Schedule> settings(std::uint64_t frame_steps, std::uint64_t sequence_steps) {
  const Optimizer optimizer{.learning_rate = 1e-3};
  TrainingSettings<Optimizer, Schedule> result{.seed = 3,
                                               .frames = {frame_steps, 5, 0, optimizer, optimizer},
                                               .sequences = {sequence_steps, 4, 0, optimizer, optimizer}};
  result.frames.weight_average = result.sequences.weight_average = 0.75;
  result.frames.spectral_norm = 0.3;
  result.sequences.spectral_norm = 0.2;
  return result;
}

using Balls = BouncingBalls<1, 8, 4>;

/// One step of each stage moves the parameters as it does on the Eigen backend, and losses are the same.
template <class Here, class There, class Dataset, class Settings>
void check_steps(const Dataset& dataset, const Settings& one_step, double tolerance) {
  Here here(one_step);
  There there(one_step);
  std::vector<float> losses_here;
  std::vector<double> losses_there;
  const auto keep = [](auto& losses) {
    return [&losses](const StepReport& report) {
      for (const double loss : report.discriminator_losses) losses.push_back(static_cast<float>(loss));
      for (const double loss : report.generator_losses) losses.push_back(static_cast<float>(loss));
      return Flow::carry_on;
    };
  };
  here.train_frames(dataset, keep(losses_here));
  there.train_frames(dataset, keep(losses_there));
  here.train_sequences(dataset, keep(losses_here));
  there.train_sequences(dataset, keep(losses_there));
  check_close("losses", losses_here, losses_there, tolerance);

  const auto parameters = [](auto& network) {
    std::vector<float> result;
    for (const auto& located : network.located_parameters()) {
      const auto values = network.get(network.parameters(), located, 0);
      result.insert(result.end(), values.begin(), values.end());
    }
    return result;
  };
  check_close("frame generator", parameters(here.frame_generator().network()),
              wide(parameters(there.frame_generator().network())), tolerance);
  check_close("sequence generator", parameters(here.sequence_generator().network()),
              wide(parameters(there.sequence_generator().network())), tolerance);
  check_close("films", here.sample_films(2), wide(there.sample_films(2)), 10 * tolerance);
}

template <class Optimizer, class B>
void check_training(double tolerance) {
  check_steps<Trainer<B, Optimizer>, Trainer<backend::Eigen<float>, Optimizer>>(Balls{}, settings<Optimizer>(1, 1),
                                                                                tolerance);
}

/// The networks of the example's preset demo, whose batches and bound check_demo_training() takes.
template <class B>
using DemoTrainer = TwoStageTrainer<
    Generator<arch::DcganFrame<8>, B>, Generator<arch::BiLstmSequence<8, 128, LatentOutput::scaled>, B>,
    ProjectedDiscriminatorEnsemble<4, projection::PaperFrame, arch::FrameDiscriminator<8, DiscriminatorNorm::batch>, B>,
    ProjectedDiscriminatorEnsemble<
        8, projection::FilmWaves,
        arch::SeriesDiscriminator<4, DiscriminatorNorm::none, paper::Film, projection::FilmWaves>, B>,
    SumObjective, Adam>;

template <class B>
void check_demo_training(double tolerance) {
  // A bias before batch norm has a gradient of rounding errors alone, which Adam would blow up to whole steps.
  const Adam adam{.learning_rate = 1e-3, .beta1 = 0.5, .epsilon = 1e-3};
  TrainingSettings<Adam> one_step{.frames = {1, 32, 0, adam, adam}, .sequences = {1, 32, 0, adam, adam}};
  one_step.sequences.spectral_norm = 0.5;
  check_steps<DemoTrainer<B>, DemoTrainer<backend::Eigen<float>>>(BouncingBalls<1>{}, one_step, tolerance);
}

/// A run begun on either backend goes on on the other, from the same files.
template <class Optimizer, class B>
void check_checkpoints(double tolerance) {
  const test::TemporaryFolder folder;
  const auto path = [&](const char* name) { return folder / name; };
  for (const std::uint64_t sequence_steps : {0, 2}) {
    CAPTURE(sequence_steps);
    Trainer<backend::Eigen<float>, Optimizer> there(settings<Optimizer>(2, sequence_steps));
    there.train_frames(Balls{});
    if (sequence_steps > 0) there.train_sequences(Balls{});
    there.save(path("eigen"));
    Trainer<B, Optimizer> here(settings<Optimizer>(3, 3));
    here.load(path("eigen"));
    here.save(path("here"));
    CHECK(test::read_bytes(path("eigen")) == test::read_bytes(path("here")));
    Trainer<backend::Eigen<float>, Optimizer> back(settings<Optimizer>(3, 3));
    back.load(path("here"));
    if (sequence_steps > 0) {
      here.train_sequences(Balls{});
      back.train_sequences(Balls{});
    } else {
      here.train_frames(Balls{});
      back.train_frames(Balls{});
    }
    check_close("films after going on", here.sample_films(2), wide(back.sample_films(2)), tolerance);
  }
}

/// An objective that looks at the losses, so that no step is recorded.
struct SumOnceKnown {
  void weigh(std::span<const double> losses, std::span<double> weights) const {
    REQUIRE(losses.size() == weights.size());
    SumObjective{}.weigh(losses, weights);
  }
  static std::string description() { return SumObjective::description(); }
};
static_assert(weights_depend_on_losses<SumOnceKnown> && !weights_depend_on_losses<SumObjective> &&
              !weights_depend_on_losses<AverageObjective>);

/// The losses of both stages, in which a picture is drawn that needs memory of its own. Saves @p trainer in the end.
template <class AnyTrainer>
std::vector<double> losses_of(AnyTrainer&& trainer, const std::filesystem::path& path) {
  std::vector<double> losses;
  const auto observer = [&](const StepReport& report) {
    losses.insert(losses.end(), report.discriminator_losses.begin(), report.discriminator_losses.end());
    losses.insert(losses.end(), report.generator_losses.begin(), report.generator_losses.end());
    if (report.step == 4) (void)trainer.sample_frames(70);
    return Flow::carry_on;
  };
  trainer.train_frames(Balls{}, observer);
  trainer.train_sequences(Balls{}, observer);
  trainer.save(path);
  return losses;
}

/// A step that is recorded and then repeated does what it does when every operation is started by itself; also where
/// pictures are drawn between steps, and where learning rates follow a schedule.
template <class Optimizer, class B, class Schedule = ConstantRate>
void check_recorded_steps(double weight_average = 0, double spectral_norm = 0) {
  const test::TemporaryFolder folder;
  auto of_both = settings<Optimizer, Schedule>(9, 8);
  of_both.frames.weight_average = of_both.sequences.weight_average = weight_average;
  of_both.frames.spectral_norm = of_both.sequences.spectral_norm = spectral_norm;
  using Recorded = Trainer<B, Optimizer, SumObjective, Schedule>;
  const auto losses = losses_of(Recorded(of_both), folder / "recorded");
  CHECK(losses == losses_of(Trainer<B, Optimizer, SumOnceKnown, Schedule>(of_both), folder / "repeated"));
  CHECK(losses.size() == 9 * 6 + 8 * 4);
  CHECK(test::read_bytes(folder / "recorded") == test::read_bytes(folder / "repeated"));
  if (spectral_norm == 0) return;
  of_both.frames.spectral_norm = of_both.sequences.spectral_norm = 0;
  CHECK(losses != losses_of(Recorded(of_both), folder / "unbounded"));
}

/// Where the frame generator learns on: a step is @p Other's, and does the same recorded.
template <class B, class Other = backend::Eigen<float>>
void check_learning_frames(double tolerance) {
  auto one_step = settings<Adam>(1, 1);
  one_step.frames_learn_on = true;
  // A bias before batch norm has a gradient of rounding errors alone, which Adam would blow up to whole steps.
  one_step.sequences.generator_optimizer.epsilon = 1e-3;
  check_steps<LearningTrainer<B, SumObjective>, LearningTrainer<Other, SumObjective>>(Balls{}, one_step, tolerance);
  const test::TemporaryFolder folder;
  auto steps = settings<Adam>(9, 8);
  steps.frames_learn_on = true;
  const auto losses = losses_of(LearningTrainer<B, SumObjective>(steps), folder / "recorded");
  CHECK(losses == losses_of(LearningTrainer<B, SumOnceKnown>(steps), folder / "repeated"));
  CHECK(losses.size() == 9 * 6 + 8 * 2 * (2 + 3));
  CHECK(test::read_bytes(folder / "recorded") == test::read_bytes(folder / "repeated"));
}

/// What is wrong in a recorded step is said like anywhere else.
template <class B>
void check_divergence() {
  auto broken = settings<Adam>(50, 1);
  broken.frames.generator_optimizer.learning_rate = 1e30;
  Trainer<B, Adam> trainer(broken);
  try {
    trainer.train_frames(Balls{});
    FAIL("a learning rate of 1e30 went unnoticed");
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find("frames stage, step ") != text.npos);
    CHECK(text.find("finite") != text.npos);
  }
}

/// The same seed gives the same bytes.
template <class Optimizer, class B>
void check_same_bytes() {
  const test::TemporaryFolder folder;
  std::vector<std::string> runs;
  for (const char* name : {"first", "second"}) {
    Trainer<B, Optimizer> trainer(settings<Optimizer>(3, 3));
    trainer.train_frames(Balls{});
    trainer.train_sequences(Balls{});
    trainer.save(folder / name);
    runs.push_back(test::read_bytes(folder / name));
  }
  CHECK(runs[0] == runs[1]);
  CHECK(runs[0].size() > 1000);
}

} // namespace agreement
