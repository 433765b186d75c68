#include "session.hpp"

#include <zoetrope/zoetrope.hpp>

#include <algorithm>

namespace bouncing_balls {
namespace {

/// Calls @p use with BouncingBalls<balls>.
template <int Balls = 1, class Use>
void with_balls(const AnyBalls& any, const Use& use) {
  if (any.balls == Balls) {
    use(zoetrope::BouncingBalls<Balls>{.seed = any.seed, .films = any.films});
  } else if constexpr (Balls < AnyBalls::most_balls) {
    with_balls<Balls + 1>(any, use);
  } else {
    zoetrope::fail("expected 1 to ", AnyBalls::most_balls, " balls, got ", any.balls);
  }
}

using Optimizer = zoetrope::OptimizerChoice<zoetrope::RmsProp, zoetrope::Adam>;

Optimizer make_optimizer(const std::string& name, double learning_rate) {
  if (name == "adam") return {zoetrope::Adam{.learning_rate = learning_rate, .beta1 = 0.5, .beta2 = 0.999}};
  return {zoetrope::RmsProp{.learning_rate = learning_rate}};
}

zoetrope::StageSettings<Optimizer> stage_settings(const StageRun& run) {
  return {.steps = run.steps,
          .batch_size = run.batch_size,
          .discriminators = run.discriminators,
          .generator_optimizer = make_optimizer(run.optimizer, run.generator_learning_rate),
          .discriminator_optimizer = make_optimizer(run.optimizer, run.discriminator_learning_rate)};
}

template <int WidthDivisor, class FrameArch, class SequenceArch, zoetrope::DiscriminatorNorm Norm>
class SessionOf final : public Session {
  using FrameG = zoetrope::Generator<FrameArch>;
  using SequenceG = zoetrope::Generator<SequenceArch>;
  using FrameD = zoetrope::ProjectedDiscriminatorEnsemble<zoetrope::run_time_count, zoetrope::projection::PaperFrame,
                                                          zoetrope::arch::FrameDiscriminator<WidthDivisor, Norm>>;
  using SequenceD = zoetrope::ProjectedDiscriminatorEnsemble<zoetrope::run_time_count, zoetrope::projection::PaperFilm,
                                                             zoetrope::arch::VideoDiscriminator<WidthDivisor, Norm>>;
  using Trainer = zoetrope::TwoStageTrainer<FrameG, SequenceG, FrameD, SequenceD, zoetrope::SumObjective, Optimizer>;

public:
  explicit SessionOf(const Run& run)
      : notes_{{run_key, to_text(run)}},
        trainer_({.seed = run.seed, .frames = stage_settings(run.frames), .sequences = stage_settings(run.sequences)}) {
  }

  bool train_frames(const AnyBalls& data, const Watch& watch) override { return trainer_.train_frames(data, watch); }
  bool train_sequences(const AnyBalls& data, const Watch& watch) override {
    return trainer_.train_sequences(data, watch);
  }
  std::uint64_t frame_steps() const override { return trainer_.frame_steps(); }
  std::uint64_t sequence_steps() const override { return trainer_.sequence_steps(); }
  void save_checkpoint(const std::filesystem::path& path) override { trainer_.save(path, notes_); }
  void load_checkpoint(const zoetrope::SafetensorsFile& file) override { trainer_.load(file); }
  void save_frame_generator(const std::filesystem::path& path) override {
    auto notes = notes_;
    notes["output"] = "tanh";
    zoetrope::save_generator(path, trainer_.frame_generator(), notes);
  }
  void save_sequence_generator(const std::filesystem::path& path) override {
    auto notes = notes_;
    notes["output"] = Norm == zoetrope::DiscriminatorNorm::none ? "tanh" : "scaled 3";
    zoetrope::save_generator(path, trainer_.sequence_generator(), notes);
  }
  void load_frame_generator(const zoetrope::SafetensorsFile& file) override {
    zoetrope::load_generator(file, trainer_.frame_generator());
  }
  void load_sequence_generator(const zoetrope::SafetensorsFile& file) override {
    zoetrope::load_generator(file, trainer_.sequence_generator());
  }
  std::vector<float> sample_frames(int count, std::uint64_t seed) override {
    return trainer_.sample_frames(count, seed);
  }
  std::vector<float> sample_films(int count, std::uint64_t seed) override { return trainer_.sample(count, seed); }

private:
  std::map<std::string, std::string> notes_;
  Trainer trainer_;
};

/// The paper's networks as they are.
template <int WidthDivisor>
std::unique_ptr<Session> make_session_of_paper(const Run& run) {
  using namespace zoetrope;
  return std::make_unique<SessionOf<WidthDivisor, arch::DcganFrame<WidthDivisor>, arch::BiLstmSequence<WidthDivisor>,
                                    DiscriminatorNorm::none>>(run);
}

/// Batch norm in the discriminators, latents that reach all of the prior, and an LSTM of at least 128: what narrow
/// networks and few discriminators need to learn.
template <int WidthDivisor>
std::unique_ptr<Session> make_session_of_stable(const Run& run) {
  using namespace zoetrope;
  constexpr int hidden = std::max(128, 256 / WidthDivisor);
  return std::make_unique<
      SessionOf<WidthDivisor, arch::DcganFrame<WidthDivisor>,
                arch::BiLstmSequence<WidthDivisor, hidden, LatentOutput::scaled>, DiscriminatorNorm::batch>>(run);
}

struct Width {
  int divisor;
  const char* variant;
  std::unique_ptr<Session> (*make)(const Run&);
};

// All in one file: what their trainers share, the backend and the files, compiles once.
constexpr Width widths[] = {{1, "paper", make_session_of_paper<1>},
                            {4, "stable", make_session_of_stable<4>},
                            {8, "stable", make_session_of_stable<8>}};

} // namespace

void AnyBalls::film(std::uint64_t index, std::span<float> out) const {
  with_balls(*this, [&](const auto& data) { data.film(index, out); });
}

void AnyBalls::frame(std::uint64_t index, int time, std::span<float> out) const {
  with_balls(*this, [&](const auto& data) { data.frame(index, time, out); });
}

std::vector<int> width_divisors() {
  std::vector<int> divisors;
  for (const auto& width : widths) divisors.push_back(width.divisor);
  return divisors;
}

Run with_width(Run run, int divisor) {
  for (const auto& width : widths) {
    if (width.divisor != divisor) continue;
    run.width_divisor = divisor;
    run.variant = width.variant;
    return run;
  }
  zoetrope::fail("expected width divisor 1, 4 or 8, got ", divisor);
}

std::unique_ptr<Session> make_session(const Run& run) {
  for (const auto& width : widths)
    if (width.divisor == run.width_divisor && width.variant == run.variant) return width.make(run);
  zoetrope::fail("this program has no networks of width divisor ", run.width_divisor, " and variant '", run.variant,
                 "'");
}

} // namespace bouncing_balls
