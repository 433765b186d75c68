#include "support/ensemble_check.hpp"
#include "support/numbers.hpp"
#include "zoetrope/gan/random_waves.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace zoetrope;

namespace {

using Double = backend::Eigen<double>;
using SmallFilm = Shape<3, 6, 5, 7>;
using Still = projection::TimeTaps<0, 1, 0>;
using Change = projection::TimeTaps<-3, 3, 0>;
using Waves = projection::RandomWaves<4, 2, Still, Change>;
using OneKind = projection::RandomWaves<5, 3, projection::TimeTaps<1>>;

static_assert(std::is_same_v<projection::FilmWaves::OutputOf<paper::Film>, Shape<48, 28>>);
static_assert(std::is_same_v<Waves::OutputOf<SmallFilm>, Shape<8, 4>>);
static_assert(std::is_same_v<OneKind::OutputOf<SmallFilm>, Shape<5, 6>>);
static_assert(ProjectionFor<projection::FilmWaves, paper::Film, backend::Eigen<float>>);
static_assert(ProjectionFor<Waves, SmallFilm, Double>);
static_assert(ProjectionFor<projection::Packed<Waves, 2>, SmallFilm, Double>);
static_assert(arch::SeriesDiscriminator<>::Layers::Output::size == 1);
static_assert(std::is_same_v<arch::SeriesDiscriminator<>::View, Shape<48, 28>>);
static_assert(std::is_same_v<ProjectedDiscriminatorEnsemble<2, projection::FilmWaves>::Architecture,
                             arch::SeriesDiscriminator<>>);

template <class Policy, class Sample>
auto waves(int members, std::uint64_t seed) {
  typename Policy::template Projector<Sample, Double> result(std::make_shared<Double>(), members);
  result.initialize(seed, Stream::sequence_projections);
  return result;
}

/// Of one frame of a film [time][pixel] in the backend's layout at a batch of 1.
double number_of(const std::vector<double>& filter, const double* frame) {
  double sum = 0;
  for (std::size_t i = 0; i < filter.size(); ++i) sum += filter[i] * frame[i];
  return sum;
}

/// The filter over space of a member's number, found by asking the projector for one pixel at a time.
template <class Projector>
std::vector<double> filter_of(Projector& projector, int member, int number) {
  constexpr int pixels = 5 * 7 * 3;
  std::vector<double> result;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    std::vector<double> film(6 * pixels);
    film[2 * pixels + static_cast<std::size_t>(pixel)] = 1;
    result.push_back(projector.forward(1, film.data())[(member * 6 + 2) * 5 + number]);
  }
  return result;
}

} // namespace

TEST_CASE("waves' filters have norm 1, no mean over a frame, and differ between numbers and members") {
  auto projector = waves<OneKind, SmallFilm>(2, 4);
  const auto first = filter_of(projector, 0, 0);
  for (const int member : {0, 1})
    for (int number = 0; number < 5; ++number) {
      const auto filter = filter_of(projector, member, number);
      CHECK(number_of(filter, filter.data()) == doctest::Approx(1).epsilon(1e-12));
      for (std::size_t channel = 0; channel < 3; ++channel) {
        double mean = 0;
        for (std::size_t i = channel; i < filter.size(); i += 3) mean += filter[i];
        CHECK(std::abs(mean) < 1e-12);
      }
      if (member + number > 0) CHECK(std::abs(number_of(filter, first.data())) < 0.9);
    }
}

TEST_CASE("waves' filters have no more half waves than asked for") {
  auto projector = waves<OneKind, SmallFilm>(1, 4);
  for (int number = 0; number < 5; ++number) {
    const auto filter = filter_of(projector, 0, number);
    double kept = 0, left = 0;
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (int down = 0; down < 5; ++down)
        for (int across = 0; across < 7; ++across) {
          double product = 0;
          for (int y = 0; y < 5; ++y)
            for (int x = 0; x < 7; ++x)
              product += filter[static_cast<std::size_t>(3 * (7 * y + x)) + channel] *
                         std::cos(std::numbers::pi * down * (y + 0.5) / 5) *
                         std::cos(std::numbers::pi * across * (x + 0.5) / 7);
          const bool allowed = down + across > 0 && down * down + across * across <= 9;
          (allowed ? kept : left) += std::abs(product);
        }
    CHECK(kept > 1);
    CHECK(left < 1e-12);
  }
}

TEST_CASE("every second member sees finer waves, through a window of its own, and the others whole frames as without") {
  using Film = Shape<1, 1, 30, 40>;
  using Whole = projection::RandomWaves<3, 2, projection::TimeTaps<1>>;
  using Windows = projection::WavesInWindows<3, 2, projection::TimeTaps<1>>;
  const int members = 6, pixels = 30 * 40;
  auto whole = waves<Whole, Film>(members, 4);
  auto windows = waves<Windows, Film>(members, 4);
  const auto filters_in = [&](auto& projector) {
    std::vector<double> pictures(static_cast<std::size_t>(pixels) * pixels); // one pixel each, [pixel][sample]
    for (int i = 0; i < pixels; ++i) pictures[static_cast<std::size_t>(i * (pixels + 1))] = 1;
    const double* views = projector.forward(pixels, pictures.data());
    return std::vector<double>(views, views + members * 3 * pixels); // [member][sample][number]
  };
  const auto of_whole = filters_in(whole), of_windows = filters_in(windows);
  double last_down = -1, last_across = -1;
  for (int member = 0; member < members; ++member) {
    CAPTURE(member);
    const auto* found = of_windows.data() + member * 3 * pixels;
    const auto* without = of_whole.data() + member * 3 * pixels;
    CHECK(std::equal(found, found + 3 * pixels, without) == (member % 2 == 0));
    if (member % 2 == 0) continue;
    double weight = 0, down = 0, across = 0, spread_down = 0, spread_across = 0;
    const auto over_pixels = [&](const auto& add) {
      for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 40; ++x)
          for (int number = 0; number < 3; ++number) {
            const double value = found[(y * 40 + x) * 3 + number];
            add(value * value, y + 0.5, x + 0.5);
          }
    };
    over_pixels([&](double w, double y, double x) { weight += w, down += w * y, across += w * x; });
    CHECK(weight == doctest::Approx(3).epsilon(1e-9));
    down /= weight, across /= weight;
    over_pixels([&](double w, double y, double x) {
      spread_down += w * (y - down) * (y - down) / weight;
      spread_across += w * (x - across) * (x - across) / weight;
    });
    // Of a bell's square a deviation of the root of a half of its own, and more or less by the waves in it.
    CHECK(std::sqrt(spread_down) < 1.3 * 0.15 * 30);
    CHECK(std::sqrt(spread_down) > 0.3 * 0.15 * 30);
    CHECK(std::sqrt(spread_across) < 1.3 * 0.15 * 40);
    CHECK(std::sqrt(spread_across) > 0.3 * 0.15 * 40);
    CHECK(std::abs(down - last_down) > 0.1);
    CHECK(std::abs(across - last_across) > 0.1);
    last_down = down, last_across = across;
  }
}

TEST_CASE("waves are seen over time, each kind by the same filters, and numbers are a view's channels") {
  const int members = 3, batch = 2;
  auto moving = waves<Waves, SmallFilm>(members, 4);
  auto still = waves<projection::RandomWaves<4, 2, projection::TimeTaps<1>>, SmallFilm>(members, 4);
  const auto films = support::normals(batch * SmallFilm::size, 1);
  const double *views = moving.forward(batch, films.data()), *frames = still.forward(batch, films.data());
  const auto seen = [&](int member, int time, int sample, int number) {
    return frames[((member * 6 + time) * batch + sample) * 4 + number];
  };
  for (int member = 0; member < members; ++member)
    for (int time = 0; time < 4; ++time)
      for (int sample = 0; sample < batch; ++sample)
        for (int number = 0; number < 4; ++number) {
          const double* view = views + ((member * 4 + time) * batch + sample) * 8;
          const double now = seen(member, time + 1, sample, number), before = seen(member, time, sample, number);
          REQUIRE(view[number] == doctest::Approx(now).epsilon(1e-9));
          REQUIRE(view[4 + number] == doctest::Approx(3 * (now - before)).epsilon(1e-9));
        }
}

TEST_CASE("waves say how fast a spot moves, wherever it is") {
  // A spot that moves evenly: no change of change in the numbers of half a wave beyond what the wave's own bend gives,
  // and far less than where it trembles by a tenth of a pixel.
  using Kinds = projection::RandomWaves<8, 3, projection::TimeTaps<1, -2, 1>>;
  auto projector = waves<Kinds, paper::Film>(1, 4);
  const auto bend = [&](double tremble, double first, double row) {
    std::vector<double> film(static_cast<std::size_t>(paper::Film::size));
    for (int time = 0; time < 30; ++time) {
      const double at = first + 0.5 * time + (time % 2 == 0 ? tremble : -tremble);
      for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 30; ++x)
          film[static_cast<std::size_t>((time * 30 + y) * 30 + x)] =
              std::exp(-((x - at) * (x - at) + (y - row) * (y - row)) / 10);
    }
    const double* view = projector.forward(1, film.data());
    double squares = 0;
    for (int i = 0; i < 28 * 8; ++i) squares += view[i] * view[i];
    return std::sqrt(squares);
  };
  for (const double first : {5.0, 7.0, 9.5})
    for (const double row : {8.0, 15.0, 21.5}) CHECK(bend(0.1, first, row) > 3 * bend(0, first, row));
}

TEST_CASE("a larger batch after a smaller one, and films as short as the taps, are seen right") {
  using Short = Shape<1, 3, 5, 7>;
  auto projector = waves<projection::RandomWaves<4, 2, Still, Change>, Short>(2, 4);
  auto fresh = waves<projection::RandomWaves<4, 2, Still, Change>, Short>(2, 4);
  const auto films = support::normals(6 * Short::size, 1);
  (void)projector.forward(1, films.data());
  const double *views = projector.forward(6, films.data()), *expected = fresh.forward(6, films.data());
  CHECK(std::equal(views, views + 2 * 6 * 8, expected));
  CHECK(std::any_of(views, views + 2 * 6 * 8, [](double value) { return value != 0; }));
}

TEST_CASE("the backward pass of waves is the transpose of the forward pass, summed over the members") {
  const auto check = [](auto projector, std::ptrdiff_t sample, std::ptrdiff_t view, int members, int batch) {
    const auto samples = support::normals(batch * sample, 1);
    const auto gradients = support::normals(members * batch * view, 2);
    auto result = support::poison<double>(batch * sample);
    const double* views = projector.forward(batch, samples.data());
    double forward = 0, backward = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) forward += views[i] * gradients[i];
    projector.backward(batch, gradients.data(), result.data());
    for (std::size_t i = 0; i < samples.size(); ++i) backward += result[i] * samples[i];
    CHECK(std::abs(forward) > 0.1);
    CHECK(backward == doctest::Approx(forward).epsilon(1e-10));
  };
  check(waves<Waves, SmallFilm>(3, 4), SmallFilm::size, Waves::OutputOf<SmallFilm>::size, 3, 5);
  check(waves<projection::WavesInWindows<4, 2, Still, Change>, SmallFilm>(3, 4), SmallFilm::size, 32, 3, 5);
  check(waves<projection::FilmWaves, paper::Film>(2, 4), paper::Film::size, 48 * 28, 2, 1);
}

TEST_CASE("waves are fixed by the seed, the stream and the member, and say what they are") {
  auto two = waves<OneKind, SmallFilm>(2, 4), three = waves<OneKind, SmallFilm>(3, 4),
       other = waves<OneKind, SmallFilm>(2, 5);
  CHECK(filter_of(two, 1, 3) == filter_of(three, 1, 3));
  CHECK(filter_of(two, 1, 3) != filter_of(other, 1, 3));
  CHECK(projection::FilmWaves::description() ==
        "RandomWaves, 16 of up to 3 half waves, taps over time 0 1 0, taps over time -3 3 0, taps over time 6 -12 6");
  CHECK(
      projection::WavesInWindows<16, 3, projection::TimeTaps<1>>::description() ==
      "WavesInWindows, 16 of up to 3 half waves, every second in a window of 15 % of the sides, of up to 6, taps over "
      "time 1");
  CHECK(arch::SeriesDiscriminator<8, DiscriminatorNorm::batch>::description() ==
        "SeriesDiscriminator, widths / 8, batch norm");
}

TEST_CASE("the gradients of an ensemble of series discriminators agree with finite differences") {
  using Ensemble = ProjectedDiscriminatorEnsemble<3, projection::FilmWaves, arch::SeriesDiscriminator<64>, Double>;
  support::check_ensemble<Ensemble>(2, Mode::training, LogitRole::generator, 1);
}
