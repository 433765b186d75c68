#include "benchmarks/workloads.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <tuple>
#include <type_traits>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::benchmarks;

TEST_CASE("the paper's steps take the work that was counted by hand") {
  // With all 48 and 16 discriminators.
  using Frames = ProjectedDiscriminatorEnsemble<48, projection::PaperFrame>;
  using Films = ProjectedDiscriminatorEnsemble<16, projection::PaperFilm>;
  const auto frames = [](CountLinks links) {
    return step_flops<Paper::FrameG, Frames>({.batch = 64, .members = 48, .generations = 2}, links);
  };
  const auto films = [](CountLinks links) {
    return step_flops<Paper::SequenceG, Films>(
        {.batch = 8, .members = 16, .behind = 30 * network_work<Paper::FrameG>(links).all(), .film = true}, links);
  };
  CHECK(frames(nominal_links) == doctest::Approx(3.48e12).epsilon(0.005));
  CHECK(films(nominal_links) == doctest::Approx(2.24e12).epsilon(0.005));
}

TEST_CASE("the shares of the discriminators' taps that meet no padding are those that were counted by hand") {
  const auto shares = []<class... Layers>(std::type_identity<std::tuple<Layers...>>) {
    std::vector<double> result;
    const auto add = [&]<class Layer>(std::type_identity<Layer>) {
      if constexpr (requires { Layer::geometry; })
        result.push_back(useful_links(Layer::geometry) / nominal_links(Layer::geometry));
    };
    (add(std::type_identity<Layers>{}), ...);
    return result;
  };
  const auto check = [](const std::vector<double>& found, const std::vector<double>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - expected[i]) <= 0.005);
  };
  check(shares(std::type_identity<Paper::FrameD::Layers::Bound>{}), {0.82, 0.77, 0.56, 0.25});
  check(shares(std::type_identity<Paper::FilmD::Layers::Bound>{}), {0.85, 0.67, 0.56, 0.25});
}

TEST_CASE("a layer's work is its multiply-adds") {
  CHECK(network_work<Paper::FrameG>(nominal_links).all() == doctest::Approx(337.0e6).epsilon(0.001));
  CHECK(network_work<Paper::FrameD>(nominal_links).all() == doctest::Approx(67.4e6).epsilon(0.01));
}
