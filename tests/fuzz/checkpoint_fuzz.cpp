// TwoStageTrainer::load() takes all of a checkpoint or changes nothing.
#include "fuzz.hpp"
#include "mend_checksum.hpp"
#include "unit/train/tiny_trainer.hpp"

#include <memory>

using namespace zoetrope;

namespace {

using Trainer = TwoStageTrainer<test::TinyFrameG<>, test::TinySequenceG<>, test::TinyFrameD<>, test::TinySequenceD<>,
                                SumObjective, test::Optimizer>;

std::vector<float> parameters_of(Trainer& trainer) {
  std::vector<float> all;
  const auto add = [&](const auto& buffer) { all.insert(all.end(), buffer.data(), buffer.data() + buffer.size()); };
  add(trainer.frame_generator().network().parameters());
  add(trainer.sequence_generator().network().parameters());
  return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input;
  static std::unique_ptr<Trainer> trainer;
  if (!trainer) {
    set_thread_count(1);
    trainer = std::make_unique<Trainer>(test::tiny_settings());
  }
  const auto before = parameters_of(*trainer);
  const auto frames = trainer->frame_steps(), sequences = trainer->sequence_steps();
  if (fuzz::accepts([&] { trainer->load(input.with(bytes, size)); })) {
    // A checkpoint of the frame stage is refused from now on.
    if (trainer->sequence_steps() > 0) trainer = nullptr;
    return 0;
  }
  const auto after = parameters_of(*trainer);
  fuzz::expect(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)) == 0 &&
                   frames == trainer->frame_steps() && sequences == trainer->sequence_steps(),
               "a checkpoint that is refused changes nothing");
  return 0;
}
