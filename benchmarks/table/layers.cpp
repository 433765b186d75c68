// Every layer, and the projections, in every direction.

#include "../workloads.hpp"
#include "measure.hpp"

#include <algorithm>
#include <memory>
#include <tuple>

namespace zoetrope::benchmarks {

namespace {

using B = DefaultBackend;

template <int Divisor, int Members, DiscriminatorNorm Norm>
struct Widths {
  using FrameG = arch::DcganFrame<Divisor>;
  using SequenceG = arch::BiLstmSequence<Divisor>;
  using FrameD = arch::FrameDiscriminator<Divisor, Norm>;
  using FilmD = arch::FilmDiscriminator<Divisor, Norm>;
  static constexpr int members = Members;
};

template <class ShapeOfSample>
struct ShapeText;
template <int Channels, int... Sizes>
struct ShapeText<Shape<Channels, Sizes...>> {
  static std::string of() {
    std::string text = std::to_string(Channels);
    for (const char* before = " x "; const int size : std::initializer_list<int>{Sizes...})
      text += before + std::to_string(size);
    return text;
  }
};

template <class Layer>
constexpr bool is_batch_norm = Layer::statistic_count > 0;

template <class Layer>
std::string kind() {
  if constexpr (requires { Layer::gates; })
    return "LSTM";
  else if constexpr (is_batch_norm<Layer>)
    return "batch norm";
  else if constexpr (requires { Layer::slope; })
    return Layer::slope == 0 ? "ReLU" : "leaky ReLU";
  else if constexpr (requires { Layer::geometry; })
    return Layer::geometry.taps() == 1                                    ? "linear"
           : Layer::geometry.input_positions() == Layer::Input::positions ? "convolution"
                                                                          : "transposed convolution";
  else
    return Layer::reads_output ? "tanh" : "view";
}

/// A layer with all that its calls refer to.
template <class Layer>
struct Bench {
  std::shared_ptr<B> backend = std::make_shared<B>();
  int members, batch;
  Mode mode;
  typename Layer::template Cache<B> cache;
  B::Buffer parameters, gradients, statistics, input, output, output_gradient, input_gradient;

  Bench(int member_count, int batch_size, Mode how) : members(member_count), batch(batch_size), mode(how) {
    cache.reserve(members, batch);
    const auto fill = [this](B::Buffer& buffer, std::ptrdiff_t size, float scale) {
      buffer.resize(static_cast<std::size_t>(members * size));
      RandomStream(1, Stream::sampling).fill_normal(0, buffer.data(), buffer.size());
      for (std::size_t i = 0; i < buffer.size(); ++i) buffer.data()[i] *= scale;
    };
    fill(parameters, Layer::parameter_count, 0.02F);
    fill(gradients, Layer::parameter_count, 0);
    statistics.resize(static_cast<std::size_t>(members * Layer::statistic_count));
    std::fill_n(statistics.data(), statistics.size(), 1.0F);
    // Its gradient is changed in place, call after call: with weights of 1 it stays as large as it is.
    if (is_batch_norm<Layer>) std::fill_n(parameters.data(), parameters.size(), 1.0F);
    fill(input, batch * Layer::Input::size, 1);
    fill(output, batch * Layer::Output::size, 0);
    fill(output_gradient, batch * Layer::Output::size, 0.01F);
    fill(input_gradient, batch * Layer::Input::size, 0);
  }

  void forward() { Layer::forward(call(false), cache, input.data(), result()); }
  void backward(bool to_parameters, bool to_input) {
    Layer::backward(call(to_parameters), cache, input.data(), result(), output_gradient.data(),
                    to_input ? input_gradient.data() : nullptr);
  }

private:
  float* result() { return Layer::in_place == InPlace::always ? input.data() : output.data(); }
  LayerCall<B> call(bool to_parameters) {
    return {*backend,
            members,
            batch,
            mode,
            parameters.data(),
            to_parameters ? gradients.data() : nullptr,
            WriteMode::replace,
            statistics.data()};
  }
};

template <class Layer>
void add_layer(const std::string& name, int members, int batch, Mode mode, bool trained) {
  const auto make = [=] { return std::make_shared<Bench<Layer>>(members, batch, mode); };
  const double flops = 2.0 * batch * members * layer_work<Layer>(nominal_links);
  add({.name = name + "/forward", .flops = flops, .prepare = [=]() -> Work {
         return [bench = make()] { bench->forward(); };
       }});
  const auto add_backward = [&](const char* direction, bool to_parameters, bool to_input, double factor) {
    add({.name = name + direction, .flops = factor * flops, .prepare = [=]() -> Work {
           auto bench = make();
           bench->forward();
           return [=] { bench->backward(to_parameters, to_input); };
         }});
  };
  if constexpr (requires { Layer::geometry; }) {
    add_backward("/data gradient", false, true, 1);
    if (trained) add_backward("/filter gradient", true, false, 1);
  } else if constexpr (requires { Layer::cache_count; }) {
    // Going back uses up what the forward pass left.
    add({.name = name + "/forward and backward", .flops = 3 * flops, .prepare = [=]() -> Work {
           return [=, bench = make()] {
             bench->forward();
             bench->backward(trained, true);
           };
         }});
  } else {
    add_backward("/backward", trained, true, trained ? 2 : 1); // its two gradients share most of their work
  }
}

template <class Arch>
void add_network(const std::string& name, int members, int batch, Mode mode = Mode::training) {
  [&]<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    int index = 0;
    const auto one = [&]<class Layer>(std::type_identity<Layer>) {
      add_layer<Layer>(name + "." + std::to_string(index) + " " + kind<Layer>() + " " +
                           ShapeText<typename Layer::Input>::of() + " to " + ShapeText<typename Layer::Output>::of(),
                       members, batch, mode, mode == Mode::training);
      ++index;
    };
    (one(std::type_identity<Layers>{}), ...);
  }(std::type_identity<typename Arch::Layers::Bound>{});
}

template <class Projection, class Sample>
void add_projection(const std::string& name, int members, int batch, bool film) {
  using Projector = typename Projection::template Projector<Sample, B>;
  const double flops = 2.0 * batch * members * nominal_links(projection_geometry(film));
  const auto make = [=] {
    auto projector = std::make_shared<Projector>(std::make_shared<B>(), members);
    projector->initialize(1, film ? Stream::sequence_projections : Stream::frame_projections);
    return projector;
  };
  add({.name = name + "/forward", .flops = flops, .prepare = [=]() -> Work {
         return [=, projector = make(), samples = normals(batch * Sample::size)] {
           projector->forward(batch, samples.data());
         };
       }});
  add({.name = name + "/data gradient", .flops = flops, .prepare = [=]() -> Work {
         return [=, projector = make(), gradients = normals(members * batch * Projector::Output::size),
                 samples = std::make_shared<std::vector<float>>(static_cast<std::size_t>(batch * Sample::size))] {
           projector->backward(batch, gradients.data(), samples->data());
         };
       }});
}

template <class W>
void add_widths(const std::string& widths, int frame_batch, int film_batch) {
  const std::string group = "layer/" + widths + "/";
  add_network<typename W::FrameG>(group + "G_F", 1, frame_batch);
  add_network<typename W::FrameG>(group + "frozen G_F", 1, 30 * film_batch, Mode::frozen);
  add_network<typename W::SequenceG>(group + "G_V", 1, film_batch);
  add_projection<projection::PaperFrame, Shape<1, 30, 30>>(group + "projection of frames", W::members, frame_batch,
                                                           false);
  add_network<typename W::FrameD>(group + "frame D", W::members, frame_batch);
  add_projection<projection::PaperFilm, Shape<1, 30, 30, 30>>(group + "projection of films", W::members, film_batch,
                                                              true);
  add_network<typename W::FilmD>(group + "film D", W::members, film_batch);
}

} // namespace

void add_layers() {
  add_widths<Widths<8, 4, DiscriminatorNorm::batch>>("demo", 32, 16);
  add_widths<Widths<4, 8, DiscriminatorNorm::batch>>("quarter", 64, 16);
  add_widths<Widths<1, 2, DiscriminatorNorm::none>>("paper", 64, 8);
}

} // namespace zoetrope::benchmarks
