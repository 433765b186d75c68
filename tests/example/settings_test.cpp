#include "networks.hpp"
#include "presets.hpp"
#include "run_check.hpp"
#include "run_numbers.hpp"
#include "settings.hpp"

#include <zoetrope/core/error.hpp>

#include <doctest/doctest.h>

using program::StageRun;

namespace {

/// As from the metadata of a file.
program::Run run_of(const std::string& text) {
  const auto run = program::parse_run(text, "file");
  program::check_run(run, "in 'file'");
  return run;
}

void check_stage(const StageRun& stage, std::uint64_t steps, int batch_size, int discriminators, double learning_rate) {
  CHECK(stage.steps == steps);
  CHECK(stage.batch_size == batch_size);
  CHECK(stage.discriminators == discriminators);
  CHECK(stage.optimizer == "rmsprop");
  CHECK(stage.generator_learning_rate == learning_rate);
  CHECK(stage.discriminator_learning_rate == learning_rate);
}

/// The preset demo as it was written before there were checkpoints by time and frame generators that are given.
const std::string old_text =
    R"({"balls":1,"checkpoint_every":200,"films":100000,"frames":{"batch_size":32,"discriminator_learning_rate":0.001,)"
    R"("discriminators":4,"generator_learning_rate":0.001,"optimizer":"adam","steps":2000},"preset":"demo","seed":10,)"
    R"("sequences":{"batch_size":16,"discriminator_learning_rate":0.0001,"discriminators":4,)"
    R"("generator_learning_rate":0.0002,"optimizer":"rmsprop","steps":1200},"variant":"stable","width_divisor":8})";

} // namespace

TEST_CASE("the preset paper has the paper's numbers") {
  const auto run = program::preset("paper");
  CHECK(run.balls == 3);
  CHECK(run.films == 100'000);
  CHECK(run.width_divisor == 1);
  CHECK(run.variant == "paper");
  CHECK(run.seed == 10);
  // 50 epochs of frames, 15 of films.
  check_stage(run.frames, 50 * 100'000 / 64, 64, 48, 3e-4);
  check_stage(run.sequences, 15 * 100'000 / 8, 8, 16, 2e-4);
}

TEST_CASE("a run's settings come back from its files, also from those of earlier versions") {
  for (const auto& name : program::preset_names()) {
    auto run = program::preset(name);
    run.checkpoint_minutes = 2.5;
    run.frames_given = run.sequences_given = true;
    run.frames.learning_rate_decay = 0;
    run.sequences.learning_rate_decay = 0.6;
    run.frames.weight_average = 0;
    run.sequences.weight_average = 0.999;
    run.frames.spectral_norm = 1.5;
    run.sequences.spectral_norm = 0;
    run.frames_learn_on = true;
    const auto text = program::to_text(run);
    const auto again = program::parse_run(text, "file");
    CHECK(again.checkpoint_minutes == 2.5);
    CHECK(again.frames_given);
    CHECK(again.sequences_given);
    CHECK(again.frames.learning_rate_decay == 0);
    CHECK(again.sequences.learning_rate_decay == 0.6);
    CHECK(again.frames.weight_average == 0);
    CHECK(again.sequences.weight_average == 0.999);
    CHECK(again.frames.spectral_norm == 1.5);
    CHECK(again.sequences.spectral_norm == 0);
    CHECK(again.frames_learn_on);
    CHECK(program::to_text(again) == text);
  }

  const auto old = program::parse_run(old_text, "file");
  CHECK(old.checkpoint_minutes == 0);
  CHECK(!old.frames_given);
  CHECK(!old.sequences_given);
  CHECK(old.frames.weight_average == 0);
  CHECK(old.sequences.weight_average == 0);
  CHECK(old.frames.spectral_norm == 0);
  CHECK(old.sequences.spectral_norm == 0);
  CHECK(program::to_text(old).find("average") == std::string::npos);
  CHECK(program::to_text(old).find("spectral") == std::string::npos);
  CHECK(old.sequences.learning_rate_decay == 0);
  CHECK(program::to_text(old).find("decay") == std::string::npos);
  CHECK(!old.frames_learn_on);
  CHECK(program::to_text(old).find("learn_on") == std::string::npos);

  // Those of films always had rates that fall, and no word for it.
  auto films_text = program::to_text(old);
  films_text.replace(films_text.find("stable"), 6, "films");
  const auto films = program::parse_run(films_text, "file");
  CHECK(films.frames.learning_rate_decay == 0.5);
  CHECK(films.sequences.learning_rate_decay == 0.5);
  CHECK(program::to_text(films) == films_text);
  auto steady = films;
  steady.sequences.learning_rate_decay = 0;
  CHECK(program::parse_run(program::to_text(steady), "file").sequences.learning_rate_decay == 0);
}

TEST_CASE("single frames are judged in films where the frame generator learns on") {
  for (const auto& name : program::preset_names())
    CHECK(program::judges_frames(program::preset(name)) == program::preset(name).frames_learn_on);
}

TEST_CASE("settings that cannot be read name the file") {
  const auto good = program::to_text(program::parse_run(old_text, "file"));
  const auto with = [&](const std::string& old_part, const std::string& new_part) {
    auto text = good;
    const auto begin = text.find(old_part);
    REQUIRE(begin != std::string::npos);
    return text.replace(begin, old_part.size(), new_part);
  };
  for (const auto& text : {std::string(),
                           std::string("[1]"),
                           std::string("null"),
                           good.substr(0, good.size() - 1),
                           with("\"balls\"", "\"bowls\""),
                           with("\"checkpoint_minutes\":0.0", "\"checkpoint_minutes\":\"0\""),
                           with("\"checkpoint_minutes\":0.0", "\"checkpoint_minutes\":-1"),
                           with("\"frames_given\":false", "\"frames_given\":1"),
                           with("\"frames_given\":false", "\"frames_given\":false,\"frames_learn_on\":1"),
                           with("\"frames_given\":false", "\"frames_given\":false,\"sequences_given\":1"),
                           with("\"balls\":1", "\"balls\":0"),
                           with("\"balls\":1", "\"balls\":9"),
                           with("\"balls\":1", "\"balls\":1.5"),
                           with("\"balls\":1", "\"balls\":-1"),
                           with("\"balls\":1", "\"balls\":true"),
                           with("\"balls\":1", "\"balls\":4294967297"),
                           with("\"films\":100000", "\"films\":0"),
                           with("\"films\":100000", "\"films\":4000000001"),
                           with("\"seed\":10", "\"seed\":-10"),
                           with("\"seed\":10", "\"seed\":18446744073709551616"),
                           with("\"seed\":10", "\"seed\":1e3"),
                           with("\"width_divisor\":8", "\"width_divisor\":3"),
                           with("\"preset\":\"demo\"", "\"preset\":\"demon\""),
                           with("\"preset\":\"demo\"", "\"preset\":1"),
                           with("\"checkpoint_every\":200", "\"checkpoint_every\":0"),
                           with("\"checkpoint_every\":200", "\"checkpoint_every\":2000000000000"),
                           with("\"batch_size\":32", "\"batch_size\":0"),
                           with("\"batch_size\":32", "\"batch_size\":1"),
                           with("\"batch_size\":16", "\"batch_size\":4097"),
                           with("\"batch_size\":16", "\"batch_size\":-2"),
                           with("\"discriminators\":4", "\"discriminators\":0"),
                           with("\"discriminators\":4", "\"discriminators\":1025"),
                           with("\"steps\":2000", "\"steps\":0"),
                           with("\"steps\":1200", "\"steps\":-1"),
                           with("\"steps\":1200", "\"steps\":1000000000001"),
                           with("\"optimizer\":\"adam\"", "\"optimizer\":\"sgd\""),
                           with("\"generator_learning_rate\":0.001", "\"generator_learning_rate\":0"),
                           with("\"discriminator_learning_rate\":0.0001", "\"discriminator_learning_rate\":-0.0001"),
                           with("\"discriminator_learning_rate\":0.0001", "\"discriminator_learning_rate\":1e999"),
                           with("\"discriminator_learning_rate\":0.0001", "\"discriminator_learning_rate\":\"fast\""),
                           with("\"batch_size\":32", "\"batch_size\":32,\"learning_rate_decay\":1"),
                           with("\"batch_size\":16", "\"batch_size\":16,\"learning_rate_decay\":-0.5"),
                           with("\"batch_size\":16", "\"batch_size\":16,\"learning_rate_decay\":\"0.5\""),
                           with("\"batch_size\":32", "\"batch_size\":32,\"weight_average\":1"),
                           with("\"batch_size\":16", "\"batch_size\":16,\"weight_average\":-0.5"),
                           with("\"batch_size\":16", "\"batch_size\":16,\"weight_average\":\"0.5\""),
                           with("\"batch_size\":32", "\"batch_size\":32,\"spectral_norm\":-1"),
                           with("\"batch_size\":16", "\"batch_size\":16,\"spectral_norm\":1e999"),
                           with("\"batch_size\":16", "\"batch_size\":16,\"spectral_norm\":\"1\""),
                           with("\"frames\":{", "\"frames\":[],\"was\":{")}) {
    CAPTURE(text);
    CHECK_THROWS_AS(run_of(text), zoetrope::Error);
    CHECK_THROWS_WITH(run_of(text), doctest::Contains("in 'file': "));
  }
}

TEST_CASE("what is wrong with the settings of a file is said in a sentence") {
  auto run = program::preset("demo");
  run.balls = 9;
  CHECK_THROWS_WITH(run_of(program::to_text(run)), "in 'file': expected balls from 1 to 6, got 9");
  run.balls = -1;
  CHECK_THROWS_WITH(program::check_run(run, "the run"), "the run: expected balls from 1 to 6, got -1");
  run.balls = 6;
  run.sequences.batch_size = 0;
  CHECK_THROWS_WITH(run_of(program::to_text(run)), "in 'file': expected sequence batch from 2 to 4096, got 0");
  run.sequences.batch_size = 2;
  run.checkpoint_minutes = 1;
  run.checkpoint_every = 0;
  CHECK_NOTHROW(run_of(program::to_text(run)));
}

TEST_CASE("names in a sentence") {
  CHECK(program::listed({"a"}, "or") == "a");
  CHECK(program::listed({"a", "b"}, "and") == "a and b");
  CHECK(program::listed({"a", "b", "c"}, "or") == "a, b or c");
}

TEST_CASE("frames learn on in networks that judge them, and elsewhere where somebody asks") {
  program::RunNumbers numbers;
  numbers.width_divisor = 4;
  CHECK(!program::with_numbers(program::preset("demo"), numbers).frames_learn_on);
  numbers.frames_learn_on = true;
  CHECK(program::with_numbers(program::preset("demo"), numbers).frames_learn_on);
  CHECK(program::with_numbers(program::preset("demo"), {}).frames_learn_on);
  numbers.width_divisor = 8;
  numbers.frames_learn_on = false;
  CHECK(!program::with_numbers(program::preset("demo"), numbers).frames_learn_on);
}

TEST_CASE("networks are those that are named, of the run's width where it has such, and frames learn on where judged") {
  program::RunNumbers numbers;
  const auto with = [&](const char* preset) { return program::with_numbers(program::preset(preset), numbers); };
  numbers.networks = "windows";
  CHECK(with("cpu").variant == "windows");
  CHECK(with("cpu").width_divisor == 8);
  CHECK(with("cpu").frames_learn_on);
  numbers.networks = "stable";
  CHECK(with("demo").width_divisor == 8);
  CHECK(with("gpu").width_divisor == 2);
  CHECK(!with("demo").frames_learn_on);
  numbers.networks = "joint";
  numbers.frames_learn_on = false;
  CHECK(!with("cpu").frames_learn_on);
  numbers.width_divisor = 4;
  CHECK_THROWS_WITH(program::check_run(with("cpu"), "the run"), "the run: expected networks stable, got 'joint'");
}
