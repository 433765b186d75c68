#include "smoothed_loss.hpp"
#include <zoetrope/backend/cudnn.hpp>
#include <zoetrope/zoetrope.hpp>

#include <cmath>
#include <iostream>

int main() {
  using namespace zoetrope;
  using Frames = Generator<arch::DcganFrame<64>, backend::Cudnn<>>;
  if (!backend::Cudnn<>::available()) {
    std::cout << "there is no GPU\n";
    return 0;
  }
  Frames generator;
  generator.initialize(1, Stream::frame_generator_weights);
  std::cout << generator.generate(std::vector<float>(100)).size() << " values\n";

  backend::Cudnn<> backend;
  const float logit = 0.5F;
  backend::Cudnn<>::Buffer logits(1);
  backend.copy_from_host(&logit, 1, logits.data());
  double loss = 0;
  backend.losses(Smoothed{}, LogitRole::real, 1, {1, 0, 1}, logits.data(), &loss);
  std::cout << "a loss of " << loss << '\n';
  return std::abs(loss - Smoothed{}.value(LogitRole::real, logit)) < 1e-12 ? 0 : 1;
}
