#include "support/pytorch.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"

using namespace zoetrope;

namespace {

/// The fixture's filter as the second of three members, the others random.
template <class Policy, class Sample, class View>
void check(const char* name) {
  static_assert(std::is_same_v<typename Policy::template OutputOf<Sample>, View>);
  const auto file = support::fixture(name);
  const auto batch = static_cast<int>(file.shape("input")[0]);
  const auto backend = std::make_shared<backend::Eigen<float>>();
  const std::size_t members = 3, member = 1;
  typename Policy::template Projector<Sample, backend::Eigen<float>> projector(backend, members);
  const auto filter = file.tensor<float>("weight");
  REQUIRE(projector.weights().size() == members * filter.size());
  projector.initialize(5, Stream::frame_projections);
  // One convolution whose output channels are the members: [tap][member].
  for (std::size_t tap = 0; tap < filter.size(); ++tap)
    projector.weights().data()[tap * members + member] = filter[tap];

  const auto samples = support::import_tensor<Sample>(*backend, file, "input");
  const float* views = projector.forward(batch, samples.data());
  support::check_close(file, "output",
                       support::export_tensor<View>(*backend, batch, views + member * batch * View::size));

  // The other members send no gradient, so the sum over members is this one's.
  const auto gradient = support::import_tensor<View>(*backend, file, "output_gradient");
  std::vector<float> gradients(members * gradient.size(), 0.0F);
  std::copy(gradient.begin(), gradient.end(),
            gradients.begin() + static_cast<std::ptrdiff_t>(member * gradient.size()));
  auto sample_gradient = support::poison<float>(batch * Sample::size);
  projector.backward(batch, gradients.data(), sample_gradient.data());
  support::check_close(file, "input_gradient", support::export_tensor<Sample>(*backend, batch, sample_gradient.data()));
}

} // namespace

TEST_CASE("the paper's projections compute what PyTorch computes") {
  check<projection::PaperFrame, Shape<1, 30, 30>, Shape<1, 15, 15>>("frame_projection");
  check<projection::PaperFilm, Shape<1, 30, 30, 30>, Shape<1, 30, 9, 9>>("film_projection");
}
