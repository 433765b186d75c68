/// @file
/// A trainer for films of any kind. The paper's settings were made for bouncing balls, and do not carry over:
/// docs/films.md has the trials.
///
/// Opt-in: zoetrope.hpp does not include it.
#pragma once

#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/settings.hpp"
#include "zoetrope/train/trainer.hpp"

namespace zoetrope {

/// The paper's networks with their widths divided, but for what other films than balls need: samples are judged four at
/// a time, frames seen at every pixel, by discriminators of half the generators' share of widths, which win less
/// easily, and G_V stays where G_F has learnt.
template <FilmShape FilmType, int FrameDivisor = 8, int SequenceDivisor = 8>
struct FilmNetworks {
  using Film = FilmType;
  using Frame = FrameOf<Film>;
  /// Batches are multiples of it.
  static constexpr int samples_together = 4;

  using FrameGenerator = arch::DcganFrame<FrameDivisor, paper::latent, Frame>;
  using SequenceGenerator =
      arch::BiLstmSequence<SequenceDivisor, 128, LatentOutput::normalized, paper::latent, film_length<Film>>;
  /// A projection of stride 2 hides a grid of period 2, which transposed convolutions are prone to.
  using FrameProjection =
      projection::Packed<projection::UnitNormConvolution<Extents<3, 3>, Extents<1, 1>, Extents<1, 1>>,
                         samples_together>;
  using FrameDiscriminator =
      arch::FrameDiscriminator<2 * FrameDivisor, DiscriminatorNorm::batch, Frame, FrameProjection>;
  using FilmProjection = projection::Packed<projection::PaperFilm, samples_together>;
  using FilmDiscriminator =
      arch::FilmDiscriminator<2 * SequenceDivisor, DiscriminatorNorm::batch, Film, FilmProjection>;
  /// Rates fall to 0 over the second half of a stage, so that generators settle.
  using Schedule = LinearDecay;
};

/// Trains these networks, with film_settings() or others.
template <FilmShape Film, int FrameDivisor = 8, int SequenceDivisor = 8, Backend B = DefaultBackend,
          class Networks = FilmNetworks<Film, FrameDivisor, SequenceDivisor>>
using FilmTrainer =
    TwoStageTrainer<Generator<typename Networks::FrameGenerator, B>, Generator<typename Networks::SequenceGenerator, B>,
                    ProjectedDiscriminatorEnsemble<run_time_count, typename Networks::FrameProjection,
                                                   typename Networks::FrameDiscriminator, B>,
                    ProjectedDiscriminatorEnsemble<run_time_count, typename Networks::FilmProjection,
                                                   typename Networks::FilmDiscriminator, B>,
                    SumObjective, OptimizerChoice<RmsProp, Adam>, DefaultLoss, typename Networks::Schedule>;

} // namespace zoetrope
