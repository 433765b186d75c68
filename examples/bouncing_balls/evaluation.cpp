#include "evaluation.hpp"

#include "films.hpp"

#include <zoetrope/core/number_text.hpp>

#include <cmath>

namespace bouncing_balls {

namespace {

template <class Measure>
std::vector<double> over_samples(std::span<const float> samples, std::size_t size, const Measure& measure) {
  std::vector<double> values;
  for (std::size_t first = 0; first < samples.size(); first += size)
    values.push_back(measure(samples.subspan(first, size)));
  return values;
}

} // namespace

zoetrope::MeanAndDeviation film_mse(std::span<const float> films) {
  return zoetrope::mean_and_deviation(over_samples(
      films, film_size, [](std::span<const float> film) { return zoetrope::consecutive_mse(film, length); }));
}

std::vector<Evaluation::Measure> Evaluation::measures() const {
  const double generated_ratio = generated.mean / real.mean, random_ratio = random_latents.mean / real.mean;
  return {
      {"MSE of generated films, relative to real", generated_ratio, "0.8 to 1.25",
       generated_ratio >= 0.8 && generated_ratio <= 1.25},
      {"MSE of random z, relative to real", random_ratio, "at least 3", random_ratio >= 3},
      {"share of frames within 15 % of the real brightness", near_brightness, "at least 0.85", near_brightness >= 0.85},
      {"pixel standard deviation over frames, relative to real", relative_spread, "at least 0.85",
       relative_spread >= 0.85},
  };
}

bool Evaluation::good() const {
  const auto all = measures();
  return std::all_of(all.begin(), all.end(), [](const Measure& measure) { return measure.good; });
}

std::string Evaluation::markdown() const {
  const auto row = [](const char* name, const zoetrope::MeanAndDeviation& value) {
    return std::string("| ") + name + " | " + zoetrope::fixed_text(value.mean, 4) + " ± " +
           zoetrope::fixed_text(value.deviation, 4) + " |\n";
  };
  std::string result = "# Table 1: MSE between consecutive binarised frames, " + std::to_string(balls) +
                       (balls == 1 ? " ball" : " balls") + "\n\nMean ± standard deviation over " +
                       std::to_string(film_count) + " films.\n\n| films | MSE |\n|---|---|\n";
  result += row("real", real) + row("generated", generated) + row("random z", random_latents);
  result += "\n## How well the run learnt\n\nFrames: " + std::to_string(frame_count) +
            " samples of G_F against as many real ones.\n\n| measure | value | wanted | |\n|---|---|---|---|\n";
  for (const auto& measure : measures())
    result += "| " + measure.name + " | " + zoetrope::fixed_text(measure.value, 3) + " | " + measure.wanted + " | " +
              (measure.good ? "good" : "falls short") + " |\n";
  return result;
}

Evaluation evaluate(Session& session, const Run& run, int film_count, int frame_count, const OnShare& on_share) {
  const double film_frames = static_cast<double>(film_count) * length, all_frames = 2 * film_frames + frame_count;
  Evaluation result;
  result.balls = run.balls;
  result.film_count = film_count;
  result.frame_count = frame_count;
  const auto real = unseen_films(run, film_count);
  result.real = film_mse(real);
  result.generated = film_mse(
      sample_films(session, film_count, run.seed, [&](double share) { on_share(share * film_frames / all_frames); }));
  result.random_latents = film_mse(session.sample_frames(film_count * length, run.seed));
  on_share(2 * film_frames / all_frames);

  // One frame a film, so that frames are independent; each time equally often.
  const auto data = data_with_unseen(run, frame_count);
  std::vector<float> real_frames(static_cast<std::size_t>(frame_count) * frame_size);
  for (int i = 0; i < frame_count; ++i)
    data.frame(run.films + static_cast<std::uint64_t>(i), i % length,
               std::span(real_frames).subspan(static_cast<std::size_t>(i) * frame_size, frame_size));
  const auto frames = session.sample_frames(frame_count, run.seed);
  const auto brightness = [](std::span<const float> frame) { return zoetrope::brightness(frame); };
  const double target = zoetrope::mean_and_deviation(over_samples(real_frames, frame_size, brightness)).mean;
  result.near_brightness = zoetrope::fraction_near(over_samples(frames, frame_size, brightness), target, 0.15);
  result.relative_spread =
      zoetrope::pixel_spread(frames, frame_count) / zoetrope::pixel_spread(real_frames, frame_count);
  return result;
}

} // namespace bouncing_balls
