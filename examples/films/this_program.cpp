#include "this_program.hpp"

#include "ball_networks.hpp"
#include "balls_data.hpp"
#include "files_data.hpp"
#include "film_networks.hpp"
#include "option_parts.hpp"
#include "pictures.hpp"
#include "run_numbers.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/train/film_settings.hpp>
#ifdef FILMS_VIDEO
#include <zoetrope/io/video_writer.hpp>
#endif

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <variant>

namespace program {

namespace {

template <class Settings>
StageRun stage_run(const Settings& settings) {
  const auto rate = [](const auto& choice) {
    return std::visit([](const auto& optimizer) { return optimizer.learning_rate; }, choice.chosen);
  };
  const bool adam = std::holds_alternative<zoetrope::Adam>(settings.generator_optimizer.chosen);
  return {.steps = settings.steps,
          .batch_size = settings.batch_size,
          .discriminators = settings.discriminators,
          .optimizer = adam ? "adam" : "rmsprop",
          .generator_learning_rate = rate(settings.generator_optimizer),
          .discriminator_learning_rate = rate(settings.discriminator_optimizer),
          .learning_rate_decay = settings.schedule.last_part,
          .weight_average = settings.weight_average,
          .spectral_norm = settings.spectral_norm};
}

/// Minutes on two cores for clips of 32x32; docs/films.md shows what comes out.
Run quick() {
  const auto settings = zoetrope::film_settings<films::Film>();
  return {.preset = "quick",
          .sizes = built_for(),
          .width_divisor = 8,
          .variant = "films",
          .seed = settings.seed,
          .checkpoint_every = 200,
          .frames = stage_run(settings.frames),
          .sequences = stage_run(settings.sequences)};
}

/// Wider and longer; docs/films.md shows what comes out.
Run wide() {
  Run run = quick();
  run.preset = "wide";
  run.width_divisor = 4;
  run.frames.steps = 6000;
  run.sequences.steps = 2000;
  return run;
}

constexpr const char* crops[] = {"center", "stretch", "borders"};

} // namespace

std::string program_name() { return "films"; }

std::string program_purpose() {
  return "Learns to draw the frames of your own films of " + built_for().text() +
         " (channels, frames, height, width), then to make them move, after Albuquerque, Monteiro and Falk (2019).";
}

std::string report_purpose() {
  return "Write report.html: frames, films, latents, losses and measures of a run's generators, beside the real films.";
}

bool learns_files() { return true; }

FilmSizes built_for() { return sizes_of<films::Film>(); }

std::string default_folder(const std::string&) { return "runs/films"; }

std::vector<Run> presets() { return {quick(), wide()}; }

std::string presets_summary() { return "quick (default, some 10 minutes for 32x32) or wide (some 40)"; }

std::vector<Width> networks() {
  std::vector<Width> all(std::begin(films::widths), std::end(films::widths));
  if (films::as_bouncing_balls)
    all.insert(all.end(), std::begin(bouncing_balls::widths), std::end(bouncing_balls::widths));
  return all;
}

std::string networks_text() {
  using Views = zoetrope::FilmViews<films::Film>;
  const auto pair = [](int rows, int columns) { return std::to_string(rows) + "x" + std::to_string(columns); };
  return "Batch norm in the discriminators and at the end of the sequence generator, and an LSTM of 128. Each "
         "discriminator\n"
         "judges " +
         std::to_string(films::samples_together) + " samples at once. Frames are seen through random filters of " +
         pair(Views::frame_rows.kernel, Views::frame_columns.kernel) + " at every " +
         (Views::frame_rows.stride == 1 && Views::frame_columns.stride == 1
              ? "pixel"
              : pair(Views::frame_rows.stride, Views::frame_columns.stride) + " pixels") +
         ". Learning rates\n"
         "that fall rise again where more steps are asked for later.";
}

void add_data_options(CLI::App& train_app, RunNumbers& numbers, const std::string&) {
  FilesNumbers& files = numbers.files;
  const std::string group = "Films";
  const auto add = [&](const std::string& name, auto& value, const std::string& kind, const std::string& text) {
    return train_app.add_option(name, value, text)->option_text(kind)->group(group);
  };
  add("--data", files.path, "PATH", "a video, animated picture, .npy or HDF5 file, or a folder of videos and pictures");
  add("--crop", files.crop, "HOW", "frames of other proportions: center (default), stretch or borders")
      ->check(one_of({std::begin(crops), std::end(crops)}));
  add("--stride", files.stride, "N", "a clip takes every Nth frame of its film (default: 1)")
      ->check(whole_number(1, 1000));
  add("--frames-per-second", files.frames_per_second, "R", "bring films to this rate (default: frames as they are)")
      ->check(positive_number());
  train_app.add_flag("--mirrored", files.mirrored, "every clip once more, left and right exchanged")
      ->option_text(" ")
      ->group(group);
  train_app.add_flag("--skip-bad", files.skip_bad, "go on without films that cannot be read or are too short")
      ->option_text(" ")
      ->group(group);
  add("--axes", files.axes, "LETTERS", "of an array: f, t, h, w, c for film, time, height, width, channel");
  add("--range", files.range, "BLACK WHITE", "of an array of floats (default: found in the array)")->expected(2);
  add("--dataset", files.dataset, "NAME", "of an HDF5 file that has several");
}

std::string data_text(const Run& run) {
  if (!run.files) return run.balls > 0 ? "balls " + std::to_string(run.balls) : "";
  return "films of '" + run.files->path + "'";
}

std::string remark(const Run&) { return ""; }

void check_data(const Run& run, const std::string& where) {
  if (!run.files) {
    zoetrope::require(run.balls != 0, where, ": expected films to learn: --data names a file or a folder of them");
    zoetrope::require(run.balls >= 1 && run.balls <= bouncing_balls::AnyBalls::max_balls, where,
                      ": expected balls from 1 to ", bouncing_balls::AnyBalls::max_balls, ", got ", run.balls);
    return;
  }
  const FilesRun& files = *run.files;
  zoetrope::require(run.balls == 0, where, ": expected balls or films of files, got both");
  zoetrope::require(!files.path.empty(), where, ": expected the path of films, got none");
  zoetrope::require(files.axes.size() <= 5 && files.dataset.size() <= 1000, where,
                    ": expected at most 5 axes and 1000 characters as the name of a data set, got ", files.axes.size(),
                    " and ", files.dataset.size());
  zoetrope::require(std::find(std::begin(crops), std::end(crops), files.crop) != std::end(crops), where,
                    ": expected crop center, stretch or borders, got '", files.crop.substr(0, 40), "'");
  zoetrope::require(files.stride >= 1 && files.stride <= 1000, where, ": expected a stride from 1 to 1000, got ",
                    files.stride);
  zoetrope::require(std::isfinite(files.frames_per_second) && files.frames_per_second >= 0, where,
                    ": expected 0 or more frames per second, got ", files.frames_per_second);
  zoetrope::require(files.range.empty() || (files.range.size() == 2 && std::isfinite(files.range[0]) &&
                                            std::isfinite(files.range[1]) && files.range[0] != files.range[1]),
                    where, ": expected two different numbers for black and white");
}

void write_videos([[maybe_unused]] const std::filesystem::path& path,
                  [[maybe_unused]] std::span<const zoetrope::Picture> frames) {
#ifdef FILMS_VIDEO
  // Where FFmpeg's libraries lack one encoder, there is still the other.
  for (const char* ending : {".mp4", ".webm"})
    (void)warn_of_pictures([&] { zoetrope::write_video(path.string() + ending, frames); });
#endif
}

std::unique_ptr<Data> make_data(const Run& run, const OnShare& on_share) {
  if (run.files) return std::make_unique<films::FilesData>(*run.files, on_share);
  zoetrope::require(run.sizes == sizes_of<bouncing_balls::AnyBalls::Film>(), "bouncing balls are films of ",
                    sizes_of<bouncing_balls::AnyBalls::Film>().text(), ", not of ", run.sizes.text());
  return std::make_unique<bouncing_balls::BallsData>(run);
}

} // namespace program
