/// @file
/// How many multiply-adds a training step takes, from the networks' types: those of convolutions, linear layers and
/// LSTMs, once a member and sample, forward, gradient to data and gradient to filter; and nothing else (no batch norm,
/// no activations, no optimizer). Nominal work counts every tap; useful work leaves out those that meet padding.
#pragma once

#include <zoetrope/zoetrope.hpp>

#include <tuple>
#include <type_traits>

namespace zoetrope::benchmarks {

/// Multiply-adds of one pass through all products of a network, for one sample and member.
struct MultiplyAdds {
  double first = 0; ///< of the first layer with weights, whose gradient to data is not always wanted
  double rest = 0;

  void add(double layer) { (first == 0 ? first : rest) += layer; }
  [[nodiscard]] double all() const { return first + rest; }
};

using CountLinks = double (*)(const ConvolutionGeometry&);

inline double useful_links(const ConvolutionGeometry& geometry) {
  return static_cast<double>(eigen::ConvolutionPlan(geometry).by_output.pairs.size()) * geometry.input_channels *
         geometry.output_channels;
}
inline double nominal_links(const ConvolutionGeometry& geometry) {
  return static_cast<double>(geometry.output_positions() * geometry.taps()) * geometry.input_channels *
         geometry.output_channels;
}

template <class Layer>
double layer_work(CountLinks links) {
  if constexpr (requires { Layer::geometry; })
    return links(Layer::geometry);
  else if constexpr (requires { Layer::gates; })
    return static_cast<double>(Layer::parameter_count) * Layer::steps; // but for the biases, a thousandth
  else
    return 0;
}

template <class Network>
MultiplyAdds network_work(CountLinks links) {
  MultiplyAdds work;
  [&]<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    ((layer_work<Layers>(links) > 0 ? work.add(layer_work<Layers>(links)) : void()), ...);
  }(std::type_identity<typename Network::Layers::Bound>{});
  return work;
}

inline ConvolutionGeometry projection_geometry(bool film) {
  using Frame = Shape<1, 30, 30>;
  using Film = Shape<1, 30, 30, 30>;
  return film ? make_geometry<Film, projection::PaperFilm::OutputOf<Film>, Extents<1, 8, 8>, Extents<1, 3, 3>,
                              Extents<0, 2, 2>>()
              : make_geometry<Frame, projection::PaperFrame::OutputOf<Frame>, Extents<8, 8>, Extents<2, 2>,
                              Extents<3, 3>>();
}

/// One step: @p generations says how often samples are made, @p behind the work of a frozen network behind the
/// generator, a sample.
struct StepShape {
  int batch;
  int members;
  int generations = 1;
  double behind = 0;
  bool film = false;
};

/// Floating-point operations, two for each multiply-add, that one step asks of an ensemble: real and generated samples
/// judged and learnt from, then generated ones judged again, and backpropagated to the samples.
template <class D>
double ensemble_flops(int batch, int members, bool film, CountLinks links) {
  const MultiplyAdds discriminator = network_work<D>(links);
  const double judge = links(projection_geometry(film)) + discriminator.all();
  const double learn = discriminator.all() + discriminator.rest;
  return 2.0 * batch * members * (2 * (judge + learn) + judge + judge);
}

/// The same of both updates of one step.
template <class G, class D>
double step_flops(const StepShape& step, CountLinks links) {
  const MultiplyAdds generator = network_work<G>(links);
  const double generator_work = step.generations * (generator.all() + step.behind) + generator.all() + generator.rest +
                                step.behind; // back: filter, data
  return 2.0 * step.batch * generator_work + ensemble_flops<D>(step.batch, step.members, step.film, links);
}
template <class G, class D>
double useful_step_flops(const StepShape& step) {
  return step_flops<G, D>(step, useful_links);
}
template <class G, class D>
double nominal_step_flops(const StepShape& step) {
  return step_flops<G, D>(step, nominal_links);
}

} // namespace zoetrope::benchmarks
