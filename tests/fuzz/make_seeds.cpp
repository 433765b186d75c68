// Writes the seeds that the library itself can write: make_seeds tests/fuzz/seeds. The others are fixtures of older
// formats and files by hand.
#include "settings.hpp"
#include "unit/train/tiny_trainer.hpp"
#include "zoetrope/backend/cudnn/plan_cache.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/train/observers.hpp"

#include <iostream>

using namespace zoetrope;

int main(int argument_count, char** arguments) try {
  require(argument_count == 2, "expected the folder of the seeds");
  const std::filesystem::path folder = arguments[1];
  for (const char* parser : {"safetensors", "checkpoint", "generator", "run_settings", "losses", "plan_cache"})
    std::filesystem::create_directories(folder / parser);

  const std::vector<float> floats{1, 2};
  const std::vector<double> doubles{3, 4};
  const std::vector<Half> halves{to_half(5), to_half(6)};
  const std::int64_t count = 7;
  const std::vector<std::uint8_t> bytes{8, 9, 10};
  SafetensorsWriter writer;
  writer.set_metadata("note", "a seed");
  writer.add<float>("bias", {2}, floats);
  writer.add<double>("weight", {1, 2}, doubles);
  writer.add<Half>("half", {2, 1}, halves);
  writer.add<std::int64_t>("count", {}, std::span(&count, 1));
  writer.add<std::uint8_t>("bytes", {3}, bytes);
  writer.add<float>("none", {0, 4}, std::span<const float>());
  writer.write(folder / "safetensors" / "every_type.safetensors");

  using Trainer = TwoStageTrainer<test::TinyFrameG<>, test::TinySequenceG<>, test::TinyFrameD<>, test::TinySequenceD<>,
                                  SumObjective, test::Optimizer>;
  Trainer trainer(test::tiny_settings());
  trainer.train_frames(test::tiny_balls,
                       [](const StepReport& report) { return report.step == 2 ? Flow::stop : Flow::carry_on; });
  trainer.save(folder / "checkpoint" / "frames.safetensors");
  LossTable table(folder / "losses" / "run.csv");
  trainer.train_frames(test::tiny_balls, std::ref(table));
  trainer.train_sequences(test::tiny_balls, std::ref(table));
  LossTable diverse(folder / "losses" / "diversity.csv", {}, LossColumns::with_diversity);
  constexpr double losses[] = {1.5, 0.25};
  for (const std::uint64_t step : {1, 2, 3}) {
    if (step == 2) diverse.note_diversity(0.97);
    diverse({step < 3 ? "frames" : "sequences", step < 3 ? step : 1, 2, losses, losses});
  }
  trainer.save(folder / "checkpoint" / "sequences.safetensors", {{"by", "make_seeds"}});
  save_generator(folder / "generator" / "exact.safetensors", trainer.frame_generator());
  save_generator(folder / "generator" / "half.safetensors", trainer.frame_generator(), {{"note", "a seed"}},
                 StoredWeights::half);

  const program::StageRun stage{1000, 16, 4, "rmsprop", 3e-4, 1e-4};
  program::Run balls{.preset = "demo",
                     .balls = 1,
                     .films = 100'000,
                     .width_divisor = 8,
                     .variant = "stable",
                     .seed = 10,
                     .checkpoint_every = 200,
                     .frames = stage,
                     .sequences = stage};
  write_text(folder / "run_settings" / "balls.json", program::to_text(balls));
  program::Run films = balls;
  films.balls = 0;
  films.sizes = {3, 16, 32, 48};
  films.files = {
      .path = "/films", .crop = "borders", .stride = 2, .frames_per_second = 12.5, .axes = "tfhw", .range = {0, 1}};
  write_text(folder / "run_settings" / "films.json", program::to_text(films));
  cudnn::PlanCache plans(folder / "plan_cache" / "plans.json", "a GPU");
  plans.put("forward", R"({"engine": 7})");
  plans.put("backward", R"({"engine": 8})");
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
