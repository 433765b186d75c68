#include "evaluation.hpp"

#include <zoetrope/core/number_text.hpp>
#include <zoetrope/eval/film_change.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace program {

namespace {

template <class Measure>
std::vector<double> over_samples(std::span<const float> samples, std::size_t size, const Measure& measure) {
  std::vector<double> values;
  for (std::size_t first = 0; first < samples.size(); first += size)
    values.push_back(measure(samples.subspan(first, size)));
  return values;
}

} // namespace

zoetrope::MeanAndDeviation film_mse(std::span<const float> films, const Data& data) {
  const int length = data.sizes().length;
  const bool binary = data.binary();
  return zoetrope::mean_and_deviation(over_samples(films, data.sizes().film(), [&](std::span<const float> film) {
    if (binary) return zoetrope::consecutive_mse(film, length);
    const auto changes = zoetrope::film_change(film, length, 1);
    return std::accumulate(changes.begin(), changes.end(), 0.0) / static_cast<double>(changes.size());
  }));
}

std::vector<CheckedMeasure> Evaluation::measures() const {
  const double generated_ratio = generated.mean / real.mean, random_ratio = random_latents.mean / real.mean;
  std::vector<CheckedMeasure> result{{"MSE of generated films, relative to real", generated_ratio, "0.8 to 1.25",
                                      generated_ratio >= 0.8 && generated_ratio <= 1.25}};
  // How much films change against unrelated frames, and whether all are as bright, depends on what they show.
  if (binary) {
    result.push_back(at_least("MSE of random z, relative to real", random_ratio, 3));
    result.push_back(at_least("share of frames within 15 % of the real brightness", near_brightness, 0.85));
  }
  result.push_back(at_least("pixel standard deviation over frames, relative to real", relative_spread, 0.85));
  result.back().good = result.back().good && std::isfinite(relative_spread);
  result.insert(result.end(), motion.begin(), motion.end());
  return result;
}

bool Evaluation::good() const {
  const auto all = measures();
  return std::all_of(all.begin(), all.end(), [](const CheckedMeasure& measure) { return measure.good; });
}

std::string Evaluation::markdown() const {
  const auto row = [](const char* name, const zoetrope::MeanAndDeviation& value) {
    return std::string("| ") + name + " | " + zoetrope::fixed_text(value.mean, 4) + " ± " +
           zoetrope::fixed_text(value.deviation, 4) + " |\n";
  };
  std::string result = std::string("# Table 1: MSE between consecutive ") + (binary ? "binarised " : "") + "frames, " +
                       title + "\n\nMean ± standard deviation over " + std::to_string(film_count) +
                       " films.\n\n| films | MSE |\n|---|---|\n";
  result += row("real", real) + row("generated", generated) + row("random z", random_latents);
  result += "\n## How well the run learnt\n\nFrames: " + std::to_string(frame_count) +
            " samples of G_F against as many real ones.\n\n| measure | value | wanted | |\n|---|---|---|---|\n";
  for (const auto& measure : measures())
    result += "| " + measure.name + " | " + zoetrope::fixed_text(measure.value, 3) + " | " + measure.wanted + " | " +
              (measure.good ? "good" : "falls short") + " |\n";
  return result;
}

Evaluation evaluate(Session& session, const Data& data, std::uint64_t seed, int film_count, int frame_count,
                    const OnShare& on_share) {
  const int length = data.sizes().length;
  const double film_frames = static_cast<double>(film_count) * length, all_frames = 2 * film_frames + frame_count;
  Evaluation result;
  result.title = data.title();
  result.binary = data.binary();
  result.film_count = film_count;
  result.frame_count = frame_count;
  const auto real = real_films(data, film_count);
  result.real = film_mse(real, data);
  const auto generated =
      sample_films(session, film_count, seed, [&](double share) { on_share(share * film_frames / all_frames); });
  result.generated = film_mse(generated, data);
  result.motion = data.checks(generated);
  result.random_latents = film_mse(session.sample_frames(film_count * length, seed), data);
  on_share(2 * film_frames / all_frames);

  // One frame a film, so that frames are independent; each time equally often.
  const std::size_t frame_size = data.sizes().frame();
  const auto frames_of_data = real_frames(data, frame_count);
  const auto frames = session.sample_frames(frame_count, seed);
  const auto brightness = [](std::span<const float> frame) { return zoetrope::brightness(frame); };
  const double target = zoetrope::mean_and_deviation(over_samples(frames_of_data, frame_size, brightness)).mean;
  result.near_brightness = zoetrope::fraction_near(over_samples(frames, frame_size, brightness), target, 0.15);
  result.relative_spread =
      zoetrope::pixel_spread(frames, frame_count) / zoetrope::pixel_spread(frames_of_data, frame_count);
  return result;
}

} // namespace program
