#include "report.hpp"

#include "activity.hpp"
#include "evaluation.hpp"
#include "explanations.hpp"
#include "latent_map.hpp"
#include "loss_curves.hpp"
#include "networks.hpp"
#include "page.hpp"
#include "pictures.hpp"
#include "program_version.hpp"
#include "read_data.hpp"
#include "this_program.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/io/file.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <span>

namespace program {

namespace {

namespace fs = std::filesystem;
using zoetrope::MeanAndDeviation;

/// Films of each kind in Table 1, as in the paper.
constexpr int table_films = 30;

std::string text(double value, int digits = 4) {
  if (std::isnan(value)) return "none";
  return zoetrope::fixed_text(value, digits);
}
std::string text(const Measured& measured) {
  return text(measured.value) + (std::isnan(measured.error) ? "" : " ± " + text(measured.error));
}
std::string text(const MeanAndDeviation& value) { return text(value.mean) + " ± " + text(value.deviation); }

/// As a field of a CSV file (RFC 4180).
std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char character : text) field += character == '"' ? std::string("\"\"") : std::string(1, character);
  return field + "\"";
}

struct TableRow {
  const Data& data;
  std::string films;
  MeanAndDeviation measured;
};

/// Whether the films' latents are such as the prior draws.
std::string where_films_lie(const LatentMap& map) {
  const double ratio = map.film_length / map.prior_length;
  const std::string where = ratio > 1.1 ? ": the films lie outside the prior, where G_F draws frames all the same. G_V "
                                          "is judged by its films alone, and nothing keeps it near the prior."
                            : ratio < 0.9 ? ": the films lie nearer the origin than nearly all draws from the prior do."
                                          : ": the films lie as far out as the prior does.";
  return "The latents of the films have a mean length of " + text(map.film_length, 1) +
         ", draws from the prior one of " + text(map.prior_length, 1) + where;
}

/// The date, or that of SOURCE_DATE_EPOCH, so that who wants the same report twice can have it.
std::string today() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  std::time_t seconds = std::time(nullptr);
  if (epoch != nullptr) std::from_chars(epoch, epoch + std::strlen(epoch), seconds);
  std::tm date{};
  if (gmtime_r(&seconds, &date) == nullptr) return "an unknown day";
  char day[40];
  std::strftime(day, sizeof day, "%Y-%m-%d", &date);
  return day;
}

/// One after another, the parts of the report.
class Report {
public:
  Report(Trained& trained, const Data& data, Trained* other, const fs::path& folder, const ReportSettings& settings)
      : run_(trained.run), session_(*trained.session), data_(data), other_(other),
        other_data_(other == nullptr ? nullptr : read_data_of(*other, {})), folder_(folder), settings_(settings),
        page_("zoetrope: " + data.title() + ", preset " + run_.preset + ", seed " + std::to_string(run_.seed)) {}

  void write(const fs::path& losses) {
    part("training", [&](const OnShare&) { add_training(losses); });
    part("figure 2: frames", [&](const OnShare&) { add_frames(); });
    part("figure 3: films", [&](const OnShare&) { add_films(); });
    if (other_ != nullptr)
      part("figure 4: frames of another run", [&](const OnShare&) { add_films_of_other_frames(); });
    part("figure 5: latents", [&](const OnShare&) { add_latents(); });
    part("table 1", [&](const OnShare&) { add_table(); });
    part("measures of motion", [&](const OnShare& on_share) { add_measures(on_share); });
    if (data_.small_set()) part("nearest films", [&](const OnShare& on_share) { add_nearest(on_share); });
    page_.section("What each figure and number means", "explanations");
    page_.markdown(explanations());
    zoetrope::write_text(folder_ / report_name, page_.html());
  }

private:
  template <class Add>
  void part(const char* name, const Add& add) {
    Activity activity(name, Activity::Trace::line);
    add([&](double share) { activity.done(share); });
  }

  void add_training(const fs::path& losses) {
    page_.paragraph("Two generators, trained one after the other: G_F draws frames, G_V walks through G_F's latents so "
                    "that the frames "
                    "become a film (Albuquerque, Monteiro and Falk 2019).");
    page_.paragraph("Written by zoetrope " + program_version() + " on " + today() + ".");
    page_.link("What each figure and number means", "explanations");
    page_.section("Training");
    const auto row = [](const std::string& name, int divisor, const StageRun& stage) {
      return Page::Row{name,
                       "1/" + std::to_string(divisor),
                       std::to_string(stage.steps),
                       std::to_string(stage.batch_size),
                       std::to_string(stage.discriminators),
                       stage.optimizer,
                       text(stage.generator_learning_rate, 5),
                       text(stage.discriminator_learning_rate, 5)};
    };
    page_.table({"stage", "widths", "steps", "batch", "discriminators", "optimizer", "learning rate of G", "and of D"},
                {run_.frames_given
                     ? Page::Row{"frames (G_F)", "1/" + std::to_string(run_.width_divisor), "given", "", "", "", "", ""}
                     : row("frames (G_F)", run_.width_divisor, run_.frames),
                 row("sequences (G_V)", sequence_divisor(run_), run_.sequences)},
                "Widths, of the generators, are shares of the paper's; networks \"" + run_.variant + "\"; " +
                    std::to_string(run_.films) + (run_.files ? " clips; seed " : " films; seed ") +
                    std::to_string(run_.seed) + ".");
    const auto say_stage = [this](const std::string& name, const StageRun& stage) {
      const auto say_if = [this](double number, const std::string& before, const std::string& after) {
        if (number > 0) page_.paragraph(before + zoetrope::number_text(number) + after);
      };
      say_if(stage.learning_rate_decay,
             "Learning rates of " + name + " and its discriminators fall to 0 over the last part of the steps, ",
             " of them.");
      say_if(stage.weight_average, name + " has an average of its weights over the steps, each of which keeps ",
             " of it.");
      say_if(stage.spectral_norm, "The weights of the discriminators of " + name + " have spectral norms up to ", ".");
    };
    if (!run_.frames_given) say_stage("G_F", run_.frames);
    say_stage("G_V", run_.sequences);
    if (run_.sequences_given) page_.paragraph("G_V began the stage as one that had learnt before.");
    if (run_.frames_learn_on)
      page_.paragraph(std::string("G_F learnt on in the sequence stage, with G_V.") +
                      (judges_frames(run_) ? ""
                                           : " Nobody judged single frames there: they may be blurred, and draws from "
                                             "the prior worse than after the frame stage."));
    if (judges_frames(run_))
      page_.paragraph(
          "In the sequence stage as many discriminators of single frames, whose norms are not bounded, stood beside "
          "those of films; they judged frames of films and draws of G_F.");
    page_.paragraph(data_.real_text());
    if (!fs::exists(losses)) {
      page_.paragraph("The run's losses.csv is not there, so there are no loss curves.");
      return;
    }
    const bool diversity = draw_losses(losses, folder_);
    page_.picture(
        folder_ / "loss-curves.png",
        std::string("Losses, averaged over the discriminators and over neighbouring steps: equation 1 for the "
                    "discriminators, equation 3 for the generator.") +
            (diversity ? " Below, the pixel standard deviation over generated samples, relative to real ones: near "
                         "0 where the generator has collapsed; docs/troubleshooting.md says what "
                         "helps."
                       : ""),
        Page::Fit::scrolled);
  }

  void add_frames() {
    write_frames_picture(session_, run_.seed, folder_);
    page_.section("Figure 2: frames");
    page_.picture(folder_ / "frames.png", "64 frames that G_F draws from independent latents.");
  }

  void add_films() {
    constexpr int count = 3;
    const auto real = real_films(data_, count), generated = session_.sample_films(count, run_.seed);
    write_film_rows(real, data_.sizes(), folder_ / "real");
    write_film_rows(generated, data_.sizes(), folder_ / "generated");
    page_.section("Figure 3: films");
    page_.picture(folder_ / "real.png", "3a: real films, a row each, time from left to right.", Page::Fit::scrolled);
    page_.picture(folder_ / "generated.png", "3b: generated films.", Page::Fit::scrolled);
    page_.picture(folder_ / "real.gif", "The real films.");
    page_.picture(folder_ / "generated.gif", "The generated films.");
  }

  void add_films_of_other_frames() {
    constexpr int count = 3;
    write_film_rows(films_of_other_frames(count), data_.sizes(), folder_ / "other-frames");
    const std::string caption = "G_F trained on " + other_data_->title() +
                                " under this run's G_V, which was trained on " + data_.title() +
                                "; nothing was trained further.";
    page_.section("Figure 4: frames of another run");
    page_.picture(folder_ / "other-frames.png", caption, Page::Fit::scrolled);
    page_.picture(folder_ / "other-frames.gif", "The same as films.");
  }

  void add_latents() {
    const auto map = map_latents(session_, run_.seed, folder_);
    page_.section("Figure 5: latents");
    page_.picture(
        folder_ / "latents.png",
        "Isomap of latents (6 neighbours). Left: " + std::to_string(map.prior) +
            " draws from the prior (grey crosses), six generated films (a colour and a shape each, their steps "
            "joined) and two linear interpolations between draws (open triangles). The two components leave " +
            text(100 * map.residual_variance, 1) +
            " % of the distances' variance unexplained. Right: the same films without the rest, in a map of "
            "their own.",
        Page::Fit::scrolled);
    page_.paragraph(where_films_lie(map));
    write_interpolations(session_, run_.seed, folder_);
    page_.picture(folder_ / "interpolations.png",
                  "Linear interpolations between two draws from the prior, a row each, decoded by G_F.",
                  Page::Fit::scrolled);
  }

  void add_table() {
    std::vector<TableRow> rows;
    const auto add = [&](const Data& data, Session& frames, std::uint64_t seed, std::span<const float> generated) {
      const int random_frames = table_films * data.sizes().length;
      rows.push_back({data, "real", film_mse(real_films(data, table_films), data)});
      rows.push_back({data, "generated", film_mse(generated, data)});
      rows.push_back({data, "random z", film_mse(frames.sample_frames(random_frames, seed), data)});
    };
    if (other_ != nullptr) add(*other_data_, *other_->session, other_->run.seed, films_of_other_frames(table_films));
    add(data_, session_, run_.seed, session_.sample_films(table_films, run_.seed));

    bool any_printed = false;
    for (const auto& row : rows) any_printed = any_printed || !row.data.printed(row.films).empty();
    std::string csv = "data,films,mean,standard_deviation,paper\n";
    std::vector<Page::Row> cells;
    for (const auto& row : rows) {
      const std::string printed = row.data.printed(row.films);
      csv += quoted(row.data.title()) + "," + row.films + "," + text(row.measured.mean, 6) + "," +
             text(row.measured.deviation, 6) + "," + printed + "\n";
      cells.push_back({row.data.title() + ", " + row.films, text(row.measured)});
      if (any_printed) cells.back().push_back(printed);
    }
    zoetrope::write_text(folder_ / "table1.csv", csv);
    page_.section("Table 1: how much changes from frame to frame");
    Page::Row head{"films", "measured"};
    if (any_printed) head.push_back("paper");
    page_.table(head, cells,
                std::string("Mean squared difference between neighbouring ") + (data_.binary() ? "binarised " : "") +
                    "frames, mean and standard deviation over " + std::to_string(table_films) +
                    " films. Random z: frames of independent latents.");
    if (other_ != nullptr)
      page_.paragraph("The generated films of " + other_data_->title() + " are those of figure 4: G_V learnt on " +
                      data_.title() + ".");
    if (!data_.table_note().empty()) page_.paragraph(data_.table_note());
  }

  void add_measures(const OnShare& on_share) {
    const auto rows = data_.measures(session_, run_.seed, settings_.films, on_share);
    std::string csv = "measure,generated,generated_error,real,real_error,best\n";
    std::vector<Page::Row> cells;
    for (const auto& row : rows) {
      csv += "\"" + row.name + "\"," + text(row.generated.value, 6) + "," + text(row.generated.error, 6) + "," +
             text(row.real.value, 6) + "," + text(row.real.error, 6) + ",\"" + row.best + "\"\n";
      cells.push_back({row.name, text(row.generated), text(row.real), row.best});
    }
    zoetrope::write_text(folder_ / "measures.csv", csv);
    page_.section("Measures of motion");
    if (rows.empty()) {
      page_.paragraph("There are too few real films to measure others against.");
      return;
    }
    page_.table(
        {"measure", "generated", "real", "best"}, cells,
        "What Table 1 cannot see, over " + std::to_string(settings_.films) +
            " films, with standard errors: how far a measure would be off with other films, by the jackknife over "
            "groups of them. The column \"real\" compares real films with other real ones: no generator can be "
            "expected to do better. " +
            data_.measures_note());
  }

  void add_nearest(const OnShare& on_share) {
    constexpr int count = 4;
    const FilmSizes sizes = data_.sizes();
    const auto films = session_.sample_films(count, run_.seed);
    const auto nearest = data_.nearest(films, session_, run_.seed, on_share);
    std::vector<float> rows;
    for (std::size_t film = 0; film < films.size(); film += sizes.film())
      for (const auto* some : {&films, &nearest.films}) {
        const auto first = some->begin() + static_cast<std::ptrdiff_t>(film);
        rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(sizes.film()));
      }
    write_film_rows(rows, sizes, folder_ / "nearest");
    page_.section("Nearest films: learnt by heart?");
    page_.picture(
        folder_ / "nearest.png",
        "Generated films (odd rows), and below each the film of the training set that is nearest to it, among " +
            nearest.looked_at + ".",
        Page::Fit::scrolled);
    std::string distances;
    for (const double distance : nearest.distances) distances += (distances.empty() ? "" : ", ") + text(distance, 3);
    page_.paragraph(
        "They are " + distances + " apart, as the root of the mean squared difference of values from -1 to 1" +
        "; many generated films " + text(nearest.distance, 3) + ", by the median" +
        (std::isnan(nearest.real_distance)
             ? "."
             : ", and real films " + text(nearest.real_distance, 3) +
                   " from real ones of another part of the data. A generator that learnt films by heart comes much "
                   "nearer than that."));
  }

  [[nodiscard]] std::vector<float> films_of_other_frames(int count) {
    return other_->session->frames_of(session_.sample_latents(count, run_.seed));
  }

  const Run& run_;
  Session& session_;
  const Data& data_;
  Trained* other_;
  std::unique_ptr<Data> other_data_;
  fs::path folder_;
  ReportSettings settings_;
  Page page_;
};

} // namespace

void write_report(Trained& trained, const Data& data, Trained* frames_of, const fs::path& losses,
                  const fs::path& folder, const ReportSettings& settings) {
  Report(trained, data, frames_of, folder, settings).write(losses);
}

} // namespace program
