#include "report.hpp"

#include "activity.hpp"
#include "evaluation.hpp"
#include "explanations.hpp"
#include "films.hpp"
#include "latent_map.hpp"
#include "loss_curves.hpp"
#include "measures.hpp"
#include "page.hpp"
#include "pictures.hpp"
#include "program_version.hpp"
#include "widths.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/io/file.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>

namespace bouncing_balls {

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

std::string balls_text(int balls) { return std::to_string(balls) + (balls == 1 ? " ball" : " balls"); }

struct TableRow {
  int balls;
  std::string films;
  MeanAndDeviation measured;
};

/// What the paper prints, for 1 and 3 balls.
std::string printed(const TableRow& row) {
  if (row.balls == 1)
    return row.films == "real" ? "0.0222 ± 0.0005" : row.films == "random z" ? "0.0766 ± 0.0023" : "0.0227 ± 0.0051";
  if (row.balls == 3)
    return row.films == "real"       ? "0.0222 ± 0.0005 (*)"
           : row.films == "random z" ? "0.2060 ± 0.0061"
                                     : "0.0735 ± 0.0057";
  return "";
}

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
  Report(Trained& trained, Trained* other, const fs::path& folder, const ReportSettings& settings)
      : run_(trained.run), session_(*trained.session), other_(other), folder_(folder), settings_(settings),
        page_("zoetrope: " + balls_text(run_.balls) + ", preset " + run_.preset + ", seed " +
              std::to_string(run_.seed)) {}

  void write(const fs::path& losses) {
    part("training", [&](const OnShare&) { add_training(losses); });
    part("figure 2: frames", [&](const OnShare&) { add_frames(); });
    part("figure 3: films", [&](const OnShare&) { add_films(); });
    if (other_ != nullptr)
      part("figure 4: frames of another run", [&](const OnShare&) { add_films_of_other_frames(); });
    part("figure 5: latents", [&](const OnShare&) { add_latents(); });
    part("table 1", [&](const OnShare&) { add_table(); });
    part("measures of motion", [&](const OnShare& on_share) { add_measures(on_share); });
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
                {row("frames (G_F)", run_.width_divisor, run_.frames),
                 row("sequences (G_V)", sequence_divisor(run_), run_.sequences)},
                "Widths are shares of the paper's; networks \"" + run_.variant + "\"; " + std::to_string(run_.films) +
                    " films; seed " + std::to_string(run_.seed) + ".");
    if (!fs::exists(losses)) {
      page_.paragraph("The run's losses.csv is not there, so there are no loss curves.");
      return;
    }
    draw_losses(losses, folder_);
    page_.picture(folder_ / "loss-curves.png",
                  "Losses, averaged over the discriminators and over neighbouring steps: equation 1 for the "
                  "discriminators, equation 3 for the generator.",
                  Page::Fit::scrolled);
  }

  void add_frames() {
    write_frames_picture(session_, run_, folder_);
    page_.section("Figure 2: frames");
    page_.picture(folder_ / "frames.png", "64 frames that G_F draws from independent latents.");
  }

  void add_films() {
    constexpr int count = 3;
    const auto real = unseen_films(run_, count), generated = session_.sample_films(count, run_.seed);
    write_film_rows(real, folder_ / "real");
    write_film_rows(generated, folder_ / "generated");
    page_.section("Figure 3: films");
    page_.picture(folder_ / "real.png", "3a: real films, a row each, time from left to right.", Page::Fit::scrolled);
    page_.picture(folder_ / "generated.png", "3b: generated films.", Page::Fit::scrolled);
    page_.picture(folder_ / "real.gif", "The real films.");
    page_.picture(folder_ / "generated.gif", "The generated films.");
  }

  void add_films_of_other_frames() {
    constexpr int count = 3;
    write_film_rows(films_of_other_frames(count), folder_ / "other-frames");
    const std::string caption = "G_F trained on " + balls_text(other_->run.balls) +
                                " under this run's G_V, which was trained on " + balls_text(run_.balls) +
                                "; nothing was trained further.";
    page_.section("Figure 4: frames of another run");
    page_.picture(folder_ / "other-frames.png", caption, Page::Fit::scrolled);
    page_.picture(folder_ / "other-frames.gif", "The same as films.");
  }

  void add_latents() {
    const auto map = map_latents(session_, run_, folder_);
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
    write_interpolations(session_, run_, folder_);
    page_.picture(folder_ / "interpolations.png",
                  "Linear interpolations between two draws from the prior, a row each, decoded by G_F.",
                  Page::Fit::scrolled);
  }

  void add_table() {
    std::vector<TableRow> rows;
    const auto add = [&](const Run& run, Session& frames, std::span<const float> generated) {
      rows.push_back({run.balls, "real", film_mse(unseen_films(run, table_films))});
      rows.push_back({run.balls, "generated", film_mse(generated)});
      rows.push_back({run.balls, "random z", film_mse(frames.sample_frames(table_films * length, run.seed))});
    };
    if (other_ != nullptr) add(other_->run, *other_->session, films_of_other_frames(table_films));
    add(run_, session_, session_.sample_films(table_films, run_.seed));

    std::string csv = "balls,films,mean,standard_deviation,paper\n";
    std::vector<Page::Row> cells;
    for (const auto& row : rows) {
      csv += std::to_string(row.balls) + "," + row.films + "," + text(row.measured.mean, 6) + "," +
             text(row.measured.deviation, 6) + "," + printed(row) + "\n";
      cells.push_back({balls_text(row.balls) + ", " + row.films, text(row.measured), printed(row)});
    }
    zoetrope::write_text(folder_ / "table1.csv", csv);
    page_.section("Table 1: how much changes from frame to frame");
    page_.table({"films", "measured", "paper"}, cells,
                "Mean squared difference between neighbouring binarised frames, mean and standard deviation over " +
                    std::to_string(table_films) + " films. Random z: frames of independent latents.");
    if (other_ != nullptr)
      page_.paragraph("The generated films of " + balls_text(other_->run.balls) +
                      " are those of figure 4: G_V learnt on " + balls_text(run_.balls) + ".");
    page_.paragraph(
        "(*) The paper prints the same numbers for real films of three balls as of one. Simulated anew, three balls "
        "give 0.0358 ± 0.0021, so this row of the paper looks like a copy of the other.");
  }

  void add_measures(const OnShare& on_share) {
    const auto rows = measure(session_, run_, settings_.films, on_share);
    std::string csv = "measure,generated,generated_error,real,real_error,best\n";
    std::vector<Page::Row> cells;
    for (const auto& row : rows) {
      csv += "\"" + row.name + "\"," + text(row.generated.value, 6) + "," + text(row.generated.error, 6) + "," +
             text(row.real.value, 6) + "," + text(row.real.error, 6) + ",\"" + row.best + "\"\n";
      cells.push_back({row.name, text(row.generated), text(row.real), row.best});
    }
    zoetrope::write_text(folder_ / "measures.csv", csv);
    page_.section("Measures of motion");
    page_.table(
        {"measure", "generated", "real", "best"}, cells,
        "What Table 1 cannot see, over " + std::to_string(settings_.films) +
            " films, with standard errors: how far a measure would be off with other films, by the jackknife over "
            "twentieths of them. The column \"real\" compares real films with other real ones: no generator can be "
            "expected to do better. Lengths are in box units (the box is 10 wide, a ball's radius 1.2), times "
            "in frames.");
  }

  [[nodiscard]] std::vector<float> films_of_other_frames(int count) {
    return other_->session->frames_of(session_.sample_latents(count, run_.seed));
  }

  const Run& run_;
  Session& session_;
  Trained* other_;
  fs::path folder_;
  ReportSettings settings_;
  Page page_;
};

} // namespace

void write_report(Trained& trained, Trained* frames_of, const fs::path& losses, const fs::path& folder,
                  const ReportSettings& settings) {
  Report(trained, frames_of, folder, settings).write(losses);
}

} // namespace bouncing_balls
