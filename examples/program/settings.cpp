#include "settings.hpp"

#include <zoetrope/core/error.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace program {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StageRun, steps, batch_size, discriminators, optimizer, generator_learning_rate,
                                   discriminator_learning_rate)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FilmSizes, channels, length, height, width)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FilesRun, path, crop, stride, frames_per_second, mirrored, skip_bad, axes, dataset,
                                   range)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Run, preset, balls, films, width_divisor, variant, seed, checkpoint_every,
                                   checkpoint_minutes, frames_given, frames, sequences)

namespace {

/// Of runs that say nothing of it, as all did before it could be chosen.
double unsaid_decay(const std::string& variant) { return variant == "films" ? 0.5 : 0; }

} // namespace

std::string listed(const std::vector<std::string>& names, const std::string& last_word) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " " + last_word + " ") + names[i];
  return text;
}

std::string to_text(const Run& run) {
  nlohmann::json fields(run);
  // What most runs do not need, so that their files are as they always were.
  if (run.sizes != FilmSizes{}) fields["sizes"] = run.sizes;
  if (run.files) fields["files"] = *run.files;
  if (run.frames_learn_on) fields["frames_learn_on"] = true;
  if (run.sequences_given) fields["sequences_given"] = true;
  for (const auto& [name, stage] : {std::pair("frames", &run.frames), std::pair("sequences", &run.sequences)}) {
    if (stage->learning_rate_decay != unsaid_decay(run.variant))
      fields[name]["learning_rate_decay"] = stage->learning_rate_decay;
    if (stage->weight_average != 0) fields[name]["weight_average"] = stage->weight_average;
    if (stage->spectral_norm != 0) fields[name]["spectral_norm"] = stage->spectral_norm;
  }
  try {
    return fields.dump();
  } catch (const nlohmann::json::exception&) {
    zoetrope::fail("the path '", run.files ? run.files->path : "", "' is not UTF-8, in which a run remembers it");
  }
}

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
    Run run = fields.get<Run>();
    for (const auto& [name, stage] : {std::pair("frames", &run.frames), std::pair("sequences", &run.sequences)}) {
      stage->learning_rate_decay = fields.at(name).value("learning_rate_decay", unsaid_decay(run.variant));
      stage->weight_average = fields.at(name).value("weight_average", 0.0);
      stage->spectral_norm = fields.at(name).value("spectral_norm", 0.0);
    }
    run.frames_learn_on = fields.value("frames_learn_on", false);
    run.sequences_given = fields.value("sequences_given", false);
    if (fields.contains("sizes")) {
      for (const char* name : {"channels", "length", "height", "width"}) check_kind(fields.at("sizes"), name, max_int);
      run.sizes = fields.at("sizes").get<FilmSizes>();
    }
    if (fields.contains("files")) {
      check_kind(fields.at("files"), "stride", max_int);
      run.files = fields.at("files").get<FilesRun>();
    }
    return run;
  } catch (const nlohmann::json::exception& error) {
    zoetrope::fail(where, ": the settings of the run cannot be read: ", error.what());
  }
}

} // namespace program
