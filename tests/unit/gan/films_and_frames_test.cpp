// Discriminators of films and of single frames in one ensemble: what each of them sees, and where gradients go.

#include "support/gradient_check.hpp"
#include "unit/train/tiny_networks.hpp"
#include "zoetrope/gan/films_and_frames.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

using B = backend::Eigen<double>;
template <int K>
using FilmD = ProjectedDiscriminatorEnsemble<K, TinyFilmProjection, TinyFilmDiscriminator, B>;
using FrameD = ProjectedDiscriminatorEnsemble<3, TinyFrameProjection, TinyFrameDiscriminator, B>;
using Both = FilmsAndFrames<FilmD<2>, FrameD>;
static_assert(DiscriminatorEnsemble<Both> && judges_frames_beside<Both> && !judges_frames_beside<FilmD<2>> &&
              Both::static_count == 2 && Both::mixes_samples);
static_assert(std::is_same_v<Both::Sample, FilmAndFrame<FilmD<2>::Sample>>);

constexpr int time_steps = 4, batch = 3;
constexpr int judged = 3; // two of each film, so that three films have all four times, and that beside it
constexpr std::ptrdiff_t positions = TinyFrameDiscriminator::Sample::positions;
const NonSaturating non_saturating;
constexpr SampleRange all{batch, 0, batch};
constexpr std::uint64_t seed = 3;

std::vector<double> some_films() { return support::normals(batch * Both::Sample::size, 1); }

/// What film discriminators see of films [time][position][film].
std::vector<double> without_frames_beside(const std::vector<double>& films) {
  return {films.begin(), films.end() - batch * positions};
}

/// The frames of films [time][position][film] that are judged: of film b those at times b and b + 3, and that beside
/// it.
std::vector<double> chosen_frames(const std::vector<double>& films) {
  std::vector<double> frames;
  for (std::ptrdiff_t position = 0; position < positions; ++position)
    for (std::ptrdiff_t film = 0; film < batch; ++film)
      for (const std::ptrdiff_t time : {film, (film + 3) % time_steps, std::ptrdiff_t{time_steps}})
        frames.push_back(films[static_cast<std::size_t>((time * positions + position) * batch + film)]);
  return frames;
}

/// What it is only an object can say.
struct Numbered : FrameD {
  using FrameD::FrameD;
  int number = 7;
  [[nodiscard]] std::string description() const { return "number " + std::to_string(number); }
};

template <class E>
E initialized(Stream weights, Stream projections) {
  E ensemble;
  ensemble.initialize(seed, weights, projections);
  return ensemble;
}

} // namespace

TEST_CASE("films are judged as by film discriminators alone, and frames of them as by frame discriminators alone") {
  auto both = initialized<Both>(Stream::sequence_discriminator_weights, Stream::sequence_projections);
  auto films_alone = initialized<FilmD<2>>(Stream::sequence_discriminator_weights, Stream::sequence_projections);
  auto frames_alone = initialized<FrameD>(Stream::frame_discriminator_weights, Stream::frame_projections);
  const auto films = some_films(), frames = chosen_frames(films);
  std::vector<double> found(5), expected(5);
  both.forward(batch, films.data(), Mode::training);
  both.losses(non_saturating, LogitRole::real, all, found.data());
  const auto without = without_frames_beside(films);
  films_alone.forward(batch, without.data(), Mode::training);
  films_alone.losses(non_saturating, LogitRole::real, all, expected.data());
  frames_alone.forward(judged * batch, frames.data(), Mode::training);
  frames_alone.losses(non_saturating, LogitRole::real, {judged * batch, 0, judged * batch}, expected.data() + 2);
  CHECK(both.count() == 5);
  CHECK(found == expected);
  CHECK(std::set<double>(found.begin(), found.end()).size() == 5);
}

TEST_CASE("the gradients of film and frame discriminators together agree with finite differences") {
  Both both;
  both.initialize(seed, Stream::user, Stream::sequence_projections);
  support::initialize(both.films().network(), 5);
  support::initialize(both.frames().network(), 6);
  auto films = some_films();
  const std::vector<double> weights{0.5, 1.5, 2.5, 0.75, 1.25};
  std::vector<double> losses(5);
  const std::function<double()> loss = [&] {
    both.forward(batch, films.data(), Mode::training);
    both.losses(non_saturating, LogitRole::generator, all, losses.data());
    return std::inner_product(losses.begin(), losses.end(), weights.begin(), 0.0);
  };
  const auto begin_backward = [&] {
    loss();
    both.loss_gradient(non_saturating, LogitRole::generator, all, weights.data());
  };
  begin_backward();
  both.backward_to_parameters(batch);
  std::vector<std::vector<double>> gradients;
  both.visit_learners([&](const std::string&, Learner<B>& learner) {
    gradients.emplace_back(learner.gradients().data(), learner.gradients().data() + learner.gradients().size());
  });
  begin_backward();
  auto sample_gradient = support::poison<double>(std::ssize(films));
  both.backward_to_samples(batch, sample_gradient.data());
  support::check_gradient("the films", loss, films.data(), sample_gradient.data(), std::ssize(films),
                          support::narrow_step);
  support::check_parameters(both.films().network(), gradients[0], loss, support::narrow_step);
  support::check_parameters(both.frames().network(), gradients[1], loss, support::narrow_step);

  // Possibly over the samples, as every ensemble.
  begin_backward();
  both.backward_to_samples(batch, films.data());
  CHECK(films == sample_gradient);
}

TEST_CASE("a batch of any number of films has a frame of every time step judged, and those beside films") {
  for (int films = 1; films <= 2 * time_steps; ++films) {
    CAPTURE(films);
    Both both;
    both.initialize(seed, Stream::user, Stream::sequence_projections);
    both.forward(films, support::normals(films * Both::Sample::size, 1).data(), Mode::evaluation);
    std::vector<double> losses(5), weights{0, 0, 1, 1, 1};
    both.losses(non_saturating, LogitRole::generator, {films, 0, films}, losses.data());
    both.loss_gradient(non_saturating, LogitRole::generator, {films, 0, films}, weights.data());
    std::vector<double> gradient(static_cast<std::size_t>(films * Both::Sample::size));
    both.backward_to_samples(films, gradient.data());
    for (int time = 0; time <= time_steps; ++time) {
      const auto first = gradient.begin() + time * positions * films;
      CHECK(std::any_of(first, first + positions * films, [](double value) { return value != 0; }));
    }
  }
}

TEST_CASE("learners and what is fixed have names of their own, and only film discriminators are to be bounded") {
  Both both;
  std::vector<std::string> learners, bounded, fixed;
  const auto names = [](std::vector<std::string>& into) {
    return [&into](const std::string& name, auto&, auto&...) { into.push_back(name); };
  };
  both.visit_learners(names(learners));
  both.visit_bounded_learners(names(bounded));
  both.visit_fixed([&](const std::string& name, auto&, const auto&) { fixed.push_back(name); });
  CHECK(learners == std::vector<std::string>{"of_films", "of_frames"});
  CHECK(bounded == std::vector<std::string>{"of_films"});
  CHECK(fixed == std::vector<std::string>{"of_films.projections", "of_frames.projections"});
  CHECK(both.description() ==
        FilmD<2>::description() + "; and of frames, one beside each film too, 3 " + FrameD::description());
  CHECK(FilmsAndFrames<FilmD<2>, Numbered>().description() ==
        FilmD<2>::description() + "; and of frames, one beside each film too, 3 number 7");
}

TEST_CASE("the number of discriminators that is chosen is that of films") {
  using AnyNumber = FilmsAndFrames<FilmD<run_time_count>, FrameD>;
  static_assert(AnyNumber::static_count == run_time_count);
  AnyNumber ensemble(4);
  CHECK(ensemble.films().count() == 4);
  CHECK(ensemble.frames().count() == 3);
  CHECK(ensemble.count() == 7);
}

TEST_CASE("frame discriminators of any number are as many as those of films") {
  using AnyFrameD = ProjectedDiscriminatorEnsemble<run_time_count, TinyFrameProjection, TinyFrameDiscriminator, B>;
  FilmsAndFrames<FilmD<run_time_count>, AnyFrameD> chosen(4);
  CHECK(chosen.films().count() == 4);
  CHECK(chosen.frames().count() == 4);
  CHECK(FilmsAndFrames<FilmD<2>, AnyFrameD>().frames().count() == 2);
}
