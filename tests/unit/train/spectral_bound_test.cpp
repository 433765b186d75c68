// A bound on the spectral norms of discriminators' weights: what it does to them, and its way through checkpoints.

#include "support/numbers.hpp"
#include "support/thread_setting.hpp"
#include "unit/train/tiny_trainer.hpp"
#include "zoetrope/core/parallel.hpp"

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

using Bounded =
    TwoStageTrainer<TinyFrameG<>, TinySequenceG<>, TinyFrameD<>, TinySequenceD<>, SumObjective, test::Optimizer>;

/// Below the norms that initial weights have, so that it is felt from the first step on.
constexpr double bound_of_frames = 0.05, bound_of_sequences = 0.08;

Bounded::Settings bounded_settings(double frames = bound_of_frames, double sequences = bound_of_sequences) {
  auto settings = tiny_settings();
  settings.frames.spectral_norm = frames;
  settings.sequences.spectral_norm = sequences;
  return settings;
}

double norm_of(const float* matrix, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::JacobiSVD<Eigen::MatrixXd>(Eigen::Map<const Matrix>(matrix, rows, columns).cast<double>())
      .singularValues()(0);
}

/// The norm of each weight of each member of the discriminators in a checkpoint.
template <class Ensemble>
std::vector<double> norms_in(const std::filesystem::path& path, const std::string& name) {
  const SafetensorsFile file(path);
  const auto parameters = file.tensor<float>(name);
  std::vector<double> norms;
  Ensemble ensemble;
  for (const auto& [info, offset] : ensemble.network().located_parameters())
    for (int member = 0; info.role == ParameterInfo::Role::weight && member < ensemble.count(); ++member)
      norms.push_back(norm_of(parameters.data() + offset + member * info.size(), info.taps * info.rows, info.columns));
  return norms;
}

void check_norms(const std::vector<double>& norms, double bound) {
  REQUIRE(norms.size() == 3 * 2);
  const double largest = *std::max_element(norms.begin(), norms.end());
  CHECK(largest <= 1.05 * bound);
  CHECK(largest >= 0.99 * bound);
}

/// A checkpoint of @p settings after @p steps of both stages' 7.
void save_bounded(const Bounded::Settings& settings, std::uint64_t steps, const std::filesystem::path& path) {
  Bounded trainer(settings);
  Losses losses{.stop_after = steps};
  train_all(trainer, std::ref(losses));
  trainer.save(path);
}

/// Members' matrices, of which the second are zeros, and their vectors.
struct Matrices {
  int members;
  ParameterBlock block;
  std::vector<float> weights = support::normals<float>(members * block.size(), 1);
  std::vector<float> vectors = support::normals<float>(members * block.columns, 2);

  [[nodiscard]] std::ptrdiff_t rows() const { return block.taps * block.rows; }
  [[nodiscard]] float* weights_of(int member) { return weights.data() + member * block.size(); }
  void clear(int member) { std::fill_n(weights_of(member), block.size(), 0.0F); }
  [[nodiscard]] double norm(int member) { return norm_of(weights_of(member), rows(), block.columns); }
  void bound(double bound) {
    DefaultBackend().bound_spectral_norms(members, block, bound, weights.data(), vectors.data());
  }
};

} // namespace

TEST_CASE("matrices above the bound come to have it as their spectral norm, and others stay as they are") {
  for (const ParameterBlock block :
       {ParameterBlock{1, 1, 1}, {1, 1, 9}, {1, 40, 1}, {4, 3, 7}, {9, 20, 16}, {2, 200, 33}}) {
    CAPTURE(block.size());
    Matrices matrices{3, block};
    matrices.clear(1);
    const auto zeros_vector =
        std::vector<float>(matrices.vectors.begin() + block.columns, matrices.vectors.begin() + 2 * block.columns);
    std::vector<double> norms;
    for (int member = 0; member < 3; ++member) norms.push_back(matrices.norm(member));
    const auto before = matrices.weights;
    for (int i = 0; i < 300; ++i) matrices.bound(1.001 * *std::max_element(norms.begin(), norms.end()));
    CHECK(matrices.weights == before);

    const bool first_is_larger = norms[0] > norms[2];
    const int larger = first_is_larger ? 0 : 2, smaller = 2 - larger;
    const double bound = (norms[0] + norms[2]) / 2;
    matrices.bound(bound);
    CHECK(std::equal(matrices.weights_of(smaller), matrices.weights_of(smaller) + block.size(),
                     before.data() + smaller * block.size()));
    CHECK(matrices.norm(larger) == doctest::Approx(bound).epsilon(1e-4));
    // In the same direction.
    const auto factor = static_cast<float>(bound / norms[std::size_t(larger)]);
    for (std::ptrdiff_t i = 0; i < block.size(); ++i)
      CHECK(matrices.weights_of(larger)[i] ==
            doctest::Approx(factor * before[std::size_t(larger * block.size() + i)]).epsilon(1e-4));
    CHECK(matrices.norm(1) == 0);
    CHECK(std::equal(zeros_vector.begin(), zeros_vector.end(), matrices.vectors.begin() + block.columns));
  }
}

TEST_CASE("spectral norms do not depend on the number of threads") {
  const support::ThreadSetting setting;
  std::vector<Matrices> results;
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    results.push_back({2, {9, 50, 65}});
    for (int i = 0; i < 3; ++i) results.back().bound(1);
  }
  std::vector<std::string> states;
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    Bounded trainer(bounded_settings());
    train_all(trainer, Losses{});
    states.push_back(state_of(trainer));
  }
  for (const std::size_t i : {1, 2}) {
    CHECK(results[i].weights == results[0].weights);
    CHECK(results[i].vectors == results[0].vectors);
    CHECK((states[i] == states[0]));
  }
}

TEST_CASE("weights that are no numbers, or too large ones, leave their vectors numbers") {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e30F}) {
    Matrices matrices{1, {1, 20, 20}};
    matrices.weights[7] = value;
    matrices.bound(1);
    for (const float number : matrices.vectors) CHECK(std::isfinite(number));
    // What is no number stays one for whoever looks for it.
    CHECK((std::isfinite(matrices.weights[7]) == std::isfinite(value)));
  }
}

TEST_CASE("after a few steps no weight of a discriminator has a larger spectral norm than the bound") {
  const TemporaryFolder folder;
  // One iteration a step follows weights that no step turns around.
  const auto slow = [](double frames, double sequences) {
    auto settings = bounded_settings(frames, sequences);
    settings.frames.steps = settings.sequences.steps = 12;
    settings.frames.discriminator_optimizer = {Adam{.learning_rate = 3e-4, .beta1 = 0.5}};
    settings.sequences.discriminator_optimizer = {Adam{.learning_rate = 3e-4, .beta1 = 0.5}};
    return settings;
  };
  for (const std::uint64_t steps : {8, 12, 20, 24}) {
    CAPTURE(steps);
    const bool of_frames = steps <= 12;
    save_bounded(slow(bound_of_frames, bound_of_sequences), steps, folder / "bounded");
    save_bounded(slow(0, 0), steps, folder / "free");
    const auto norms = [&](const char* run) {
      return of_frames ? norms_in<TinyFrameD<>>(folder / run, "frames.discriminators.parameters")
                       : norms_in<TinySequenceD<>>(folder / run, "sequences.discriminators.parameters");
    };
    const double bound = of_frames ? bound_of_frames : bound_of_sequences;
    check_norms(norms("bounded"), bound);
    const auto free = norms("free");
    CHECK(*std::max_element(free.begin(), free.end()) > 1.2 * bound);
  }
}

TEST_CASE("a bound that no weight reaches changes no step") {
  Bounded free(tiny_settings()), bounded(bounded_settings(100, 100));
  Losses losses, of_bounded;
  train_all(free, std::ref(losses));
  train_all(bounded, std::ref(of_bounded));
  CHECK(losses.values == of_bounded.values);
  CHECK(free.sample_films(1) == bounded.sample_films(1));
}

TEST_CASE("runs with a bound on spectral norms resume to the same bytes, whichever stage has it") {
  check_resuming<Bounded>(bounded_settings());
  check_resuming<Bounded>(bounded_settings(0, bound_of_sequences));
  check_resuming<Bounded>(bounded_settings(bound_of_frames, 0));
}

TEST_CASE("a run with a bound that is saved before its first step goes on to the same bytes") {
  const TemporaryFolder folder;
  Bounded straight(bounded_settings()), first(bounded_settings()), second(bounded_settings());
  first.save(folder / "checkpoint");
  second.load(folder / "checkpoint");
  for (Bounded* trainer : {&straight, &first, &second}) train_all(*trainer, Losses{});
  CHECK((state_of(first) == state_of(straight)));
  CHECK((state_of(second) == state_of(straight)));
}

TEST_CASE("checkpoints with another bound on spectral norms, or none, do not go together, and say so") {
  const TemporaryFolder folder;
  for (const std::uint64_t steps : {2, 6}) {
    CAPTURE(steps);
    const std::string key = steps > 4 ? "sequences.spectral_norm" : "frames.spectral_norm";
    const auto refused = [&](double saved, double loading) {
      save_bounded(bounded_settings(saved, saved), steps, folder / "checkpoint");
      Bounded trainer(bounded_settings(loading, loading));
      const std::string before = state_of(trainer), text = error_of([&] { trainer.load(folder / "checkpoint"); });
      CHECK((state_of(trainer) == before));
      return text.substr(text.find(": ") + 2);
    };
    CHECK(refused(0, 0.5) == "expected " + key + " '0.5', but the checkpoint has none");
    CHECK(refused(0.5, 0) == "expected no " + key + ", but the checkpoint has '0.5'");
    CHECK(refused(2, 0.5) == "expected " + key + " '0.5', but the checkpoint has '2'");
  }
  save_bounded(tiny_settings(), 2, folder / "new");
  edit_file(folder / "new", folder / "old", {.metadata = {{"zoetrope.checkpoint", "1"}}});
  Bounded trainer(bounded_settings(0.5, 0));
  CHECK(contains(error_of([&] { trainer.load(folder / "old"); }),
                 "expected frames.spectral_norm '0.5', but the checkpoint has none"));
}

TEST_CASE("a checkpoint has a bound on spectral norms where there is one, and nothing of it elsewhere") {
  const TemporaryFolder folder;
  const auto names = [&](double frames, double sequences, std::uint64_t steps) {
    save_bounded(bounded_settings(frames, sequences), steps, folder / "checkpoint");
    const SafetensorsFile file(folder / "checkpoint");
    std::vector<std::string> found;
    for (const auto& [key, value] : file.metadata())
      if (contains(key, "spectral")) found.push_back(key + " " + value);
    for (const auto& name : file.names())
      if (contains(name, "spectral")) found.push_back(name);
    return found;
  };
  using Names = std::vector<std::string>;
  CHECK(names(0, 0, 2) == Names{});
  CHECK(names(0, 0, 6) == Names{});
  CHECK(names(0, 0.5, 2) == Names{});
  CHECK(names(0.5, 0, 6) == Names{});
  CHECK(names(0.5, 0.25, 2) == Names{"frames.spectral_norm 0.5", "frames.spectral_norm.vectors"});
  CHECK(names(0.5, 0.25, 6) == Names{"sequences.spectral_norm 0.25", "sequences.spectral_norm.vectors"});
}

TEST_CASE("a bound on spectral norms that is none is refused in a sentence") {
  for (const bool of_frames : {true, false})
    for (const auto& [bound, text] : {std::tuple(-0.1, "-0.1"), std::tuple(1e-7, "1e-07"), std::tuple(1e7, "1e+07"),
                                      std::tuple(std::numeric_limits<double>::quiet_NaN(), "nan"),
                                      std::tuple(std::numeric_limits<double>::infinity(), "inf")}) {
      const auto settings = of_frames ? bounded_settings(bound, 0) : bounded_settings(0, bound);
      CHECK(error_of([&] { Bounded trainer(settings); }) ==
            std::string("the ") + (of_frames ? "frames" : "sequences") +
                " stage expected a largest spectral norm of discriminators' weights from 1e-6 to 1e6, or 0 for any, "
                "got " +
                text);
    }
}
