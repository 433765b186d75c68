/// @file
/// Films as points: how strongly each of some fixed random 3-D filters answers to a film, for measures that compare
/// sets of points, such as density_and_coverage().
///
/// Why random filters and not those of a trained network: they need no download, they are the same for every run, so
/// that the numbers of two runs can be compared, and they know nothing of either set. A classifier trained on the spot
/// looks for what tells these two sets apart and would make any two of them look unlike. For films that are nothing
/// like ImageNet's photographs a trained network's features are no better (Naeem et al. 2020, who use random ones for
/// just this; Lee, Kim and Lee 2022, "Demystifying randomly initialized networks for evaluating generative models").
///
/// Opt-in: zoetrope.hpp does not include it.
#pragma once

#include "zoetrope/backend/backend.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/fwd.hpp"
#include "zoetrope/nn/activation.hpp"
#include "zoetrope/nn/convolution.hpp"
#include "zoetrope/nn/initializer.hpp"
#include "zoetrope/nn/network.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace zoetrope {

namespace detail {

/// Weights of a deviation that keeps values' size from layer to layer (He et al. 2015), biases 0.
struct HeWeights {
  void operator()(const ParameterInfo& info, const RandomStream& stream, std::span<double> values) const {
    NormalWeights{std::sqrt(2.0 / static_cast<double>(info.fan_in))}(info, stream, values);
  }
};

/// Two layers, each of which halves time and sides: 32 filters that see 10 frames of 10x10 pixels. Of balls' films, a
/// third layer saw trembling, noise and pixel grids less well.
template <FilmShape Film>
struct RandomFilters {
  template <int Channels>
  using Down = layer::Convolution<Channels, Extents<4, 4, 4>, Extents<2, 2, 2>, Extents<1, 1, 1>>;
  using Layers = Sequential<Film, Down<16>, layer::LeakyRelu, Down<32>, layer::LeakyRelu>;
  static constexpr HeWeights initializer{};
};

template <class Film>
struct HalfSides;
template <int Channels, int Length, int Height, int Width>
struct HalfSides<Shape<Channels, Length, Height, Width>> {
  static constexpr bool has_half = Height > 32 || Width > 32;
  using type = Shape<Channels, Length, (Height > 1 ? Height / 2 : 1), (Width > 1 ? Width / 2 : 1)>;

  /// @p film with frames of half the sides, each value the mean of four; an odd side loses its last row or column.
  static void shrink(std::span<const float> film, float* out) {
    constexpr std::size_t row = std::size_t{Width} * Channels;
    for (std::size_t time = 0; time < Length; ++time)
      for (std::size_t y = 0; y + 1 < Height; y += 2)
        for (std::size_t x = 0; x + 1 < Width; x += 2)
          for (std::size_t channel = 0; channel < Channels; ++channel) {
            const std::size_t at = (time * Height + y) * row + x * Channels + channel;
            *out++ = (film[at] + film[at + Channels] + film[at + row] + film[at + row + Channels]) / 4.0F;
          }
  }
};

/// Filters of the film as it is, and of every half of it while it has sides of more than 32 pixels.
template <FilmShape Film>
constexpr std::size_t random_feature_count() {
  if constexpr (HalfSides<Film>::has_half) return 32 + random_feature_count<typename HalfSides<Film>::type>();
  return 32;
}

/// Writes the features of @p films from number @p column on to the rows of @p features.
template <FilmShape Film, Backend B>
void add_random_features(std::span<const float> films, std::size_t count, std::uint64_t seed,
                         const std::shared_ptr<B>& backend, std::size_t column, std::size_t columns,
                         std::span<double> features) {
  using Net = Network<RandomFilters<Film>, B>;
  using Output = typename Net::Output;
  constexpr auto film_size = static_cast<std::size_t>(Film::size);
  constexpr auto output_size = static_cast<std::size_t>(Output::size), filters = std::size_t{Output::channels};
  // Some 32 MB of values at a time.
  const std::size_t together = std::clamp<std::size_t>((std::size_t{1} << 23) / film_size, 1, 16);
  Net network(backend, 1);
  initialize(network, RandomFilters<Film>::initializer, seed, Stream::evaluation);
  typename B::Buffer input(together * film_size);
  std::vector<float> answers(together * output_size);
  for (std::size_t first = 0; first < count; first += together) {
    const std::size_t some = std::min(together, count - first);
    const int batch = static_cast<int>(some);
    backend->import_samples(batch, Film::positions, Film::channels, films.data() + first * film_size, input.data());
    backend->export_samples(batch, Output::positions, Output::channels,
                            network.forward(batch, input.data(), Mode::evaluation), answers.data());
    for (std::size_t film = 0; film < some; ++film)
      for (std::size_t i = 0; i < output_size; ++i)
        features[(first + film) * columns + column + i % filters] +=
            static_cast<double>(answers[film * output_size + i]) / static_cast<double>(Output::positions);
  }
  if constexpr (HalfSides<Film>::has_half) {
    using Half = typename HalfSides<Film>::type;
    constexpr auto half_size = static_cast<std::size_t>(Half::size);
    std::vector<float> halves(count * half_size);
    for (std::size_t film = 0; film < count; ++film)
      HalfSides<Film>::shrink(films.subspan(film * film_size, film_size), halves.data() + film * half_size);
    add_random_features<Half>(halves, count, seed, backend, column + filters, columns, features);
  }
}

} // namespace detail

/// How many numbers random_film_features() gives for a film.
template <FilmShape Film>
inline constexpr std::size_t random_feature_dimensions = detail::random_feature_count<Film>();

/// The mean answers of fixed random 3-D filters to each of @p films [count, time, height, width, channels]:
/// [count, random_feature_dimensions<Film>]. They depend on the film and @p seed alone. Throws Error unless the films
/// are whole and finite.
template <FilmShape Film, Backend B = DefaultBackend>
[[nodiscard]] std::vector<double> random_film_features(std::span<const float> films, int count, std::uint64_t seed = 1,
                                                       std::shared_ptr<B> backend = std::make_shared<B>()) {
  constexpr auto dimensions = random_feature_dimensions<Film>;
  require(count >= 1, "expected at least 1 film, got ", count);
  const auto film_count = static_cast<std::size_t>(count);
  require(films.size() == film_count * static_cast<std::size_t>(Film::size), "expected ", count, " films of ",
          Film::size, " values, got ", films.size(), " values");
  for (std::size_t i = 0; i < films.size(); ++i)
    require(std::isfinite(films[i]), "expected films of finite values, got ", films[i], " in film ",
            i / static_cast<std::size_t>(Film::size));
  std::vector<double> features(film_count * dimensions);
  detail::add_random_features<Film>(films, film_count, seed, backend, 0, dimensions, features);
  return features;
}

} // namespace zoetrope
