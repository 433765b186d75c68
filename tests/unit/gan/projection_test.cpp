#include "support/numbers.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace zoetrope;

namespace {

using Backend64 = backend::Eigen<double>;
using Frame = Shape<1, 30, 30>;
using Film = Shape<1, 30, 30, 30>;
using Colours = Shape<3, 30, 30>;

static_assert(std::is_same_v<projection::PaperFrame::OutputOf<Frame>, Shape<1, 15, 15>>);
static_assert(std::is_same_v<projection::PaperFilm::OutputOf<Film>, Shape<1, 30, 9, 9>>);
static_assert(std::is_same_v<projection::Identity::OutputOf<Film>, Film>);
static_assert(ProjectionFor<projection::PaperFrame, Frame, Backend64>);
static_assert(ProjectionFor<projection::PaperFrame, Colours, Backend64>);
static_assert(ProjectionFor<projection::PaperFilm, Film, backend::Eigen<float>>);
static_assert(ProjectionFor<projection::Identity, Shape<7>, Backend64>);
static_assert(!ProjectionFor<projection::PaperFrame, int, Backend64>);
static_assert(!ProjectionFor<projection::PaperFrame, Frame, int>);
static_assert(!ProjectionFor<int, Frame, Backend64>);
static_assert(!ProjectionFor<Frame, Frame, Backend64>);
static_assert(std::is_same_v<projection::Packed<projection::PaperFilm, 3>::OutputOf<Film>, Shape<3, 30, 9, 9>>);
static_assert(std::is_same_v<projection::Packed<projection::Identity, 2>::OutputOf<Colours>, Shape<6, 30, 30>>);
static_assert(ProjectionFor<projection::Packed<projection::PaperFrame, 2>, Colours, Backend64>);
static_assert(samples_together<projection::PaperFrame> == 1 &&
              samples_together<projection::Packed<projection::PaperFrame, 4>> == 4);
static_assert(std::is_same_v<projection::FilmInMotion::OutputOf<Film>, Shape<1, 28, 9, 9>>);
static_assert(ProjectionFor<projection::FilmInMotion, Film, Backend64>);
static_assert(ProjectionFor<projection::Packed<projection::FilmInMotion, 2>, Film, Backend64>);
struct HalfTaps {
  static constexpr std::array<double, 3> values{0, 0.5, 0};
};
static_assert(projection::FilterOverTime<projection::TimeTaps<-1, 1>> && !projection::FilterOverTime<int> &&
              !projection::FilterOverTime<HalfTaps>);
struct Nameless : projection::PaperFrame {
  static void description();
};
static_assert(!ProjectionFor<Nameless, Frame, Backend64>);

template <class Policy, class Sample>
auto projector(int members, std::uint64_t seed, Stream stream = Stream::frame_projections) {
  typename Policy::template Projector<Sample, Backend64> result(std::make_shared<Backend64>(), members);
  result.initialize(seed, stream);
  return result;
}

/// [tap, channel][member] of the one convolution that works for all members.
template <class Projector>
std::vector<double> filter(Projector& projector, int members, int member) {
  std::vector<double> result;
  for (std::size_t i = 0; i < projector.weights().size(); i += static_cast<std::size_t>(members))
    result.push_back(projector.weights().data()[i + static_cast<std::size_t>(member)]);
  return result;
}

double dot(const double* a, const double* b, std::ptrdiff_t size) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

/// Both directions are linear, and each is the other's transpose: <views, P x> = <P' views, x>, the sum over members.
template <class Policy, class Sample>
void check_transpose(int members, int batch) {
  using View = typename Policy::template OutputOf<Sample>;
  auto p = projector<Policy, Sample>(members, 4);
  const int more_samples = batch + samples_together<Policy>;
  const auto more = support::poison<double>(more_samples * Sample::size * members);
  auto sample_gradient = support::poison<double>(more_samples * Sample::size);
  p.forward(more_samples, more.data());
  p.backward(more_samples, more.data(), sample_gradient.data());
  const auto samples = support::normals(batch * Sample::size, 1);
  const std::ptrdiff_t view_count = members * (batch / samples_together<Policy>)*View::size;
  const auto gradients = support::normals(view_count, 2);
  const double forward = dot(p.forward(batch, samples.data()), gradients.data(), view_count);
  p.backward(batch, gradients.data(), sample_gradient.data());
  const double backward = dot(sample_gradient.data(), samples.data(), batch * Sample::size);
  CHECK(std::abs(forward) > 0.1);
  CHECK(std::abs(forward - backward) <= 1e-10 * std::abs(forward));
}

} // namespace

TEST_CASE("a projection's backward pass is the transpose of its forward pass, summed over the members") {
  check_transpose<projection::PaperFrame, Frame>(3, 5);
  check_transpose<projection::PaperFrame, Frame>(19, 2);
  check_transpose<projection::PaperFrame, Colours>(5, 2);
  check_transpose<projection::PaperFilm, Film>(3, 1);
  check_transpose<projection::FilmInMotion, Film>(4, 1);
  check_transpose<projection::Identity, Shape<3, 5, 7>>(3, 5);
  check_transpose<projection::Packed<projection::PaperFrame, 3>, Colours>(5, 6);
  check_transpose<projection::Packed<projection::Identity, 2>, Shape<3, 5, 7>>(3, 4);
}

TEST_CASE("projection filters have norm 1 and differ between members") {
  const int members = 7;
  auto frames = projector<projection::PaperFrame, Frame>(members, 4);
  auto colours = projector<projection::PaperFrame, Colours>(members, 4);
  for (int member = 0; member < members; ++member) {
    const auto grey = filter(frames, members, member), colour = filter(colours, members, member);
    CHECK(grey.size() == 64);
    CHECK(colour.size() == 3 * 64);
    CHECK(std::sqrt(dot(grey.data(), grey.data(), 64)) == doctest::Approx(1).epsilon(1e-12));
    CHECK(std::sqrt(dot(colour.data(), colour.data(), 192)) == doctest::Approx(1).epsilon(1e-12));
    if (member > 0) CHECK(std::abs(dot(grey.data(), filter(frames, members, member - 1).data(), 64)) < 0.9);
  }
}

TEST_CASE("projection filters are fixed by the seed, the stream and the member") {
  auto two = projector<projection::PaperFrame, Frame>(2, 4), three = projector<projection::PaperFrame, Frame>(3, 4),
       other = projector<projection::PaperFrame, Frame>(2, 5),
       stream = projector<projection::PaperFrame, Frame>(2, 4, Stream::sequence_projections);
  for (const int member : {0, 1}) {
    CHECK(filter(two, 2, member) == filter(three, 3, member));
    CHECK(filter(two, 2, member) != filter(other, 2, member));
    CHECK(filter(two, 2, member) != filter(stream, 2, member));
  }
}

TEST_CASE("the identity shows every member the sample itself") {
  auto p = projector<projection::Identity, Shape<3, 5>>(4, 1);
  const auto samples = support::normals(2 * 15, 1);
  const double* views = p.forward(2, samples.data());
  for (std::ptrdiff_t member = 0; member < 4; ++member)
    CHECK(std::equal(samples.begin(), samples.end(), views + member * 30));
  CHECK(p.weights().size() == 0);
}

TEST_CASE("packed views are those of neighbours, whose channels follow each other, and say so") {
  using Packed = projection::Packed<projection::PaperFrame, 2>;
  const int members = 3, batch = 4;
  auto apart = projector<projection::PaperFrame, Frame>(members, 4);
  auto packed = projector<Packed, Frame>(members, 4);
  const auto samples = support::normals(batch * Frame::size, 1);
  const double *one = apart.forward(batch, samples.data()), *together = packed.forward(batch, samples.data());
  const std::ptrdiff_t positions = 15 * 15;
  for (std::ptrdiff_t row = 0; row < members * positions; ++row)
    for (int sample = 0; sample < batch; ++sample) {
      const int pack = sample / 2, channel = sample % 2;
      REQUIRE(together[(row * 2 + pack) * 2 + channel] == one[row * batch + sample]);
    }
  CHECK(Packed::description() == projection::PaperFrame::description() + ", 2 samples together");
  CHECK(packed.weights().size() == apart.weights().size());
}

TEST_CASE("of projections over time a third see frames, a third changes and a third changes of changes") {
  const int members = 7, steps = 30, view = 81;
  auto still = projector<projection::PaperFilm, Film>(members, 4);
  auto moving = projector<projection::FilmInMotion, Film>(members, 4);
  for (int member = 0; member < members; ++member) {
    const auto values = filter(moving, members, member);
    REQUIRE(values.size() == 3 * 64);
    CHECK(std::sqrt(dot(values.data(), values.data(), 192)) == doctest::Approx(1).epsilon(1e-12));
  }
  const auto film = support::normals(Film::size, 1);
  const double *frames = still.forward(1, film.data()), *views = moving.forward(1, film.data());
  // Views of all members by PaperFilm, with the same filters over space, tell what each kind sees of them.
  for (std::ptrdiff_t member = 0; member < members; ++member)
    for (std::ptrdiff_t step = 1; step + 1 < steps; ++step)
      for (std::ptrdiff_t i = 0; i < view; ++i) {
        const auto seen = [&](std::ptrdiff_t time) { return frames[(member * steps + time) * view + i]; };
        const double expected = member % 3 == 0   ? seen(step)
                                : member % 3 == 1 ? (seen(step) - seen(step - 1)) / std::sqrt(2)
                                                  : (seen(step - 1) - 2 * seen(step) + seen(step + 1)) / std::sqrt(6);
        REQUIRE(views[(member * (steps - 2) + step - 1) * view + i] == doctest::Approx(expected).epsilon(1e-9));
      }
}

TEST_CASE("projections over time say so") {
  CHECK(projection::FilmInMotion::description() ==
        "UnitNormConvolution, kernel 3x8x8, stride 1x3x3, padding 0x2x2, taps over time 0 1 0, taps over time -1 1 0, "
        "taps over time 1 -2 1");
  CHECK(projection::PaperFilm::description() == "UnitNormConvolution, kernel 1x8x8, stride 1x3x3, padding 0x2x2");
}
