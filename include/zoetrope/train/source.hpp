/// @file
/// Where a stage's generated samples come from, and where their gradients go: the frame generator alone, or the
/// sequence generator through the frame generator, which is frozen or learns on.
#pragma once

#include "zoetrope/gan/generator.hpp"

namespace zoetrope {

/// Makes samples from latents in the backend's layout and trains on their gradient, which the caller writes to
/// sample_gradient(): that may be the samples' own memory. Its learners are what this stage trains.
template <class S>
concept SampleSource = SampleShape<typename S::Latent> && SampleShape<typename S::Sample> && detail::HasLearners<S> &&
    requires(S& source, int batch, const typename S::Scalar* x) {
  { source.forward(batch, x) } -> std::same_as<const typename S::Scalar*>;
  { source.sample_gradient() } -> std::same_as<typename S::Scalar*>;
  source.backward(batch);
};

/// Stage one: G_F learns.
template <SampleGenerator FrameG>
class FrameSource {
public:
  using Latent = typename FrameG::Input;
  using Sample = typename FrameG::Output;
  using BackendType = typename FrameG::BackendType;
  using Scalar = typename FrameG::Scalar;

  explicit FrameSource(FrameG& generator) : generator_(generator) {}

  const Scalar* forward(int batch, const Scalar* latents) { return generator_.forward(batch, latents, Mode::training); }
  Scalar* sample_gradient() { return generator_.sample_gradient(); }
  void backward(int batch) { generator_.backward_to_parameters(batch); }
  template <class Visit>
  void visit_learners(const Visit& visit) {
    generator_.visit_learners(visit);
  }

private:
  FrameG& generator_;
};

namespace detail {
template <int Length, class Frame>
struct FramesInARow;
template <int Length, int Channels, int... Sizes>
struct FramesInARow<Length, Shape<Channels, Sizes...>> {
  using type = Shape<Channels, Length, Sizes...>;
};
/// The shape of the films of @p SequenceG through @p FrameG.
template <class SequenceG, class FrameG>
using FilmOf = typename FramesInARow<static_cast<int>(SequenceG::Output::positions), typename FrameG::Output>::type;
} // namespace detail

/// Whether the frame generator learns in films too.
enum class FrameWeights { frozen, learning };

/// Whether beside each film stands a frame of the prior: what G_F draws of the film's own latent, which has the shape
/// of a frame's. It is there, and judged, whether G_F learns or not.
enum class PriorFrames { none, beside_films };

/// Stage two: G_V learns, every latent of its sequences is decoded by G_F. Where that is frozen not a byte of it
/// changes; where it learns on it is one more learner, called frames_name. Its batch norm sees frames of the prior, if
/// there are some, in one batch with those of films, so that its running statistics do for both.
template <SampleGenerator SequenceG, SampleGenerator FrameG, PriorFrames Prior = PriorFrames::none>
class FilmSource {
  static_assert(SequenceG::Output::rank == 1 && FrameG::Input::rank == 0 &&
                    SequenceG::Output::channels == FrameG::Input::channels,
                "the sequence generator's output is a sequence of the frame generator's latents");
  static_assert(Prior == PriorFrames::none || std::is_same_v<typename SequenceG::Input, typename FrameG::Input>,
                "frames of the prior are drawn of films' latents, so both generators take latents of the same shape");
  static constexpr int beside = Prior == PriorFrames::none ? 0 : 1;
  static constexpr int steps = static_cast<int>(SequenceG::Output::positions);
  static constexpr int length = steps + beside; ///< frames of a sample

public:
  using Latent = typename SequenceG::Input;
  using Sample = typename detail::FramesInARow<length, typename FrameG::Output>::type;
  using BackendType = typename SequenceG::BackendType;
  using Scalar = typename SequenceG::Scalar;
  static constexpr const char* frames_name = "frame_generator";

  /// Throws Error where @p frames is to learn and cannot.
  FilmSource(SequenceG& sequences, FrameG& frames, FrameWeights weights = FrameWeights::frozen)
      : sequences_(sequences), frames_(frames), learns_(weights == FrameWeights::learning) {
    require(!learns_ || detail::TakesGradientsInFilms<FrameG>, "the frame generator '", frames.description(),
            "' cannot learn in films: it has no backward_to_parameters_and_latents()");
  }

  const Scalar* forward(int batch, const Scalar* latents) {
    auto& backend = sequences_.backend();
    const Scalar* sequence = sequences_.forward(batch, latents, Mode::training);
    if constexpr (beside > 0) {
      frame_latents_.resize(static_cast<std::size_t>(batch * length * FrameG::Input::size));
      backend.append_positions(batch, steps, beside, FrameG::Input::channels, sequence, latents, frame_latents_.data());
      sequence = frame_latents_.data();
    }
    // In every backend a sequence is also a batch of length * batch latents.
    const Scalar* frames = frames_.forward(length * batch, sequence, learns_ ? Mode::training : Mode::frozen);
    films_.resize(static_cast<std::size_t>(batch * Sample::size));
    backend.frames_to_films(length, batch, positions, FrameG::Output::channels, frames, films_.data());
    return films_.data();
  }
  /// Overwrites the films.
  Scalar* sample_gradient() { return films_.data(); }
  void backward(int batch) {
    auto& backend = sequences_.backend();
    backend.films_to_frames(length, batch, positions, FrameG::Output::channels, films_.data(),
                            frames_.sample_gradient());
    const Scalar* latent_gradient = backward_through_frames(length * batch);
    backend.first_positions(batch, steps, beside, FrameG::Input::channels, latent_gradient,
                            sequences_.sample_gradient());
    sequences_.backward_to_parameters(batch);
  }
  template <class Visit>
  void visit_learners(const Visit& visit) {
    sequences_.visit_learners(visit);
    if (learns_)
      frames_.visit_learners([&](const std::string& inner, Learner<BackendType>& learner) {
        visit(joined_name(frames_name, inner), learner);
      });
  }
  /// Throws Error where the frame generator, which may be none of the learners, was neither initialised nor loaded.
  void check_values() const { require_values("a frame generator", frames_); }

private:
  static constexpr std::ptrdiff_t positions = FrameG::Output::positions;

  const Scalar* backward_through_frames(int batch) {
    if constexpr (detail::TakesGradientsInFilms<FrameG>)
      if (learns_) return frames_.backward_to_parameters_and_latents(batch);
    return frames_.backward_to_latents(batch);
  }

  SequenceG& sequences_;
  FrameG& frames_;
  bool learns_;
  typename BackendType::Buffer films_;
  typename BackendType::Buffer frame_latents_; ///< of films and the prior, where both are drawn
};

} // namespace zoetrope
