#include "dots.hpp"

/// The generator learns from the discriminator that it fools least, and from the others a little.
struct HardestFirst {
  double rest = 0.1;
  void weigh(std::span<const double> losses, std::span<double> weights) const {
    std::fill(weights.begin(), weights.end(), rest);
    weights[static_cast<std::size_t>(std::max_element(losses.begin(), losses.end()) - losses.begin())] = 1;
  }
  std::string description() const { return "HardestFirst, rest " + zoetrope::number_text(rest); }
};

int main() {
  dots::Trainer<HardestFirst, zoetrope::DefaultLoss> trainer(dots::settings(), HardestFirst{.rest = 0.2});
  return dots::train(trainer, HardestFirst{.rest = 0.2}.description()) ? 0 : 1;
}
