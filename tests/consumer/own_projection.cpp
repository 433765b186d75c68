#include "dots.hpp"

/// Each discriminator sees what changes from one frame to the next, through its own random filter of 2x2 pixels.
struct ChangesInTime {
  using Convolution = zoetrope::projection::UnitNormConvolution<zoetrope::Extents<2, 2, 2>, zoetrope::Extents<1, 2, 2>,
                                                                zoetrope::Extents<0, 0, 0>>;
  template <zoetrope::SampleShape In>
  using OutputOf = typename Convolution::template OutputOf<In>;
  static std::string description() { return "ChangesInTime"; }

  template <zoetrope::SampleShape In, zoetrope::Backend B>
  class Projector : public Convolution::template Projector<In, B> {
  public:
    Projector(std::shared_ptr<B> backend, int members)
        : Convolution::template Projector<In, B>(backend, members), backend_(std::move(backend)), members_(members) {}

    /// A filter's taps of the earlier frame are the opposite of those of the later one.
    void initialize(std::uint64_t seed, zoetrope::Stream stream) {
      Convolution::template Projector<In, B>::initialize(seed, stream);
      const auto block = this->located_blocks().front().block;
      std::vector<typename B::Scalar> weights(static_cast<std::size_t>(block.size()));
      backend_->copy_to_host(this->weights().data(), weights.size(), weights.data());
      const auto at = [&](std::ptrdiff_t tap, std::ptrdiff_t channel, std::ptrdiff_t member) -> auto& {
        return weights[static_cast<std::size_t>(B::parameter_offset(block, tap, channel, member))];
      };
      for (std::ptrdiff_t tap = 0; tap < block.taps / 2; ++tap)
        for (std::ptrdiff_t channel = 0; channel < block.rows; ++channel)
          for (std::ptrdiff_t member = 0; member < members_; ++member)
            at(tap, channel, member) = -at(tap + block.taps / 2, channel, member);
      backend_->copy_from_host(weights.data(), weights.size(), this->weights().data());
    }

  private:
    std::shared_ptr<B> backend_;
    int members_;
  };
};

struct ChangeJudge {
  using Sample = dots::Films::Film;
  using Layers =
      zoetrope::Sequential<zoetrope::Shape<1, 3, 4, 4>,
                           zoetrope::layer::Convolution<1, zoetrope::Extents<3, 4, 4>, zoetrope::Extents<1, 1, 1>,
                                                        zoetrope::Extents<0, 0, 0>>>;
  static constexpr zoetrope::NormalWeights initializer{};
  static std::string description() { return "ChangeJudge"; }
};

int main() {
  using namespace dots;
  using Changes = ProjectedDiscriminatorEnsemble<3, ChangesInTime, ChangeJudge>;
  TwoStageTrainer<Generator<FrameNetwork>, Generator<SequenceNetwork>, FrameEnsemble, Changes> trainer(settings());
  return train(trainer, Changes::description()) ? 0 : 1;
}
