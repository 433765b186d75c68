// The GPU backend where there is no GPU: its layouts, kernels and plans, over libraries played by the CPU.
#include "backends/agreement.hpp"
#include "backends/host_device.hpp"
#include "backends/networks.hpp"

using namespace zoetrope;
using support::CudnnOnHost;

namespace {

using Float = CudnnOnHost<Fp32>;
using Narrow = CudnnOnHost<Bf16>;

static_assert(Backend<Float> && detail::HasBatchNorm<Float> && detail::HasLstm<Float>);
static_assert(Backend<Narrow> && Backend<backend::Cudnn<>> && detail::HasLstm<backend::Cudnn<Bf16>>);
static_assert(!Precision<float>);
static_assert(cudnn::ComputeDevice<support::HostDevice> && cudnn::ComputeDevice<cudnn::CudaDevice>);
static_assert(!cudnn::ComputeDevice<int> && !cudnn::DeviceMemory<support::HostDevice>);
static_assert(std::is_same_v<backend::Cudnn<>, backend::Cudnn<Tf32>>);

constexpr double float_tolerance = 1e-5, narrow_tolerance = 3e-2, narrow_network_tolerance = 0.1;

} // namespace

TEST_CASE("on the host, the GPU backend's convolutions agree with loops") {
  Float backend;
  Narrow narrow;
  int grouped = 0;
  for (const auto& c : agreement::convolution_cases()) {
    agreement::check_convolution(backend, c, float_tolerance);
    agreement::check_convolution(narrow, c, narrow_tolerance);
    grouped += Float::ConvolutionPlan(c.geometry).grouped();
  }
  CHECK(grouped > 4);
  CHECK(grouped < 10);
}

TEST_CASE("on the host, operands that are to stay exact are not rounded in bfloat16, in grey or in colour") {
  Narrow narrow;
  for (const auto& c : agreement::exact_cases())
    agreement::check_convolution(narrow, c, float_tolerance, Operands::exact);
  for (const auto& c : agreement::convolution_cases())
    agreement::check_convolution(narrow, c, float_tolerance, Operands::exact);
}

TEST_CASE("samples are packed and come apart on either backend") {
  agreement::check_packs<Float>();
  agreement::check_packs<backend::Eigen<float>>();
  agreement::check_chosen_frames<Float>();
  agreement::check_chosen_frames<backend::Eigen<float>>();
  agreement::check_appended_positions<Float>();
  agreement::check_appended_positions<backend::Eigen<float>>();
}

TEST_CASE("views are seen over time on either backend") {
  agreement::check_filters_over_time<Float>();
  agreement::check_filters_over_time<backend::Eigen<float>>();
}

TEST_CASE("on the host, waves are the Eigen backend's, in bfloat16 too") {
  agreement::check_waves<Float>(float_tolerance);
  agreement::check_waves<Narrow>(float_tolerance);
}

TEST_CASE("on the host, the GPU backend's networks agree with the Eigen backend's") {
  agreement::check_networks<Float>(float_tolerance);
}

TEST_CASE("on the host, the GPU backend's networks agree in bfloat16, as far as it goes") {
  const auto backend = std::make_shared<Narrow>();
  agreement::check_network<agreement::Ensemble, Narrow>(backend, 3, 5, Mode::training, narrow_network_tolerance);
  // Without batch norm, what lies between the convolutions stays in bfloat16.
  for (const Mode mode : {Mode::training, Mode::frozen}) {
    agreement::check_network<arch::FrameDiscriminator<32>, Narrow>(backend, 2, 3, mode, narrow_network_tolerance);
    agreement::check_network<arch::FilmDiscriminator<32>, Narrow>(backend, 2, 2, mode, narrow_network_tolerance);
    agreement::check_network<agreement::Chain, Narrow>(backend, 2, 3, mode, narrow_network_tolerance);
  }
}

TEST_CASE("values are narrow where whoever reads them would round them, and there alone") {
  const auto storage = []<class Architecture>(Architecture) {
    return []<class... L>(std::type_identity<std::tuple<L...>>) {
      std::string text;
      for (const auto& around : detail::surroundings_of<Narrow, L...>()) text += around.narrow_output ? 'n' : 'w';
      return text;
    }(std::type_identity<typename Architecture::Layers::Bound>{});
  };
  // Convolution, leaky ReLU, ...: the last convolution takes its operands as they are.
  CHECK(storage(arch::FrameDiscriminator<>{}) == "nnnnwww");
  CHECK(storage(arch::FilmDiscriminator<>{}) == "nnnnwww");
  // Batch norm reads and writes float.
  CHECK(storage(arch::FrameDiscriminator<1, DiscriminatorNorm::batch>{}) == "nnwwwwwww");
  CHECK(storage(arch::DcganFrame<>{}).find('n') == std::string::npos);
  CHECK(storage(agreement::Chain{}) == "nnnwwwww");
  // Gradients are narrow too where it is the layer below that would round them.
  const auto gradients = []<class... L>(std::type_identity<std::tuple<L...>>) {
    std::string text;
    for (const auto& around : detail::surroundings_of<Narrow, L...>())
      text += around.narrow_output_gradient ? 'n' : 'w';
    return text;
  };
  CHECK(gradients(std::type_identity<arch::FrameDiscriminator<>::Layers::Bound>{}) == "nnnnnnw");
  CHECK(gradients(std::type_identity<agreement::Chain::Layers::Bound>{}) == "nnnnnwww");
  for (const auto& around : detail::surroundings_of<Float, std::tuple_element_t<0, agreement::Chain::Layers::Bound>,
                                                    std::tuple_element_t<1, agreement::Chain::Layers::Bound>>())
    CHECK_FALSE(around.narrow_output);
}

TEST_CASE("copies of filters, and gradients that wait, go with their network") {
  const auto backend = std::make_shared<Narrow>();
  const auto work = [&] {
    Network<arch::FrameDiscriminator<32>, Narrow> network(backend, 2);
    const agreement::Sizes inputs{2, 3, 225, 1};
    const auto input = agreement::import_members(*backend, inputs, support::normals<float>(inputs.count(), 1));
    network.forward(3, input.data(), Mode::training);
    backend->fill(network.output_gradient(), 6, 1.0F);
    network.backward(3, true, false);
    return support::HostMemory::live_bytes();
  };
  (void)work();
  const std::size_t without = support::HostMemory::live_bytes();
  for (int i = 0; i < 3; ++i) {
    CHECK(work() > without);
    CHECK(support::HostMemory::live_bytes() == without);
  }
}

TEST_CASE("gradients that wait for the optimizer are there for whoever asks") {
  const auto backend = std::make_shared<Narrow>();
  Network<arch::FrameDiscriminator<32>, Narrow> network(backend, 2);
  const auto size = network.parameters().size();
  backend->copy_from_host(support::normals<float>(static_cast<std::ptrdiff_t>(size), 2).data(), size,
                          network.parameters().data());
  const agreement::Sizes inputs{2, 3, 225, 1};
  const auto input = agreement::import_members(*backend, inputs, support::normals<float>(inputs.count(), 1));
  const auto pass = [&] {
    network.forward(3, input.data(), Mode::training);
    backend->fill(network.output_gradient(), 6, 1.0F);
    network.backward(3, true, false);
  };
  const auto gradients = [&] {
    return agreement::download(*backend, network.gradients().data(), static_cast<std::ptrdiff_t>(size));
  };
  pass();
  const auto once = gradients();
  pass(); // added to the first pass's
  auto twice = once;
  for (float& value : twice) value *= 2;
  agreement::check_close("two passes", gradients(), agreement::wide(twice), 1e-5);
  network.clear_gradients();
  pass();
  CHECK(gradients() == once);
  // An update takes them from where they wait, another one from where they belong: the same numbers.
  const auto updated = [&](bool ask) {
    auto parameters = agreement::upload(
        *backend, agreement::download(*backend, network.parameters().data(), static_cast<std::ptrdiff_t>(size)));
    auto average = agreement::upload(*backend, std::vector<float>(size, 1.0F));
    network.clear_gradients();
    pass();
    if (ask) (void)gradients();
    const RmsProp optimizer{.learning_rate = 0.1};
    backend->rms_prop(static_cast<std::ptrdiff_t>(size), optimizer.learning_rate, optimizer.alpha, optimizer.epsilon,
                      network.gradients().data(), average.data(), network.parameters().data(), [](Updated) {});
    const auto result = agreement::download(*backend, network.parameters().data(), static_cast<std::ptrdiff_t>(size));
    backend->copy(parameters.data(), size, network.parameters().data());
    return result;
  };
  CHECK(updated(false) == updated(true));

  // Whoever reads them twice, with a pass of a recorded step in between, gets the second one's.
  Narrow::Step step;
  const auto learn = [&] {
    backend->start_step(step, [&] {
      network.clear_gradients();
      pass();
    });
    backend->finish_step(step);
  };
  for (int i = 0; i < 3; ++i) learn();
  const auto before = gradients();
  backend->add(network.parameters().data(), size, 0.125F);
  learn();
  const auto after = gradients();
  CHECK(after != before);
  network.clear_gradients();
  pass();
  CHECK(gradients() == after);

  // What was to be recorded and failed was not done.
  Narrow::Step broken;
  int calls = 0;
  const auto fail_once = [&] {
    network.clear_gradients();
    pass();
    require(++calls != 2, "the second one fails");
  };
  backend->start_step(broken, fail_once);
  CHECK_THROWS_WITH_AS(backend->start_step(broken, fail_once), "the second one fails", Error);
  network.clear_gradients();
  pass();
  CHECK(gradients() == after);

  // Memory allocated where gradients were is nobody's but its owner's.
  network.clear_gradients();
  pass();
  network.drop_gradients();
  const auto values = support::normals<float>(static_cast<std::ptrdiff_t>(size), 7);
  std::vector<Narrow::Buffer> others;
  for (int i = 0; i < 4; ++i) others.push_back(agreement::upload(*backend, values));
  for (const auto& other : others)
    CHECK(agreement::download(*backend, other.data(), static_cast<std::ptrdiff_t>(size)) == values);
  CHECK(gradients() == std::vector<float>(size));
}

TEST_CASE("long sums have the precision of short ones, however few columns share the work") {
  Float backend;
  for (const int channels : {1, 3}) {
    const std::ptrdiff_t rows = 300'000;
    const auto values = support::normals<float>(rows * channels, 1);
    std::vector<double> expected(static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < values.size(); ++i) expected[i % expected.size()] += double{values[i]};
    const auto here = agreement::upload(backend, values);
    auto sums = agreement::upload(backend, support::poison<float>(channels));
    backend.sum_rows(1, rows, channels, here.data(), false, WriteMode::replace, sums.data());
    agreement::check_close("sums", agreement::download(backend, sums.data(), channels), expected, 1e-5);
  }
}

TEST_CASE("samples reach the device whatever their number, before their memory is used again") {
  struct Late {
    Late() { support::HostDevice::copies_are_late = true; }
    ~Late() { support::HostDevice::copies_are_late = false; }
  } late;
  Float backend;
  std::vector<Float::Buffer> buffers;
  std::vector<std::vector<float>> sent;
  for (const int batch : {1, 1000, 3, 400'000, 2, 7}) {
    sent.push_back(support::normals<float>(batch * 5, static_cast<std::uint32_t>(batch)));
    buffers.emplace_back(sent.back().size());
    auto copy = sent.back();
    backend.import_samples(batch, 5, 1, copy.data(), buffers.back().data());
    std::fill(copy.begin(), copy.end(), 0.0F);
  }
  for (std::size_t i = 0; i < sent.size(); ++i)
    CHECK(agreement::download(backend, buffers[i].data(), std::ssize(sent[i])) == sent[i]);
}

TEST_CASE("copies of filters in bfloat16 follow every change of the parameters") {
  using Net = Network<agreement::Ensemble, Narrow>;
  const auto backend = std::make_shared<Narrow>();
  Net network(backend, 2);
  const agreement::Sizes inputs{2, 3, Net::Input::positions, Net::Input::channels},
      outputs{2, 3, Net::Output::positions, Net::Output::channels};
  const auto input = agreement::import_members(*backend, inputs, support::normals<float>(inputs.count(), 1));
  const auto output_of = [&](Net& any) {
    return agreement::download(*backend, any.forward(3, input.data(), Mode::training), outputs.count());
  };
  const auto size = network.parameters().size();
  const auto values = [&](std::uint32_t seed) {
    return support::normals<float>(static_cast<std::ptrdiff_t>(size), seed);
  };
  const auto gradient = agreement::upload(*backend, values(9));
  auto square_average = agreement::upload(*backend, std::vector<float>(size, 1.0F)),
       average = agreement::upload(*backend, values(8));
  const auto other = agreement::upload(*backend, values(3));
  const std::uint64_t updates = 4;
  auto* parameters = network.parameters().data();
  const std::function<void()> changes[] = {
      [&] { backend->copy_from_host(values(2).data(), size, parameters); },
      [&] { backend->copy(other.data(), size, parameters); },
      [&] { backend->add(parameters, size, 0.5F); },
      [&] {
        backend->rms_prop(std::ssize(values(1)), 0.1, 0.9, 1e-8, gradient.data(), square_average.data(), parameters,
                          [](Updated) { FAIL("an update is not finite"); });
      },
      [&] {
        backend->adam(std::ssize(values(1)), 0.1, 0.9, 0.99, 1e-8, updates, gradient.data(), average.data(),
                      square_average.data(), parameters, [](Updated) { FAIL("an update is not finite"); });
      },
      [&] {
        // The second member's part of the convolution's filter.
        const auto located = network.located_parameters()[4];
        REQUIRE(located.info.shape == std::vector<std::int64_t>{16, 8, 3, 3});
        network.set(network.parameters(), located, 1, support::normals<float>(located.info.size(), 5).data());
      },
      [&] { backend->fill(parameters, size, 0.25F); },
      [&] {
        const auto located = network.located_parameters()[4];
        auto vectors = agreement::upload(*backend, support::normals<float>(2 * located.info.columns, 4));
        backend->bound_spectral_norms(2, located.info.block(), 0.5, parameters + located.offset, vectors.data());
      },
  };
  std::vector<float> last;
  for (const auto& change : changes) {
    change();
    Net fresh(std::make_shared<Narrow>(), 2);
    fresh.backend().copy_from_host(parameters, size, fresh.parameters().data());
    const auto found = output_of(network);
    CHECK(found == output_of(fresh));
    CHECK(found != last);
    last = found;
  }
}

TEST_CASE("on the host, the GPU backend adds vectors up") { agreement::check_sums(Float()); }

TEST_CASE("on the host, the GPU backend averages vectors") { agreement::check_averages(Float()); }

TEST_CASE("on the host, the GPU backend bounds spectral norms as the Eigen backend does") {
  agreement::check_spectral_norms<Float>();
}

TEST_CASE("on the host, a step of either stage on the GPU backend is the Eigen backend's") {
  agreement::check_training<Adam, Float>(1e-4);
  agreement::check_training<RmsProp, Float>(1e-4);
}

TEST_CASE("on the host, a frame generator learns on with the GPU backend as with the Eigen backend") {
  agreement::check_learning_frames<Float>(1e-4);
}

TEST_CASE("on the host, a run goes on from one backend to the other") {
  agreement::check_checkpoints<Adam, Float>(1e-4);
  agreement::check_checkpoints<RmsProp, Float>(1e-4);
}

TEST_CASE("on the host, a recorded step of the GPU backend repeats the step") {
  const int before = support::HostDevice::graphs_launched;
  agreement::check_recorded_steps<Adam, Float>();
  // Of nine and eight steps, the first is not recorded, nor that after the first picture, which needs memory; later
  // pictures need none.
  CHECK(support::HostDevice::graphs_launched - before == 7 + 7);
  agreement::check_recorded_steps<Adam, Narrow>();
  agreement::check_recorded_steps<RmsProp, Float>();
}

TEST_CASE("on the host, a recorded step of the GPU backend goes on with averages of weights") {
  agreement::check_recorded_steps<Adam, Float>(0.9);
  agreement::check_recorded_steps<Adam, Narrow>(0.9);
}

TEST_CASE("on the host, a recorded step of the GPU backend goes on with a bound on spectral norms") {
  agreement::check_recorded_steps<Adam, Float>(0, 0.2);
  agreement::check_recorded_steps<RmsProp, Narrow>(0, 0.2);
}

TEST_CASE("on the host, training on the GPU backend that diverges stops and says where") {
  agreement::check_divergence<Float>();
}

TEST_CASE("on the host, the GPU backend gives the same bytes for the same seed") {
  agreement::check_same_bytes<Adam, Float>();
}
