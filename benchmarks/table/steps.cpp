// One whole training step of either stage, the making of its data included.

#include "../workloads.hpp"
#include "measure.hpp"

#include <memory>

namespace zoetrope::benchmarks {

namespace {

template <class W>
void add_steps_of(const std::string& widths) {
  // Stopped after every step, the trainer makes one a call.
  const auto one_step = [](const StepReport&) { return Flow::stop; };
  add({.name = "step/" + widths + "/frames",
       .flops = W::frame_step_flops(nominal_links),
       .memory = frame_stage_memory<W>(),
       .prepare = [=]() -> Work {
         using Trainer = typename W::FrameTrainer;
         auto trainer = std::make_shared<Trainer>(W::template settings<typename W::FrameOptimizer>());
         return [=] { trainer->train_frames(BouncingBalls<1>{}, one_step); };
       }});
  add({.name = "step/" + widths + "/sequences",
       .flops = W::sequence_step_flops(nominal_links),
       .memory = sequence_stage_memory<W>(),
       .prepare = [=]() -> Work {
         auto trainer = std::make_shared<typename W::SequenceTrainer>(W::template settings<RmsProp>());
         trainer->begin_sequences();
         return [=] { trainer->train_sequences(BouncingBalls<1>{}, one_step); };
       }});
}

} // namespace

void add_steps() {
  add_steps_of<Demo>("demo");
  add_steps_of<Cpu>("cpu");
  add_steps_of<Paper>("paper, K 2");
  using Bf16Backend = backend::Eigen<float, Bf16>;
  add_steps_of<DemoOn<Bf16Backend>>("demo, bf16");
  add_steps_of<PaperOn<Bf16Backend>>("paper, K 2, bf16");
}

} // namespace zoetrope::benchmarks
