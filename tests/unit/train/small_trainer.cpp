#include "unit/train/small_trainer.hpp"

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/train/trainer.hpp"

namespace zoetrope::test {

namespace {

using FrameG = Generator<arch::DcganFrame<64>>;
using SequenceG = Generator<arch::BiLstmSequence<64, 8, LatentOutput::scaled>>;
using FrameD = ProjectedDiscriminatorEnsemble<run_time_count, projection::PaperFrame,
                                              arch::FrameDiscriminator<64, DiscriminatorNorm::batch>>;
using FilmD = ProjectedDiscriminatorEnsemble<run_time_count, projection::PaperFilm,
                                             arch::FilmDiscriminator<64, DiscriminatorNorm::batch>>;

constexpr BouncingBalls<1> balls{.seed = 5, .films = 100};

std::vector<float> copy_of(const DefaultBackend::Buffer& buffer) {
  return {buffer.data(), buffer.data() + buffer.size()};
}

Flow call(const Watch& watch, const StepReport& report) { return watch ? watch(report) : Flow::carry_on; }

} // namespace

void SmallData::film(std::uint64_t index, std::span<float> out) const {
  balls.film(index, out);
  if (change) change(index, out);
}
void SmallData::frame(std::uint64_t index, int time, std::span<float> out) const {
  balls.frame(index, time, out);
  if (change) change(index, out);
}

void SumOrAverage::weigh(std::span<const double> losses, std::span<double> weights) const {
  if (average)
    AverageObjective{}.weigh(losses, weights);
  else
    SumObjective{}.weigh(losses, weights);
}

struct SmallTrainer::Impl {
  using Trainer = TwoStageTrainer<FrameG, SequenceG, FrameD, FilmD, SumOrAverage, Optimizer>;
  Impl(const Settings& settings, SumOrAverage objective) : trainer(settings, objective) {}
  Trainer trainer;
  static_assert(!std::is_move_constructible_v<Trainer>, "its stages refer to its generators");
};

SmallTrainer::SmallTrainer(const Settings& settings, SumOrAverage objective)
    : impl_(std::make_unique<Impl>(settings, objective)) {}
SmallTrainer::~SmallTrainer() = default;

bool SmallTrainer::train_frames(const SmallData& data, const Watch& watch, const Watch& second) {
  return impl_->trainer.train_frames(
      data, [&](const StepReport& report) { return call(watch, report); },
      [&](const StepReport& report) { return call(second, report); });
}
bool SmallTrainer::train_sequences(const SmallData& data, const Watch& watch) {
  return impl_->trainer.train_sequences(data, [&](const StepReport& report) { return call(watch, report); });
}
void SmallTrainer::begin_sequences() { impl_->trainer.begin_sequences(); }
void SmallTrainer::begin_sequences_from(const std::filesystem::path& path, const std::string& prefix) {
  impl_->trainer.begin_sequences_from(path, prefix);
}
bool SmallTrainer::train(const Watch& watch) {
  return (sequence_steps() > 0 || train_frames({}, watch)) && train_sequences({}, watch);
}
std::uint64_t SmallTrainer::frame_steps() const { return impl_->trainer.frame_steps(); }
std::uint64_t SmallTrainer::sequence_steps() const { return impl_->trainer.sequence_steps(); }

void SmallTrainer::save(const std::filesystem::path& path, const std::map<std::string, std::string>& notes) {
  impl_->trainer.save(path, notes);
}
void SmallTrainer::load(const std::filesystem::path& path) { impl_->trainer.load(path); }
std::string SmallTrainer::state() {
  const TemporaryFolder folder;
  save(folder / "state");
  return read_bytes(folder / "state");
}

void SmallTrainer::save_frame_generator(const std::filesystem::path& path,
                                        const std::map<std::string, std::string>& notes, bool in_16_bits) {
  save_generator(path, impl_->trainer.frame_generator(), notes,
                 in_16_bits ? StoredWeights::half : StoredWeights::exact);
}
void SmallTrainer::save_sequence_generator(const std::filesystem::path& path) {
  save_generator(path, impl_->trainer.sequence_generator());
}
void SmallTrainer::load_frame_generator(const std::filesystem::path& path, const std::string& prefix) {
  load_generator(SafetensorsFile(path), impl_->trainer.frame_generator(), prefix);
}
void SmallTrainer::load_sequence_generator(const std::filesystem::path& path) {
  load_generator(path, impl_->trainer.sequence_generator());
}

std::vector<float> SmallTrainer::sample(int count, std::optional<std::uint64_t> seed) {
  return impl_->trainer.sample_films(count, seed);
}
std::vector<float> SmallTrainer::sample_frames(int count, std::optional<std::uint64_t> seed) {
  return impl_->trainer.sample_frames(count, seed);
}
std::vector<float> SmallTrainer::frame_generator_parameters() {
  return copy_of(impl_->trainer.frame_generator().network().parameters());
}
std::vector<float> SmallTrainer::frame_generator_statistics() {
  return copy_of(impl_->trainer.frame_generator().network().statistics());
}
std::vector<float> SmallTrainer::frame_generator_gradients() {
  return copy_of(impl_->trainer.frame_generator().network().gradients());
}

void edit_file(const std::filesystem::path& from, const std::filesystem::path& to, const Edit& edit) {
  const SafetensorsFile file(from);
  SafetensorsWriter writer;
  for (const auto& [key, value] : file.metadata())
    if (key != checksum_key && key != edit.without_metadata) writer.set_metadata(key, value);
  for (const auto& [key, value] : edit.metadata) writer.set_metadata(key, value);
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<double>> doubles;
  std::vector<std::int64_t> counts;
  floats.reserve(file.names().size());
  doubles.reserve(file.names().size());
  counts.reserve(file.names().size());
  const float one = 1;
  const std::int64_t whole = 1;
  if (!edit.added_tensor.empty()) writer.add<float>(edit.added_tensor, {1}, std::span(&one, 1));
  if (!edit.added_count.empty()) writer.add<std::int64_t>(edit.added_count, {1}, std::span(&whole, 1));
  for (const auto& name : file.names()) {
    if (name == edit.without_tensor) continue;
    const auto found = edit.renamed_tensor.find(name);
    const std::string new_name = edit.prefix + (found == edit.renamed_tensor.end() ? name : found->second);
    const auto changed = edit.changed_value.find(name);
    if (file.type(name) == ElementType::i64) {
      const auto& kept =
          counts.emplace_back(changed == edit.changed_value.end() ? file.tensor<std::int64_t>(name)[0]
                                                                  : static_cast<std::int64_t>(changed->second));
      writer.add<std::int64_t>(new_name, file.shape(name), std::span(&kept, 1));
      continue;
    }
    const auto old = file.tensor<float>(name);
    if (name == edit.double_tensor) {
      auto& values = doubles.emplace_back(old.begin(), old.end());
      if (changed != edit.changed_value.end()) values[0] = changed->second;
      writer.add<double>(new_name, file.shape(name), values);
      continue;
    }
    auto& values = floats.emplace_back(old.begin(), old.end());
    if (changed != edit.changed_value.end()) values[0] = static_cast<float>(changed->second);
    auto shape = file.shape(name);
    if (name == edit.multiplied_tensor)
      for (auto& value : values) value *= 1e9f;
    if (name == edit.longer_tensor) {
      values.push_back(0);
      shape = {static_cast<std::int64_t>(values.size())};
    }
    writer.add<float>(new_name, shape, values);
  }
  writer.write(to);
}

} // namespace zoetrope::test
