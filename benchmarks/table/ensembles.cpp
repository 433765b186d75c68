// The ensemble at the demo's widths as the number of discriminators grows: what one step asks of it.

#include "../workloads.hpp"
#include "measure.hpp"

#include <memory>

namespace zoetrope::benchmarks {

namespace {

template <class D, class Sample>
void add_ensemble(const std::string& what, int batch, int members, bool film) {
  add({.name = "ensemble/demo/" + what + ", K " + std::to_string(members),
       .flops = ensemble_flops<D>(batch, members, film, nominal_links),
       .prepare = [=]() -> Work {
         auto ensemble = std::make_shared<D>(members);
         ensemble->initialize(1, Stream::frame_discriminator_weights, Stream::frame_projections);
         const auto samples = normals(batch * Sample::size);
         return [=, sample_gradient = std::make_shared<std::vector<float>>(samples.size())] {
           for (int pass = 0; pass < 2; ++pass) { // real, generated
             ensemble->forward(batch, samples.data(), Mode::training);
             std::fill_n(ensemble->logit_gradient(), members * batch, 0.01F);
             ensemble->backward_to_parameters(batch);
           }
           ensemble->forward(batch, samples.data(), Mode::training);
           std::fill_n(ensemble->logit_gradient(), members * batch, 0.01F);
           ensemble->backward_to_samples(batch, sample_gradient->data());
         };
       }});
}

} // namespace

void add_ensembles() {
  for (const int members : {1, 2, 4, 8, 16, 48})
    add_ensemble<Demo::FrameD, Demo::FrameD::Sample>("frames", Demo::frame_batch, members, false);
  for (const int members : {1, 2, 4, 8, 16, 48})
    add_ensemble<Demo::FilmD, Demo::FilmD::Sample>("films", Demo::film_batch, members, true);
}

} // namespace zoetrope::benchmarks
