// Learning rates that a schedule changes, in steps that are recorded once and then repeated.

#include "backends/host_device.hpp"
#include "unit/train/tiny_trainer.hpp"

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

using B = support::CudnnOnHost<>;

/// An objective that looks at the losses, so that no step is recorded.
struct SumOnceKnown {
  void weigh(std::span<const double> losses, std::span<double> weights) const { SumObjective{}.weigh(losses, weights); }
  static std::string description() { return SumObjective::description(); }
};

template <class O>
using Trainer = TwoStageTrainer<TinyFrameG<B>, TinySequenceG<B>, TinyFrameD<B>, TinySequenceD<B>, O, test::Optimizer,
                                NonSaturating, LinearDecay>;

/// A run's losses and its last state: frames with Adam, sequences with RMSprop.
template <class Trainer, class Settings>
std::pair<std::vector<double>, std::string> run(const Settings& settings) {
  Trainer trainer(settings);
  Losses losses;
  train_all(trainer, std::ref(losses));
  return {losses.values, state_of(trainer)};
}

} // namespace

TEST_CASE("a recorded step has the rate of the step that it repeats, whichever the optimizer") {
  auto settings = tiny_settings(LinearDecay{.last_part = 0.9, .final_factor = 0.1});
  settings.frames.steps = settings.sequences.steps = 7;
  const int before = support::HostDevice::graphs_launched;
  const auto recorded = run<Trainer<SumObjective>>(settings);
  CHECK(support::HostDevice::graphs_launched == before + 2 * 6); // all but the first step of either stage
  const auto repeated = run<Trainer<SumOnceKnown>>(settings);
  CHECK(support::HostDevice::graphs_launched == before + 2 * 6);
  CHECK(recorded.first == repeated.first);
  CHECK((recorded.second == repeated.second));

  settings.frames.schedule.final_factor = settings.sequences.schedule.final_factor = 1;
  CHECK(run<Trainer<SumObjective>>(settings).first != recorded.first);
}
