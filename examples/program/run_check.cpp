#include "run_check.hpp"

#include "networks.hpp"
#include "presets.hpp"
#include "this_program.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/train/settings.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace program {

namespace {

/// Of a text in a message, whatever a file says.
constexpr std::size_t shown = 40;

} // namespace

void check_run(const Run& run, const std::string& where) {
  const auto check_whole = [&](const std::string& what, auto value, std::uint64_t least, std::uint64_t most) {
    zoetrope::require(std::cmp_greater_equal(value, least) && std::cmp_less_equal(value, most), where, ": expected ",
                      what, " from ", least, " to ", most, ", got ", value);
  };
  const auto check_name = [&](const std::string& what, const std::string& name, const std::vector<std::string>& names) {
    zoetrope::require(std::find(names.begin(), names.end(), name) != names.end(), where, ": expected ", what, " ",
                      listed(names, "or"), ", got '", name.substr(0, shown), "'");
  };
  check_data(run, where);
  check_name("preset", run.preset, known_presets());
  std::vector<std::string> variants;
  int samples_together = 1;
  for (const auto& width : networks()) {
    if (width.divisor != run.width_divisor) continue;
    variants.emplace_back(width.variant);
    if (width.variant == run.variant) samples_together = width.samples_together;
  }
  check_whole("films", run.films, 1, max_films);
  check_name("width divisor", std::to_string(run.width_divisor), width_divisors());
  check_name("networks", run.variant, variants);
  check_whole("steps between checkpoints", run.checkpoint_every, 0, max_steps);
  zoetrope::require(run.checkpoint_minutes >= 0 && std::isfinite(run.checkpoint_minutes), where,
                    ": expected 0 or more minutes between checkpoints, got ", run.checkpoint_minutes);
  zoetrope::require(run.checkpoint_every > 0 || run.checkpoint_minutes > 0, where,
                    ": expected checkpoints every so many steps or minutes, got 0 for both");
  for (const auto& [name, stage] : {std::pair("frame ", run.frames), std::pair("sequence ", run.sequences)}) {
    const std::string of_stage = name;
    check_whole(of_stage + "steps", stage.steps, 1, max_steps);
    check_whole(of_stage + "batch", stage.batch_size, 2, max_batch_size);
    zoetrope::require(stage.batch_size % samples_together == 0, where, ": expected a ", of_stage,
                      "batch that is a multiple of ", samples_together,
                      ", since discriminators judge so many samples at once, got ", stage.batch_size);
    check_whole(of_stage + "discriminators", stage.discriminators, 1, max_discriminators);
    check_name(of_stage + "optimizer", stage.optimizer, {"rmsprop", "adam"});
    for (const double rate : {stage.generator_learning_rate, stage.discriminator_learning_rate})
      zoetrope::require(std::isfinite(rate) && rate > 0, where, ": expected positive ", of_stage,
                        "learning rates, got ", rate);
    zoetrope::require(stage.learning_rate_decay >= 0 && stage.learning_rate_decay < 1, where, ": expected a ", of_stage,
                      "learning rate decay of at least 0 and below 1, got ", stage.learning_rate_decay);
    zoetrope::require(stage.weight_average >= 0 && stage.weight_average < 1, where, ": expected a ", of_stage,
                      "weight average of at least 0 and below 1, got ", stage.weight_average);
    zoetrope::require(zoetrope::is_bound_on_norms(stage.spectral_norm), where, ": expected a ", of_stage,
                      "spectral norm from 1e-6 to 1e6, or 0, got ", stage.spectral_norm);
  }
}

} // namespace program
