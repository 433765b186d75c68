// Drawing films from a trainer, and making the data.

#include "../workloads.hpp"
#include "measure.hpp"

#include <memory>

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
           return [=] { static_cast<void>(trainer->sample(films)); };
         }});
}

template <int Balls>
void add_data() {
  const std::string name = "data/" + std::to_string(Balls) + (Balls == 1 ? " ball" : " balls");
  using Data = BouncingBalls<Balls>;
  // As the trainer makes a batch: in parallel over the samples.
  constexpr int batch = 64;
  add({.name = name + "/64 films", .items = batch, .item = "films", .prepare = []() -> Work {
         return [films = std::make_shared<std::vector<float>>(static_cast<std::size_t>(batch * Data::Film::size))] {
           parallel_for(batch, [&](std::ptrdiff_t i) {
             Data{}.film(static_cast<std::uint64_t>(i),
                         std::span(*films).subspan(static_cast<std::size_t>(i) * Data::Film::size, Data::Film::size));
           });
         };
       }});
  add({.name = name + "/64 frames", .items = batch, .item = "frames", .prepare = []() -> Work {
         return [frames = std::make_shared<std::vector<float>>(static_cast<std::size_t>(batch * Data::Frame::size))] {
           parallel_for(batch, [&](std::ptrdiff_t i) {
             Data{}.frame(
                 static_cast<std::uint64_t>(i), static_cast<int>(i % 30),
                 std::span(*frames).subspan(static_cast<std::size_t>(i) * Data::Frame::size, Data::Frame::size));
           });
         };
       }});
}

} // namespace

void add_samples() {
  add_sampling<Demo>("demo");
  add_sampling<Cpu>("cpu");
  add_sampling<Paper>("paper");
  add_data<1>();
  add_data<3>();
}

} // namespace zoetrope::benchmarks
