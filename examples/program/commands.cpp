#include "commands.hpp"

#include "activity.hpp"
#include "evaluation.hpp"
#include "loss_curves.hpp"
#include "pictures.hpp"
#include "plot.hpp"
#include "read_data.hpp"
#include "results.hpp"
#include "run_folder.hpp"
#include "this_program.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/core/parallel.hpp>
#include <zoetrope/io/file.hpp>
#include <zoetrope/io/safetensors.hpp>
#include <zoetrope/train/loss_table.hpp>

#include <cstdint>
#include <iostream>
#include <optional>
#include <system_error>

namespace program {

namespace fs = std::filesystem;

void use_threads(int count) {
  if (count > 0) zoetrope::set_thread_count(count);
}

int sample(const SampleCommand& command) {
  use_threads(command.threads);
  auto trained = load_trained(command.run, command.device_choice);
  trained.run.seed = command.seed.value_or(trained.run.seed);
  const fs::path folder = command.output.empty() ? command.run : command.output;
  if (!command.overwrite) require_no_other_run(folder, command.run);
  const bool with_real = !trained.run.files || !command.data.empty();
  const auto data = with_real ? read_data_of(trained, command.data) : nullptr;
  make_folder(folder);
  // A picture of the run's with real films is not replaced by one without.
  std::error_code error;
  const bool films_drawn =
      with_real || !fs::equivalent(folder, command.run, error) || !fs::exists(folder / "films.png", error);
  {
    Activity activity("drawing " + std::to_string(command.films) + " films", Activity::Trace::none);
    const std::uint64_t seed = trained.run.seed;
    write_frames_picture(*trained.session, seed, folder);
    if (films_drawn) write_films_picture(*trained.session, data.get(), seed, folder);
    write_films(*trained.session, seed, command.films, folder, [&](double share) { activity.done(share); });
  }
  std::cout << "frames.png" << (films_drawn ? ", films.png" : "") << " and " << command.films << " films are in "
            << folder.string() << "\n";
  if (!films_drawn) std::cout << "films.png stays as it was: --data PATH draws it anew, below real films\n";
  return 0;
}

int evaluate(const EvaluateCommand& command) {
  use_threads(command.threads);
  auto trained = load_trained(command.run, command.device_choice);
  const auto data = read_data_of(trained, command.data);
  const auto evaluation = [&] {
    Activity activity("measuring " + std::to_string(command.films) + " films and " + std::to_string(command.frames) +
                          " frames",
                      Activity::Trace::none);
    return evaluate(*trained.session, *data, trained.run.seed, command.films, command.frames,
                    [&](double share) { activity.done(share); });
  }();
  zoetrope::write_text(command.run / table_name, evaluation.markdown());
  std::cout << evaluation.markdown();
  return command.check && !evaluation.good() ? 1 : 0;
}

int report(const ReportCommand& command) {
  use_threads(command.threads);
  require_gnuplot();
  auto trained = load_trained(command.run, command.device_choice);
  std::optional<Trained> frames;
  if (!command.frames_from.empty()) frames = load_trained(command.frames_from, command.device_choice);
  const fs::path folder = command.output.empty() ? report_folder(command.run) : command.output;
  if (!command.overwrite) require_no_other_run(folder, command.run);
  const auto data = read_data_of(trained, command.data);
  make_folder(folder);
  write_report(trained, *data, frames ? &*frames : nullptr, command.run / losses_name, folder, command.settings);
  std::cout << "Report: " << (folder / report_name).string() << "\n";
  return 0;
}

int export_generators(const ExportCommand& command) {
  const auto trained = load_trained(command.run, {});
  const bool same = fs::exists(command.output) && fs::equivalent(command.run, command.output);
  zoetrope::require(!same, "'", command.output.string(), "' is the run's own folder: name another one");
  make_folder(command.output);
  const FolderLock lock(command.output);
  const auto held = held_result(command.output);
  zoetrope::require(command.overwrite || !held, "'", command.output.string(), "' holds '", held.value_or(""),
                    "' already: --overwrite replaces the generators there, --output names another folder");
  trained.session->save_frame_generator(command.output / frame_generator_name, zoetrope::StoredWeights::half);
  trained.session->save_sequence_generator(command.output / sequence_generator_name, zoetrope::StoredWeights::half,
                                           command.output / frame_generator_name);
  constexpr int rows = 400;
  const bool losses = fs::exists(command.run / losses_name);
  // Without any, there is an empty table rather than another run's.
  if (losses || fs::exists(command.output / losses_name))
    zoetrope::write_text(command.output / losses_name, losses ? thinned_losses(command.run / losses_name, rows)
                                                              : std::string(zoetrope::loss_table_header) + "\n");
  std::cout << "Generators in 16 bits: " << command.output.string() << "\n";
  return 0;
}

} // namespace program
