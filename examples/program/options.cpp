#include "options.hpp"

#include "option_parts.hpp"
#include "program_version.hpp"
#include "suggestions.hpp"
#include "this_program.hpp"
#include "train_options.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace program {

namespace {

void add_overwrite(CLI::App& app, bool& overwrite, const std::string& text) {
  app.add_flag("--overwrite", overwrite, text)->option_text(" ");
}

class HelpFormatter : public CLI::Formatter {
  std::string make_group(std::string group, bool positional, std::vector<const CLI::Option*> options) const override {
    return group == hidden_group ? "" : CLI::Formatter::make_group(group, positional, options);
  }
};

constexpr const char* moved_text = "where the films of the run lie now (default: where they lay)";

void add_moved_data(CLI::App& app, std::filesystem::path& data, const std::string& text) {
  if (learns_files()) app.add_option("--data", data, text)->type_name("PATH");
}

CLI::App* add_sample(CLI::App& app, SampleCommand& command) {
  auto* sample_app = app.add_subcommand("sample", "Draw frames and films from the generators of a run.");
  sample_app->add_option("--run", command.run, "folder of the run")->type_name("FOLDER")->required();
  sample_app->add_option("--output", command.output, "folder to write into (default: the run's)")->type_name("FOLDER");
  add_moved_data(*sample_app, command.data, "where the films of the run lie, to show real ones beside those drawn");
  sample_app->add_option("--films", command.films, "how many films (default: 3)")
      ->option_text("N")
      ->check(whole_number(1, 10000));
  sample_app->add_option("--seed", command.seed, "other samples (default: the run's seed)")
      ->option_text("N")
      ->check(whole_number(0, max_seed));
  add_overwrite(*sample_app, command.overwrite, "write into the folder of another run, too");
  add_threads_option(*sample_app, command.threads);
  add_device_options(*sample_app, command.device_choice);
  return sample_app;
}

CLI::App* add_evaluate(CLI::App& app, EvaluateCommand& command) {
  auto* evaluate_app = app.add_subcommand("evaluate", "Measure the generators of a run: Table 1 of the paper.");
  evaluate_app->add_option("--run", command.run, "folder of the run")->type_name("FOLDER")->required();
  add_moved_data(*evaluate_app, command.data, moved_text);
  evaluate_app->add_option("--films", command.films, "films of each kind (default: 30)")
      ->option_text("N")
      ->check(whole_number(3, 10000));
  evaluate_app->add_option("--frames", command.frames, "frames of each kind (default: 1000)")
      ->option_text("N")
      ->check(whole_number(3, 100000));
  add_threads_option(*evaluate_app, command.threads);
  add_device_options(*evaluate_app, command.device_choice);
  evaluate_app->add_flag("--check", command.check, "exit with 1 where a measure falls short");
  return evaluate_app;
}

CLI::App* add_report(CLI::App& app, ReportCommand& command) {
  auto* report_app = app.add_subcommand("report", report_purpose());
  report_app->add_option("--run", command.run, "folder of the run")->type_name("FOLDER")->required();
  add_moved_data(*report_app, command.data, moved_text);
  report_app
      ->add_option("--frames-from", command.frames_from,
                   "another run, whose frame generator figure 4 puts under this run's sequence generator")
      ->type_name("FOLDER");
  report_app->add_option("--output", command.output, "folder to write into (default: report in the run's)")
      ->type_name("FOLDER");
  report_app->add_option("--films", command.settings.films, "films for the measures (default: 300)")
      ->option_text("N")
      ->check(whole_number(30, 10000));
  add_overwrite(*report_app, command.overwrite, "write into the folder of another run, too");
  add_threads_option(*report_app, command.threads);
  add_device_options(*report_app, command.device_choice);
  return report_app;
}

CLI::App* add_export(CLI::App& app, ExportCommand& command) {
  auto* export_app = app.add_subcommand("export", "Write a run's generators in 16 bits, half as large, to give away.");
  export_app->add_option("--run", command.run, "folder of the run")->type_name("FOLDER")->required();
  export_app->add_option("--output", command.output, "folder to write into")->type_name("FOLDER")->required();
  add_overwrite(*export_app, command.overwrite, "replace the generators that the folder holds");
  return export_app;
}

} // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CLI::App app(program_purpose(), program_name());
  app.formatter(std::make_shared<HelpFormatter>()); // before the subcommands, which take it over
  app.set_version_flag("--version", program_version());
  app.require_subcommand(0, 1); // A wrong name is then said to be wrong, not to be missing.
  app.get_formatter()->column_width(46);

  TrainCommand train_command;
  SampleCommand sample_command;
  EvaluateCommand evaluate_command;
  ReportCommand report_command;
  ExportCommand export_command;
  const auto* train_app = add_train(app, train_command);
  const auto* sample_app = add_sample(app, sample_command);
  const auto* evaluate_app = add_evaluate(app, evaluate_command);
  const auto* report_app = add_report(app, report_command);
  add_export(app, export_command);

  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty())
      throw CLI::RequiredError("A subcommand (train, sample, evaluate, report or export)");
    check_train(*train_app, train_command);
  } catch (const CLI::ExtrasError&) {
    app.exit(CLI::ParseError(unexpected_words(app), CLI::ExitCodes::ExtrasError));
    return {.command = {}, .exit_code = 2};
  } catch (const CLI::ParseError& error) {
    return {.command = {}, .exit_code = app.exit(error) == 0 ? 0 : 2};
  }

  if (train_app->parsed()) return {.command = train_command};
  if (sample_app->parsed()) return {.command = sample_command};
  if (evaluate_app->parsed()) return {.command = evaluate_command};
  if (report_app->parsed()) return {.command = report_command};
  return {.command = export_command};
}

} // namespace program
