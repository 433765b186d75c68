#include "dots.hpp"

/// A generator of whatever another one makes of the same latents at half their length: frames nearer to the mean one.
template <zoetrope::SampleGenerator G>
class Calmer {
public:
  using Input = typename G::Input;
  using Output = typename G::Output;
  using Scalar = typename G::Scalar;
  using BackendType = typename G::BackendType;

  explicit Calmer(std::shared_ptr<BackendType> backend) : inner_(std::move(backend)) {}
  void initialize(std::uint64_t seed, zoetrope::Stream stream) { inner_.initialize(seed, stream); }

  const Scalar* forward(int batch, const Scalar* latents, zoetrope::Mode mode) {
    return inner_.forward(batch, half_of(batch, latents), mode);
  }
  Scalar* sample_gradient() { return inner_.sample_gradient(); }
  void backward_to_parameters(int batch) { inner_.backward_to_parameters(batch); }
  const Scalar* backward_to_latents(int batch) { return half_of(batch, inner_.backward_to_latents(batch)); }
  std::vector<float> generate(std::span<const float> latents) {
    return zoetrope::generate_in_batches(*this, generated_, latents);
  }

  std::string description() const { return "Calmer, " + inner_.description(); }
  void visit_learners(const auto& visit) { inner_.visit_learners(visit); }
  BackendType& backend() { return inner_.backend(); }

private:
  const Scalar* half_of(int batch, const Scalar* latents) {
    const auto size = static_cast<std::size_t>(batch * Input::size);
    zoetrope::grow(halves_, size);
    backend().copy(latents, size, halves_.data());
    backend().scale(batch * Input::size, Scalar(0.5), halves_.data());
    return halves_.data();
  }

  G inner_;
  typename BackendType::Buffer halves_, generated_;
};

int main() {
  using namespace dots;
  TwoStageTrainer<Calmer<Generator<FrameNetwork>>, Generator<SequenceNetwork>, FrameEnsemble, FilmEnsemble> trainer(
      settings());
  return train(trainer, trainer.frame_generator().description()) ? 0 : 1;
}
