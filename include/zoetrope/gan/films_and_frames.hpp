/// @file
/// Discriminators of films and of single frames in one ensemble, for a frame generator that learns on in films. Not of
/// the paper.
#pragma once

#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/gan/ensemble.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace zoetrope {

/// @p FilmD judges films, @p FrameD single frames: of each film's steps some, from other times for each film of a
/// batch, so many that the batch has one of every time step; and the frame beside each film. Of real samples that is
/// any frame of the data set, of generated ones one of the prior (PriorFrames). So a G_F that learns in films has to
/// please all three: it moves things as films want it and forgets neither how a frame looks nor how the prior is drawn.
/// Of a batch of as many films as these have steps, or more, half of the frames are the prior's.
///
/// It is made with a number of film discriminators; those of frames, FrameD's own number or, where that is
/// run_time_count, as many, are beside them and behind them in count() and in losses. A bound on spectral norms is for
/// film discriminators alone.
template <DiscriminatorEnsemble FilmD, DiscriminatorEnsemble FrameD>
requires FilmShape<typename FilmD::Sample>
class FilmsAndFrames {
  static_assert(std::is_same_v<FrameOf<typename FilmD::Sample>, typename FrameD::Sample>,
                "the frame discriminators judge frames of the shape that the film discriminators' films have");
  static_assert(std::is_same_v<typename FilmD::BackendType, typename FrameD::BackendType>,
                "film and frame discriminators work on the same backend");
  static_assert(zoetrope::samples_together<FrameD> == 1, "beside films single frames are judged, not packs of them");

public:
  using Sample = FilmAndFrame<typename FilmD::Sample>;
  using BackendType = typename FilmD::BackendType;
  using Scalar = typename FilmD::Scalar;
  static constexpr int static_count = FilmD::static_count;
  /// Real and generated films are two batches, so that frames of both are from the same times.
  static constexpr bool mixes_samples = true;
  static constexpr int samples_together = zoetrope::samples_together<FilmD>;
  static constexpr bool judges_frames_beside = true;

  explicit FilmsAndFrames(int film_count, std::shared_ptr<BackendType> backend = std::make_shared<BackendType>())
      : films_(film_count, backend),
        frames_(FrameD::static_count == run_time_count ? film_count : FrameD::static_count, backend),
        backend_(std::move(backend)) {}
  explicit FilmsAndFrames(std::shared_ptr<BackendType> backend = std::make_shared<BackendType>()) requires(
      static_count != run_time_count)
      : FilmsAndFrames(static_count, std::move(backend)) {}

  [[nodiscard]] int count() const { return films_.count() + frames_.count(); }

  /// Frame discriminators begin as those of a frame stage with this seed.
  void initialize(std::uint64_t seed, Stream weights, Stream projections) {
    films_.initialize(seed, weights, projections);
    frames_.initialize(seed, Stream::frame_discriminator_weights, Stream::frame_projections);
  }

  void forward(int batch, const Scalar* samples, Mode mode) {
    Scalar* frames = grow(chosen_, static_cast<std::size_t>(frame_count(batch) * FrameD::Sample::size));
    backend_->pick_frames(choice(batch), batch, FrameD::Sample::positions, FrameD::Sample::channels, samples, frames);
    films_.forward(batch, films_in(batch, samples), mode);
    frames_.forward(frame_count(batch), frames, mode);
  }
  template <LogitLoss Loss>
  void losses(const Loss& loss, LogitRole role, const SampleRange& samples, double* results) {
    films_.losses(loss, role, samples, results);
    frames_.losses(loss, role, frames_of(samples), results + films_.count());
  }
  template <LogitLoss Loss>
  void loss_gradient(const Loss& loss, LogitRole role, const SampleRange& samples, const double* weights) {
    films_.loss_gradient(loss, role, samples, weights);
    frames_.loss_gradient(loss, role, frames_of(samples), weights + films_.count());
  }
  void backward_to_parameters(int batch) {
    films_.backward_to_parameters(batch);
    frames_.backward_to_parameters(frame_count(batch));
  }
  void backward_to_samples(int batch, Scalar* sample_gradient) {
    Scalar* film_gradient = BackendType::positions_are_outermost ? sample_gradient : films_alone_.data();
    films_.backward_to_samples(batch, film_gradient);
    backend_->append_positions(batch, FilmD::Sample::positions, FrameD::Sample::positions, Sample::channels,
                               film_gradient, nullptr, sample_gradient);
    // The chosen frames' memory is free by now, as samples' is.
    frames_.backward_to_samples(frame_count(batch), chosen_.data());
    backend_->add_frames(choice(batch), batch, FrameD::Sample::positions, FrameD::Sample::channels, chosen_.data(),
                         sample_gradient);
  }

  [[nodiscard]] std::string description() const {
    return films_.description() + "; and of frames, one beside each film too, " + std::to_string(frames_.count()) +
           " " + frames_.description();
  }
  template <class Visit>
  void visit_learners(const Visit& visit) {
    visit_bounded_learners(visit);
    frames_.visit_learners([&](const std::string& inner, Learner<BackendType>& learner) {
      visit(joined_name("of_frames", inner), learner);
    });
  }
  /// Those that a bound on spectral norms is for.
  template <class Visit>
  void visit_bounded_learners(const Visit& visit) {
    films_.visit_learners([&](const std::string& inner, Learner<BackendType>& learner) {
      visit(joined_name("of_films", inner), learner);
    });
  }
  template <class Visit>
  void visit_fixed(const Visit& visit) {
    const auto visit_as = [&visit](const char* name) {
      return
          [&visit, name](const std::string& inner, typename BackendType::Buffer& buffer,
                         const std::vector<LocatedBlock>& blocks) { visit(joined_name(name, inner), buffer, blocks); };
    };
    films_.visit_fixed(visit_as("of_films"));
    frames_.visit_fixed(visit_as("of_frames"));
  }

  [[nodiscard]] FilmD& films() { return films_; }
  [[nodiscard]] FrameD& frames() { return frames_; }

private:
  static FrameChoice choice(int batch) {
    constexpr int length = film_length<typename FilmD::Sample>;
    return {.time = length, .each = (length + batch - 1) / batch, .beside = 1};
  }
  static int frame_count(int batch) { return batch * choice(batch).count(); }
  static SampleRange frames_of(const SampleRange& films) {
    const int count = choice(films.batch).count();
    return {count * films.batch, count * films.first, count * films.count};
  }
  /// The films without the frames beside them.
  const Scalar* films_in(int batch, const Scalar* samples) {
    if constexpr (BackendType::positions_are_outermost) return samples;
    Scalar* films = grow(films_alone_, static_cast<std::size_t>(batch * FilmD::Sample::size));
    backend_->first_positions(batch, FilmD::Sample::positions, FrameD::Sample::positions, Sample::channels, samples,
                              films);
    return films;
  }

  FilmD films_;
  FrameD frames_;
  std::shared_ptr<BackendType> backend_;
  typename BackendType::Buffer chosen_;      ///< frames, then their gradient
  typename BackendType::Buffer films_alone_; ///< then their gradient, where positions are not outermost
};

} // namespace zoetrope
