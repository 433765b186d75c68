// Drawing films from a trainer, and making the data.

#include "../workloads.hpp"
#include "measure.hpp"
#include "zoetrope/data/memory_films.hpp"
#ifdef ZOETROPE_BENCHMARK_VIDEO
#include "zoetrope/data/video_films.hpp"
#include "zoetrope/io/video_writer.hpp"
#endif

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

namespace zoetrope::benchmarks {

namespace {

template <class W>
void add_sampling(const std::string& widths) {
  const double flops = 2.0 * (network_work<typename W::SequenceG>(nominal_links).all() +
                              30 * network_work<typename W::FrameG>(nominal_links).all());
  for (const int films : {1, 64})
    add({.name = "sample/" + widths + "/" + std::to_string(films) + (films == 1 ? " film" : " films"),
         .flops = films * flops,
         .items = static_cast<double>(films),
         .item = "films",
         .prepare = [=]() -> Work {
           auto trainer = std::make_shared<typename W::SequenceTrainer>(W::template settings<RmsProp>());
           return [=] { static_cast<void>(trainer->sample_films(films)); };
         }});
}

/// Films and single frames of @p data, 64 at a time, as the trainer makes a batch: in parallel over the samples.
template <FilmDataset Data>
void add_data(const std::string& name, std::shared_ptr<const Data> data) {
  constexpr int batch = 64;
  constexpr auto film_size = static_cast<std::size_t>(Data::Film::size),
                 frame_size = std::size_t{FrameOf<typename Data::Film>::size};
  const auto index = [data](std::ptrdiff_t i) { return static_cast<std::uint64_t>(i) * 7919 % data->size(); };
  add({.name = "data/" + name + "/64 films", .items = batch, .item = "films", .prepare = [=]() -> Work {
         return [=, films = std::make_shared<std::vector<float>>(batch * film_size)] {
           parallel_for(batch, [&](std::ptrdiff_t i) {
             data->film(index(i), std::span(*films).subspan(static_cast<std::size_t>(i) * film_size, film_size));
           });
         };
       }});
  add({.name = "data/" + name + "/64 frames", .items = batch, .item = "frames", .prepare = [=]() -> Work {
         return [=, frames = std::make_shared<std::vector<float>>(batch * frame_size)] {
           parallel_for(batch, [&](std::ptrdiff_t i) {
             data->frame(index(i), static_cast<int>(i % film_length<typename Data::Film>),
                         std::span(*frames).subspan(static_cast<std::size_t>(i) * frame_size, frame_size));
           });
         };
       }});
}

/// Clips of 16 frames of 32x32 from films in memory, 64 frames of @p side x @p side bytes in colour each.
void add_clips(int side) {
  using Films = MemoryFilms<Shape<3, 16, 32, 32>>;
  constexpr std::uint64_t films = 16, frames = 64;
  const auto width = static_cast<std::uint64_t>(side);
  static std::deque<std::vector<std::uint8_t>> kept; // outlives every data set
  auto& bytes = kept.emplace_back(films * frames * width * width * 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i / 7 % 251);
  const std::string size = std::to_string(side) + "x" + std::to_string(side);
  add_data("clips of 32x32" + (side == 32 ? "" : " from " + size),
           std::make_shared<const Films>(std::span<const std::uint8_t>(bytes),
                                         std::vector<std::uint64_t>{films, frames, width, width, 3}));
}

#ifdef ZOETROPE_BENCHMARK_VIDEO
/// A film as it is read once, before training: decoded, cut and resized.
void add_video() {
  constexpr int frames = 64, height = 240, width = 320;
  add({.name = "data/video of 320x240/64 frames to 32x32", .items = frames, .item = "frames", .prepare = []() -> Work {
         const auto path =
             std::filesystem::temp_directory_path() / ("zoetrope-benchmark-" + std::to_string(::getpid()) + ".mp4");
         std::vector<Picture> film;
         for (int time = 0; time < frames; ++time) {
           Picture& picture = film.emplace_back(Picture{width, height, 3, {}});
           picture.pixels.resize(std::size_t{height} * width * 3);
           for (std::size_t i = 0; i < picture.pixels.size(); ++i)
             picture.pixels[i] = static_cast<std::uint8_t>((i / 3 % width + i / (3 * width) + 4 * time) % 256);
         }
         write_video(path, film);
         return [file = std::shared_ptr<const std::filesystem::path>(new auto(path), [](const auto* written) {
                   std::filesystem::remove(*written);
                   delete written;
                 })] {
           static_cast<void>(VideoArchive(*file, {32, 32, 3}, Crop::center));
         };
       }});
}
#endif

} // namespace

void add_samples() {
  add_sampling<Demo>("demo");
  add_sampling<Cpu>("cpu");
  add_sampling<Paper>("paper");
  add_data("1 ball", std::make_shared<const BouncingBalls<1>>());
  add_data("3 balls", std::make_shared<const BouncingBalls<3>>());
  add_clips(32);
  add_clips(64);
#ifdef ZOETROPE_BENCHMARK_VIDEO
  add_video();
#endif
}

} // namespace zoetrope::benchmarks
