/// @file
/// A trainer for films of any kind. The paper's settings were made for bouncing balls, and do not carry over:
/// docs/films.md has the trials.
///
/// Opt-in: zoetrope.hpp does not include it, and it does not include a backend, which is zoetrope.hpp's or
/// zoetrope/backend/cudnn.hpp's.
#pragma once

#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/film_settings.hpp"
#include "zoetrope/train/trainer.hpp"

namespace zoetrope {

/// The paper's networks with their widths divided, but for what other films than balls need: samples are judged four at
/// a time, frames seen without a gap, by discriminators of half the generators' share of widths, which win less easily,
/// and G_V stays where G_F has learnt.
template <FilmShape FilmType, int FrameDivisor = 8, int SequenceDivisor = 8>
struct FilmNetworks {
  using Film = FilmType;
  using Frame = FrameOf<Film>;
  using Views = FilmViews<Film>;

  using FrameGenerator = arch::DcganFrame<FrameDivisor, paper::latent, Frame>;
  using SequenceGenerator =
      arch::BiLstmSequence<SequenceDivisor, 128, LatentOutput::normalized, paper::latent, film_length<Film>>;
  using FrameProjection = projection::Packed<
      projection::UnitNormConvolution<Extents<Views::frame_rows.kernel, Views::frame_columns.kernel>,
                                      Extents<Views::frame_rows.stride, Views::frame_columns.stride>,
                                      Extents<Views::frame_rows.padding, Views::frame_columns.padding>>,
      Views::samples_together>;
  using FrameDiscriminator =
      arch::FrameDiscriminator<2 * FrameDivisor, DiscriminatorNorm::batch, Frame, FrameProjection>;
  using FilmProjection = projection::Packed<
      projection::UnitNormConvolution<Extents<1, Views::film_rows.kernel, Views::film_columns.kernel>,
                                      Extents<1, Views::film_rows.stride, Views::film_columns.stride>,
                                      Extents<0, Views::film_rows.padding, Views::film_columns.padding>>,
      Views::samples_together>;
  using FilmDiscriminator =
      arch::FilmDiscriminator<2 * SequenceDivisor, DiscriminatorNorm::batch, Film, FilmProjection>;
  /// Rates fall to 0 over the second half of a stage, so that generators settle.
  using Schedule = LinearDecay;
};

/// Trains these networks, with film_settings<Film>() or others.
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
