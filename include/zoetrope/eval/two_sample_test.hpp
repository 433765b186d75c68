/// @file
/// Can a network tell two sets of films apart? The classifier two-sample test. Opt-in: zoetrope.hpp does not include
/// it.
#pragma once

#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/gan/architecture.hpp"
#include "zoetrope/gan/layer_sizes.hpp"
#include "zoetrope/gan/loss.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/network.hpp"
#include "zoetrope/nn/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace zoetrope {

namespace arch {

namespace detail {

/// The layers that judge a film: each halves time and sides until 3 or fewer are left (rounding down), the last one
/// sees the rest.
template <FilmShape Film>
class ClassifierLayers {
  static constexpr int dimension_size(int dimension) {
    return Film::extents::sizes[static_cast<std::size_t>(dimension)];
  }
  static constexpr bool halves(int size) { return size > 3; }
  /// What the first @p layers layers leave of a dimension.
  static constexpr int left(int dimension, int layers) {
    int size = dimension_size(dimension);
    for (int i = 0; i < layers && halves(size); ++i) size /= 2;
    return size;
  }
  static constexpr int depth() {
    int layers = 0;
    while (halves(left(0, layers)) || halves(left(1, layers)) || halves(left(2, layers))) ++layers;
    return layers;
  }
  /// A dimension that is small enough stays as it is.
  static constexpr int kernel(int dimension, int layer) { return halves(left(dimension, layer)) ? 4 : 3; }
  static constexpr int stride(int dimension, int layer) { return halves(left(dimension, layer)) ? 2 : 1; }
  template <int Layer>
  using Down =
      layer::Convolution<(Layer < 2 ? 8 << Layer : 32), Extents<kernel(0, Layer), kernel(1, Layer), kernel(2, Layer)>,
                         Extents<stride(0, Layer), stride(1, Layer), stride(2, Layer)>, Extents<1, 1, 1>>;
  using Last = layer::Convolution<1, Extents<left(0, depth()), left(1, depth()), left(2, depth())>, Extents<1, 1, 1>,
                                  Extents<0, 0, 0>>;
  template <int... Layer>
  static auto join(std::integer_sequence<int, Layer...>)
      -> Joined<Film, LayerList<Down<Layer>, layer::LeakyRelu>..., LayerList<Last>>;

public:
  using type = typename decltype(join(std::make_integer_sequence<int, depth()>{}))::type;
};

} // namespace detail

/// A small 3-D convolutional network that judges whole films, grey or colour, of 8 to 64 frames and 16 to 128 pixels a
/// side.
template <FilmShape Film>
struct FilmClassifierOf {
  static_assert(detail::check_frame<Film::channels, Film::extents::sizes[1], Film::extents::sizes[2]>());
  static_assert(detail::check_steps<film_length<Film>>());
  using Sample = Film;
  using Layers = typename detail::ClassifierLayers<Film>::type;
  static constexpr UniformByFanIn initializer{};
  static std::string description() { return "FilmClassifier" + detail::shape_text<Film, paper::Film>(); }
};

/// The one for grey films of 30 frames of 30x30.
using FilmClassifier = FilmClassifierOf<paper::Film>;

} // namespace arch

/// What classifier_two_sample_test() is told.
struct TwoSampleSettings {
  int steps = 100;
  int batch_size = 32; ///< half of it from each set
  int held_out = 512;  ///< samples that the trained network judges, half of them from each set
  Adam optimizer{.learning_rate = 2e-3};
  std::uint64_t seed = 10; ///< of the network's first weights

  /// How many samples of each set train the network: those from number training_samples() on judge.
  [[nodiscard]] std::uint64_t training_samples() const {
    return static_cast<std::uint64_t>(steps) * static_cast<std::uint64_t>(batch_size / 2);
  }
};

struct TwoSampleResult {
  /// Share of held-out samples whose set was recognised; about 0.5 where both sets are draws of one distribution.
  double accuracy = 0.0;
  double deviation = 0.0; ///< Standard deviation of the accuracy where both sets are draws of one distribution.
};

/// An endless set of samples: set(first, out) writes those from number first on, whose order carries no meaning, as
/// [count, positions..., channels] with values about [-1, 1].
template <class S>
concept SampleSet = std::invocable<S&, std::uint64_t, std::span<float>>;

/// Trains a network of architecture @p Arch to tell @p first from @p second and judges it on samples that it has not
/// seen (Lopez-Paz and Oquab 2017). It takes (steps * batch_size + held_out) / 2 samples of each set, each once, so
/// that there is nothing to learn by heart. Where there are not so many, samples may come again while the network is
/// trained, but those that judge must be none of them, nor clips of the same films: FilmParts::sample_set() sees to
/// that. A network that learns a small set by heart tells less than it could, never more; its accuracy spreads more
/// than the deviation says, which counts every sample that judges as one of its own. Same settings, same machine: the
/// same result on any number of threads. Throws Error where settings make no sense, and where a sample or the network
/// is not finite.
template <DiscriminatorArchitecture Arch = arch::FilmClassifier, Backend B = DefaultBackend, SampleSet First,
          SampleSet Second>
[[nodiscard]] TwoSampleResult classifier_two_sample_test(First&& first, Second&& second,
                                                         const TwoSampleSettings& settings = {},
                                                         std::shared_ptr<B> backend = std::make_shared<B>()) {
  using Net = Network<Arch, B>;
  using Scalar = typename B::Scalar;
  using Input = typename Net::Input;
  static_assert(std::is_same_v<Input, typename Arch::Sample>, "a classifier sees the samples as they are");
  require(settings.steps >= 1 && settings.batch_size >= 4 && settings.batch_size % 2 == 0 && settings.held_out >= 2 &&
              settings.held_out % 2 == 0,
          "expected at least 1 step, an even batch of at least 4 and an even number of held-out samples, got ",
          settings.steps, ", ", settings.batch_size, " and ", settings.held_out);
  check_optimizer(settings.optimizer);
  const int half = settings.batch_size / 2;
  constexpr auto sample_size = static_cast<std::size_t>(Input::size);
  const auto half_size = static_cast<std::size_t>(half) * sample_size;
  Net network(backend, 1);
  initialize(network, Arch::initializer, settings.seed, Stream::evaluation);
  OptimizerState<B> state;
  settings.optimizer.reset(*backend, state, network.parameters().size());

  // A batch is half of the first set and half of the second, which differ in the target alone.
  std::vector<float> samples(2 * half_size);
  typename B::Buffer input(samples.size());
  const auto load = [&](std::uint64_t number, int count) {
    const auto all = std::span(samples).first(2 * static_cast<std::size_t>(count) * sample_size);
    first(number, all.first(all.size() / 2));
    second(number, all.last(all.size() / 2));
    for (std::size_t i = 0; i < all.size(); ++i)
      require(std::isfinite(all[i]), "expected samples of finite values, got ", all[i], " in the ",
              i < all.size() / 2 ? "first" : "second", " set, sample ", number + i % (all.size() / 2) / sample_size);
    backend->import_samples(2 * count, Input::positions, Input::channels, all.data(), input.data());
  };

  const double weight = 0.5;
  std::uint64_t number = 0;
  for (int step = 0; step < settings.steps; ++step, number += static_cast<std::uint64_t>(half)) {
    load(number, half);
    network.clear_gradients();
    const Scalar* logits = network.forward(2 * half, input.data(), Mode::training);
    for (const int set : {0, 1})
      backend->loss_gradient(NonSaturating{}, set == 0 ? LogitRole::generated : LogitRole::real, 1,
                             {2 * half, set * half, half}, logits, &weight, network.output_gradient());
    network.backward(2 * half, true, false);
    settings.optimizer.update(
        *backend, state, network.parameters().size(), network.gradients().data(), network.parameters().data(),
        [&](Updated) { fail("the classifier's parameters are no longer finite after step ", step + 1); });
  }

  std::vector<Scalar> logits(2 * static_cast<std::size_t>(half));
  int right = 0;
  for (int done = 0; done < settings.held_out / 2; done += half) {
    const int count = std::min(half, settings.held_out / 2 - done);
    load(number + static_cast<std::uint64_t>(done), count);
    const auto judged = std::span(logits).first(2 * static_cast<std::size_t>(count));
    backend->copy_to_host(network.forward(2 * count, input.data(), Mode::evaluation), judged.size(), judged.data());
    for (std::size_t i = 0; i < judged.size(); ++i) right += (judged[i] > Scalar(0)) == (i >= judged.size() / 2);
  }
  return {static_cast<double>(right) / settings.held_out, 0.5 / std::sqrt(settings.held_out)};
}

} // namespace zoetrope
