#include "run_numbers.hpp"

#include "networks.hpp"

#include <zoetrope/core/error.hpp>

#include <algorithm>

namespace program {

namespace {

template <class T>
void replace(T& value, const std::optional<T>& given) {
  if (given) value = *given;
}

void replace(StageRun& run, const StageNumbers& numbers, std::uint64_t films) {
  replace(run.batch_size, numbers.batch_size);
  replace(run.discriminators, numbers.discriminators);
  replace(run.optimizer, numbers.optimizer);
  replace(run.generator_learning_rate, numbers.generator_learning_rate);
  replace(run.discriminator_learning_rate, numbers.discriminator_learning_rate);
  replace(run.learning_rate_decay, numbers.learning_rate_decay);
  replace(run.weight_average, numbers.weight_average);
  replace(run.spectral_norm, numbers.spectral_norm);
  replace(run.steps, numbers.steps);
  if (numbers.epochs)
    run.steps = std::max<std::uint64_t>(1, *numbers.epochs * films / static_cast<std::uint64_t>(run.batch_size));
}

} // namespace

Run with_data(Run run, const RunNumbers& numbers) {
  replace(run.balls, numbers.balls);
  replace(run.films, numbers.films);
  const FilesNumbers& given = numbers.files;
  if (!run.files) {
    if (!given.path) return run;
    run.files.emplace();
  }
  FilesRun& files = *run.files;
  if (given.path) {
    zoetrope::require(!given.path->empty(), "expected the path of films, got nothing");
    files.path = std::filesystem::absolute(*given.path).string();
  }
  replace(files.crop, given.crop);
  replace(files.stride, given.stride);
  replace(files.frames_per_second, given.frames_per_second);
  replace(files.axes, given.axes);
  replace(files.dataset, given.dataset);
  if (!given.range.empty()) files.range = given.range;
  files.mirrored = files.mirrored || given.mirrored;
  files.skip_bad = files.skip_bad || given.skip_bad;
  return run;
}

Run with_numbers(Run run, const RunNumbers& numbers) {
  replace(run.seed, numbers.seed);
  replace(run.checkpoint_every, numbers.checkpoint_every);
  replace(run.checkpoint_minutes, numbers.checkpoint_minutes);
  replace(run.frames_learn_on, numbers.frames_learn_on);
  const bool judged = judges_frames(run);
  if (numbers.width_divisor) run = with_width(run, *numbers.width_divisor);
  if (numbers.networks && numbers.width_divisor) run.variant = *numbers.networks;
  if (numbers.networks && !numbers.width_divisor) run = with_networks(run, *numbers.networks);
  // Frames that nobody judges blur: only who asks for it has them learn on. Where somebody does, they are to learn.
  if (const bool judge = judges_frames(run); judge != judged && !numbers.frames_learn_on) run.frames_learn_on = judge;
  // Epochs are of the films that the run now has.
  replace(run.frames, numbers.frames, run.films);
  replace(run.sequences, numbers.sequences, run.films);
  return run;
}

} // namespace program
