/// @file
/// A generator made of two, for tests of whatever takes any generator.
#pragma once

#include "zoetrope/backend/grow.hpp"
#include "zoetrope/gan/generator.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace zoetrope::test {

/// Two generators in one: the first one's samples, and a share of the second one's that is drawn from the seed and is
/// none of what learns.
template <class G>
class TwoGenerators {
public:
  using Input = typename G::Input;
  using Output = typename G::Output;
  using Scalar = typename G::Scalar;
  using BackendType = typename G::BackendType;

  explicit TwoGenerators(std::shared_ptr<BackendType> backend) : first_(backend), second_(backend) {}

  void initialize(std::uint64_t seed, Stream stream) {
    first_.initialize(seed, stream);
    second_.initialize(seed + 1, stream);
    RandomStream(seed, stream).fill_normal(0, &share_, 1);
  }
  const Scalar* forward(int batch, const Scalar* latents, Mode mode) {
    const auto size = static_cast<std::size_t>(batch * Output::size);
    grow(samples_, size);
    backend().copy(second_.forward(batch, latents, mode), size, samples_.data());
    backend().scale(std::ptrdiff_t(size), share_, samples_.data());
    backend().add_to(first_.forward(batch, latents, mode), size, samples_.data());
    return samples_.data();
  }
  Scalar* sample_gradient() { return samples_.data(); }
  void backward_to_parameters(int batch) {
    pass_gradient(batch);
    first_.backward_to_parameters(batch);
    second_.backward_to_parameters(batch);
  }
  const Scalar* backward_to_latents(int batch) {
    pass_gradient(batch);
    return sum_of_latents(batch, first_.backward_to_latents(batch), second_.backward_to_latents(batch));
  }
  const Scalar* backward_to_parameters_and_latents(int batch) {
    pass_gradient(batch);
    return sum_of_latents(batch, first_.backward_to_parameters_and_latents(batch),
                          second_.backward_to_parameters_and_latents(batch));
  }
  std::vector<float> generate(std::span<const float> latents) { return generate_in_batches(*this, buffer_, latents); }
  static std::string description() { return "two of " + G::description(); }
  void visit_learners(const auto& visit) {
    first_.visit_learners([&](const std::string& name, auto& learner) { visit(joined_name("first", name), learner); });
    second_.visit_learners(
        [&](const std::string& name, auto& learner) { visit(joined_name("second", name), learner); });
  }
  BackendType& backend() { return first_.backend(); }

private:
  const Scalar* sum_of_latents(int batch, const Scalar* of_first, const Scalar* of_second) {
    const auto size = static_cast<std::size_t>(batch * Input::size);
    grow(latents_, size);
    backend().copy(of_first, size, latents_.data());
    backend().add_to(of_second, size, latents_.data());
    return latents_.data();
  }
  void pass_gradient(int batch) {
    const auto size = static_cast<std::size_t>(batch * Output::size);
    backend().copy(samples_.data(), size, first_.sample_gradient());
    backend().copy(samples_.data(), size, second_.sample_gradient());
    backend().scale(std::ptrdiff_t(size), share_, second_.sample_gradient());
  }

  G first_, second_;
  float share_ = 0;
  typename BackendType::Buffer samples_, latents_, buffer_;
};

} // namespace zoetrope::test
