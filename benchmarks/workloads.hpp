/// @file
/// What the benchmarks train, in types: the paper's four networks at the widths of the example's presets, so that
/// others can race the same; the presets' own film discriminators see waves and cost less.
#pragma once

#include "work.hpp"

#include <zoetrope/zoetrope.hpp>

namespace zoetrope::benchmarks {

template <int FrameDivisor, int SequenceDivisor, int Members, DiscriminatorNorm Norm, class SequenceArch,
          class FrameOptimizerOf, int FrameBatch, int FilmBatch, class B>
struct Workload {
  static constexpr int members = Members, frame_batch = FrameBatch, film_batch = FilmBatch;
  static constexpr int frame_divisor = FrameDivisor, sequence_divisor = SequenceDivisor;

  using FrameG = Generator<arch::DcganFrame<FrameDivisor>, B>;
  using SequenceG = Generator<SequenceArch, B>;
  using FrameD = ProjectedDiscriminatorEnsemble<run_time_count, projection::PaperFrame,
                                                arch::FrameDiscriminator<FrameDivisor, Norm>, B>;
  using FilmD = ProjectedDiscriminatorEnsemble<run_time_count, projection::PaperFilm,
                                               arch::FilmDiscriminator<SequenceDivisor, Norm>, B>;
  using FrameOptimizer = FrameOptimizerOf;
  using FrameTrainer = TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, SumObjective, FrameOptimizer>;
  using SequenceTrainer = TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, SumObjective, RmsProp>;

  template <class Optimizer>
  static TrainingSettings<Optimizer> settings() {
    const Optimizer optimizer{.learning_rate = 1e-4};
    return {.seed = 1,
            .frames = {~0ull, frame_batch, members, optimizer, optimizer},
            .sequences = {~0ull, film_batch, members, optimizer, optimizer}};
  }

  static double frame_step_flops(CountLinks links) {
    return step_flops<FrameG, FrameD>({.batch = frame_batch, .members = members, .generations = 2}, links);
  }
  static double sequence_step_flops(CountLinks links) {
    return step_flops<SequenceG, FilmD>(
        {.batch = film_batch, .members = members, .behind = 30 * network_work<FrameG>(links).all(), .film = true},
        links);
  }
};

template <class B>
using DemoOn =
    Workload<8, 8, 4, DiscriminatorNorm::batch, arch::BiLstmSequence<8, 128, LatentOutput::scaled>, Adam, 32, 16, B>;
template <class B>
using CpuOn =
    Workload<4, 8, 8, DiscriminatorNorm::batch, arch::BiLstmSequence<8, 128, LatentOutput::scaled>, RmsProp, 64, 16, B>;
/// The paper's networks and batches, but for the number of discriminators: 2, not 48 and 16.
template <class B>
using PaperOn = Workload<1, 1, 2, DiscriminatorNorm::none, arch::BiLstmSequence<>, RmsProp, 64, 8, B>;

using Demo = DemoOn<DefaultBackend>;
using Cpu = CpuOn<DefaultBackend>;
using Paper = PaperOn<DefaultBackend>;

} // namespace zoetrope::benchmarks
