#include "settings.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/train/settings.hpp>

#include <nlohmann/json.hpp>

#include <limits>

namespace bouncing_balls {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StageRun, steps, batch_size, discriminators, optimizer, generator_learning_rate,
                                   discriminator_learning_rate)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Run, preset, balls, films, width_divisor, variant, seed, checkpoint_every,
                                   checkpoint_minutes, frames_given, frames, sequences)

namespace {

/// The smallest that learns well: a few minutes on two cores.
Run demo() {
  return {.preset = "demo",
          .balls = 1,
          .films = 100'000,
          .width_divisor = 8,
          .variant = "stable",
          .seed = 10,
          .checkpoint_every = 200,
          .frames = {2000, 32, 4, "adam", 1e-3, 1e-3},
          .sequences = {1200, 16, 4, "rmsprop", 2e-4, 1e-4}};
}

/// Three balls at a quarter of the paper's widths: about an hour on two cores.
Run cpu() {
  return {.preset = "cpu",
          .balls = 3,
          .films = 100'000,
          .width_divisor = 4,
          .variant = "stable",
          .seed = 10,
          .checkpoint_every = 200,
          .frames = {8000, 64, 8, "rmsprop", 3e-4, 3e-4},
          .sequences = {8500, 16, 8, "rmsprop", 2e-4, 1e-4}};
}

/// Three balls at half the paper's widths: as much as ten minutes of an H100 are thought to allow.
Run gpu() {
  return {.preset = "gpu",
          .balls = 3,
          .films = 100'000,
          .width_divisor = 2,
          .variant = "stable",
          .seed = 10,
          .checkpoint_minutes = 2,
          .frames = {40'000, 64, 16, "rmsprop", 3e-4, 3e-4},
          .sequences = {30'000, 16, 16, "rmsprop", 2e-4, 1e-4}};
}

/// Every number of the paper (section 4): weeks on a CPU.
Run paper() {
  const auto config = zoetrope::paper_settings();
  const auto stage = [](const auto& settings, int discriminators) {
    return StageRun{settings.steps,
                    settings.batch_size,
                    discriminators,
                    "rmsprop",
                    settings.generator_optimizer.learning_rate,
                    settings.discriminator_optimizer.learning_rate};
  };
  return {.preset = "paper",
          .balls = 3,
          .films = 100'000,
          .width_divisor = 1,
          .variant = "paper",
          .seed = config.seed,
          .checkpoint_minutes = 10,
          .frames = stage(config.frames, zoetrope::default_frame_discriminators),
          .sequences = stage(config.sequences, zoetrope::default_film_discriminators)};
}

} // namespace

std::vector<std::string> preset_names() { return {"demo", "cpu", "gpu", "paper"}; }

std::string listed(const std::vector<std::string>& names, const std::string& last_word) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " " + last_word + " ") + names[i];
  return text;
}

Run preset(const std::string& name) {
  for (const auto& run : {demo(), cpu(), gpu(), paper()})
    if (run.preset == name) return run;
  zoetrope::fail("expected preset ", listed(preset_names(), "or"), ", got '", name, "'");
}

std::string to_text(const Run& run) { return nlohmann::json(run).dump(); }

Run parse_run(const std::string& text, const std::string& path) {
  const std::string where = "in '" + path + "'";
  // The conversion to a number makes one of another kind or size fit.
  const auto check_kind = [&](const nlohmann::json& fields, const char* name, std::uint64_t most) {
    const auto& field = fields.at(name);
    zoetrope::require(field.is_number_unsigned() && field.get<std::uint64_t>() <= most, where,
                      ": expected a whole number up to ", most, " as the run's '", name, "', got ",
                      field.dump().substr(0, 40));
  };
  constexpr std::uint64_t max_int = std::numeric_limits<int>::max(),
                          max_long = std::numeric_limits<std::uint64_t>::max();
  try {
    const Run unsaid;
    nlohmann::json fields{{"checkpoint_minutes", unsaid.checkpoint_minutes}, {"frames_given", unsaid.frames_given}};
    fields.update(nlohmann::json::parse(text));
    for (const char* name : {"balls", "width_divisor"}) check_kind(fields, name, max_int);
    for (const char* name : {"films", "seed", "checkpoint_every"}) check_kind(fields, name, max_long);
    for (const char* stage : {"frames", "sequences"}) {
      for (const char* name : {"batch_size", "discriminators"}) check_kind(fields.at(stage), name, max_int);
      check_kind(fields.at(stage), "steps", max_long);
    }
    return fields.get<Run>();
  } catch (const nlohmann::json::exception& error) {
    zoetrope::fail(where, ": the settings of the run cannot be read: ", error.what());
  }
}

} // namespace bouncing_balls
